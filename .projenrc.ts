import { cdk8s, javascript, JsonPatch, TextFile } from 'projen';

const project = new cdk8s.ConstructLibraryCdk8s({
  name: 'cdk8s-inference',
  description: 'Typed CDK8s constructs for AI inference on Kubernetes: a model and a load become a sized, explained plan and the YAML that runs it',
  author: 'The cdk8s-inference authors',
  authorAddress: 'maintainers@cdk8s-inference.dev',
  authorOrganization: true,
  repositoryUrl: 'https://github.com/cdk8s-inference/cdk8s-inference.git',
  keywords: ['cdk8s', 'kubernetes', 'inference', 'llm', 'vllm', 'gpu', 'sizing', 'leaderworkerset', 'karpenter'],
  license: 'Apache-2.0',
  defaultReleaseBranch: 'main',
  projenrcTs: true,
  packageManager: javascript.NodePackageManager.NPM,
  minNodeVersion: '20.0.0',
  cdk8sVersion: '2.70.47', // the low end of the peer range, so that CI builds against what users may have
  constructsVersion: '10.3.0',
  peerDeps: ['cdk8s-plus-28@^2.5.6'],
  jsiiVersion: '~6.0.0',
  typescriptVersion: '~6.0.0',
  // Everything the command line needs is bundled by esbuild, so it is a dev dependency too.
  devDeps: [
    '@types/node@^20',
    'cdk8s-cli@^2.207',
    'cli-table3@^0.6.5',
    'commander@^14',
    'esbuild@^0.28',
    'fast-check@^4',
    'picocolors@^1',
    'tsx@^4',
    'yaml@^2',
  ],
  // The command line is bundled from source; jsii neither compiles nor publishes it as a library.
  excludeTypescript: ['src/cli/**', 'src/report/**'],
  github: false,
  release: false,
  depsUpgrade: false,
  pullRequestTemplate: false,
  publishToPypi: { distName: 'cdk8s-inference', module: 'cdk8s_inference' },
  publishToGo: { moduleName: 'github.com/cdk8s-inference/cdk8s-inference-go' },
  jestOptions: {
    jestVersion: '^30',
    updateSnapshot: javascript.UpdateSnapshot.NEVER,
    jestConfig: { testPathIgnorePatterns: ['/node_modules/', '/lib/', '/dist/'] },
  },
  tsconfigDev: { compilerOptions: { isolatedModules: true } },
  eslintOptions: { dirs: ['src', 'test', 'bench', 'examples', '.projenrc.ts'], commandOptions: { fix: false, extraArgs: ['--max-warnings=0'] } },
  gitignore: ['/bin/', '/.stryker-tmp/', '/reports/', '/examples/*/dist/', '.DS_Store'],
});

project.synth();
void JsonPatch; void TextFile;
