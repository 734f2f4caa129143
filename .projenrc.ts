import { cdk8s, javascript, JsonFile, TextFile, typescript } from 'projen';

/** Folders of tests that run real programs: a control plane, an engine. Each has a script of its own; `npm test` needs Node alone. */
const REAL = ['cluster', 'engine'];

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
  cdk8sVersion: '2.70.47', // the low end of the peer range: the build meets what users may have
  constructsVersion: '10.3.0',
  peerDeps: ['cdk8s-plus-28@^2.5.6'],
  jsiiVersion: '~6.0.0',
  typescriptVersion: '~6.0.0',
  // Everything the command line needs is bundled into one file, so it is a dev dependency as well.
  devDeps: [
    '@stryker-mutator/api@^9',
    '@stryker-mutator/core@^9',
    '@types/node@^20',
    'cdk8s-cli@^2.207',
    'cli-table3@^0.6.5',
    'commander@^14',
    'esbuild@^0.28',
    'expect@^30',
    'fast-check@^4',
    'picocolors@^1',
    'tsx@^4',
    'yaml@^2',
  ],
  bin: { 'cdk8s-inference': 'bin/cdk8s-inference.js' },
  // The command line is bundled from source; jsii neither compiles nor publishes it as a library.
  excludeTypescript: ['src/cli/**', 'src/report/**'],
  github: false,
  release: false,
  depsUpgrade: false,
  publishToPypi: { distName: 'cdk8s-inference', module: 'cdk8s_inference' },
  publishToGo: { moduleName: 'github.com/cdk8s-inference/cdk8s-inference-go' },
  jestOptions: {
    jestVersion: '^30',
    updateSnapshot: javascript.UpdateSnapshot.NEVER,
    configFilePath: 'jest.config.json',
    jestConfig: {
      roots: ['<rootDir>/test'],
      maxWorkers: '100%', // Jest leaves one processor alone: half of them, where there are two
      setupFiles: ['<rootDir>/test/support/seed.ts'],
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', ...REAL.map((folder) => `<rootDir>/test/${folder}/`)],
      moduleNameMapper: { '^cdk8s-inference$': '<rootDir>/src/index.ts' },
      collectCoverageFrom: ['src/**/*.ts', 'runner/**/*.ts', '!src/catalog/data/**'],
      coverageReporters: ['lcov', 'text-summary'],
    },
  },
  tsJestOptions: { transformOptions: { tsconfig: typescript.TsJestTsconfig.fromFile('test/tsconfig.jest.json') } },
  eslintOptions: {
    dirs: ['src', 'runner', 'test', 'bench', 'examples', 'scripts', '.projenrc.ts'],
    commandOptions: { fix: false, extraArgs: ['--max-warnings=0'] },
    devdirs: ['test', 'bench', 'scripts', 'examples', 'runner', 'src/cli', 'src/report'],
  },
  gitignore: ['.jsii.tabl.json', '/bin/', '/.stryker-tmp/', '/reports/', '/examples/*/dist/', '/quickstart-output/', '.DS_Store'],
});

for (const path of ['/bench/', '/docs/', '/examples/', '/scripts/', '/test/', '/projenrc/', '/rosetta/', '/runner/', '/.ci/', '/.projenrc.ts', '/stryker.config.json', '/jest.config.json', '/CONTRIBUTING.md', '/quickstart-output/', '/reports/']) { project.addPackageIgnore(path); }
project.npmignore?.include('/bin/');

// 1.13.0 names packages of other platforms that were not published with it, and 'npm ci' then refuses the lock file.
project.package.addPackageResolutions('unrs-resolver@1.12.2');

// The lock file names no registry, so that a clone installs from whatever registry it is set to.
project.npmrc.addConfig('omit-lockfile-registry-resolved', 'true');

// ── compile: no silenced warnings, and every sample must compile ─────────────
project.compileTask.reset('jsii --fail-on-warnings');
project.postCompileTask.reset();
project.postCompileTask.exec('jsii-rosetta extract --strict');
project.postCompileTask.spawn(project.tasks.tryFind('docgen')!);

// The Go module of cdk8s at the low end of our range is not on every proxy: its own source is turned into Go beside ours.
project.tasks.tryFind('package:go')!.reset('jsii-pacmak node_modules/cdk8s node_modules/cdk8s-plus-28 . --verbose --target go');

const bundles = 'node scripts/bundle-cli.mjs && node scripts/bundle-runner.mjs';
const bundle = project.addTask('bundle', { description: 'Bundles the command line, and what a canary runs in the cluster, into one file each', exec: bundles });
project.preCompileTask.spawn(bundle);
project.setScript('prepare', bundles); // so that `npx cdk8s-inference` answers in a fresh clone

// ── tests and checks ─────────────────────────────────────────────────────────
project.testTask.reset('jest --ci', { receiveArgs: true });
project.tasks.removeTask('test:update'); // nothing updates expectations by itself
project.removeScript('test:update');

const lint = project.addTask('lint', { description: 'Type-checks everything and lints it' });
for (const folder of ['src', 'runner', 'test', 'examples', 'scripts']) { lint.exec(`tsc --noEmit -p ${folder}/tsconfig.json`); }
lint.spawn(project.tasks.tryFind('eslint')!);

project.addTask('examples', { description: 'Synthesizes each example in its own folder and compares it with its golden YAML', exec: 'tsx scripts/check-examples.ts', receiveArgs: true });
project.addTask('docs', { description: 'Compiles the samples of docs/', exec: 'tsx scripts/check-docs.ts', receiveArgs: true });
project.addTask('check:api', { description: 'Holds the compiled API against the rules of CONTRIBUTING.md', exec: 'tsx scripts/check-api.ts' });
project.addTask('check:package', { description: 'Installs the packed library in an empty folder and uses it from JavaScript', exec: 'tsx scripts/check-package.ts' });
project.addTask('quickstart', { description: 'Sizes a model, prints the plan and writes its YAML', exec: 'tsx --tsconfig examples/tsconfig.json scripts/quickstart.ts', receiveArgs: true });
project.addTask('bench', { description: 'Runs the benchmarks', exec: 'tsx bench/main.ts', receiveArgs: true });
const realTests: { [folder: string]: string } = {
  // What needs a network namespace of its own has a script of its own.
  cluster: 'jest --ci --runInBand --config test/cluster/jest.config.json --testPathIgnorePatterns reached.test.ts',
  engine: 'jest --ci --runInBand --config test/engine/jest.config.json',
};
project.addTask('test:reached', { description: 'Tests through a real gateway, measured by a real Prometheus', exec: 'tsx test/cluster/gateway/run.ts', receiveArgs: true });
project.addTask('test:keda', { description: 'Tests with KEDA\'s operator; CI does not run them', exec: 'tsx test/cluster/keda/run.ts', receiveArgs: true });
for (const folder of REAL) {
  project.addTask(`test:${folder}`, { description: `Tests against a real ${folder}`, exec: realTests[folder], receiveArgs: true });
  new JsonFile(project, `test/${folder}/jest.config.json`, {
    marker: false,
    obj: {
      rootDir: '../..',
      roots: [`<rootDir>/test/${folder}`],
      testMatch: [`<rootDir>/test/${folder}/**/*.test.ts`],
      setupFiles: ['<rootDir>/test/support/seed.ts'],
      moduleNameMapper: { '^cdk8s-inference$': '<rootDir>/src/index.ts' },
      transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: 'test/tsconfig.jest.json' }] },
      testTimeout: 60_000,
      reporters: ['default', ['summary', { summaryThreshold: 0 }]], // what failed stands at the end, and not files above
    },
  });
}
project.addTask('cluster', { description: 'Runs a real control plane until Ctrl-C and prints its kubeconfig', exec: 'tsx test/cluster/main.ts', receiveArgs: true });
project.addTask('validation', { description: 'Shows planted mistakes to synthesis and to a control plane and compares docs/validation.md with what came of them', exec: 'tsx scripts/validation-doc.ts', receiveArgs: true });
project.addTask('mutation', { description: 'Mutation tests of catalog and sizing', exec: 'stryker run', receiveArgs: true });

// Nobody steps through the library's own source; read with every 'require', its maps took a fifth of the time and half of the package.
project.tsconfig?.file.addOverride('compilerOptions.inlineSourceMap', false);
project.tsconfig?.file.addOverride('compilerOptions.inlineSources', false);

// index.ts re-exports interfaces by name, which jsii reads and isolated modules do not.
project.tsconfigDev.file.addOverride('compilerOptions.isolatedModules', false);
// Types are checked by 'lint'; the tests only strip them.
new JsonFile(project, 'test/tsconfig.jest.json', { marker: false, obj: { extends: './tsconfig.json', compilerOptions: { isolatedModules: true } } });

// ── which way the arrows point (CONTRIBUTING.md says why) ─────────────────────
const arrows: { [folder: string]: string[] } = {
  catalog: [],
  sizing: ['catalog'],
  kube: [],
  engines: ['catalog', 'sizing'],
  nodes: ['catalog', 'kube'],
  scaling: ['catalog', 'engines', 'kube'],
  fleet: ['catalog', 'sizing', 'kube', 'engines', 'nodes', 'scaling', 'observability'],
  observability: ['catalog', 'engines', 'kube'],
  routing: ['fleet', 'engines', 'kube', 'catalog'],
  rollout: ['fleet', 'nodes', 'routing', 'engines', 'kube', 'catalog', 'sizing', 'observability'],
  report: ['sizing', 'catalog'],
  cli: ['sizing', 'catalog', 'report'],
  app: [],
};
project.eslint?.addRules({
  '@stylistic/object-property-newline': ['off'], // rows of facts are read as rows
  'import/no-cycle': ['error'],
  'import/no-restricted-paths': ['error', {
    zones: Object.entries(arrows).map(([folder, may]) => ({
      target: `./src/${folder}`,
      from: './src',
      except: [folder, ...may, 'errors.ts'].map((path) => `./${path}`),
    })),
  }],
});
project.eslint?.addOverride({
  files: ['src/catalog/**', 'src/sizing/**', 'src/report/**', 'src/cli/**'],
  rules: { 'no-restricted-imports': ['error', { patterns: ['cdk8s', 'cdk8s-plus-*', 'constructs'] }] },
});
project.eslint?.addOverride({
  files: ['src/catalog/data/**'],
  rules: { '@stylistic/max-len': ['off'], '@stylistic/quote-props': ['off'] },
});
project.eslint?.addOverride({
  files: ['test/**'],
  rules: { '@stylistic/max-len': ['error', { code: 200, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreComments: true, ignoreRegExpLiterals: true }] },
});
project.eslint?.addOverride({
  files: ['examples/**', 'scripts/**', 'bench/**', 'test/**'],
  rules: { 'import/no-unresolved': ['error', { ignore: ['^cdk8s-inference$'] }] },
});

// ── type checking of what jsii does not compile ──────────────────────────────
const tsconfig = (folder: string, include: string[], options: object = {}) => new JsonFile(project, `${folder}/tsconfig.json`, {
  obj: { extends: '../tsconfig.json', compilerOptions: { noEmit: true, rootDir: '..', ...options }, include, exclude: ['**/node_modules', '**/dist'] },
  marker: false,
});
tsconfig('src', ['**/*.ts']);
tsconfig('runner', ['**/*.ts']);
tsconfig('examples', ['**/*.ts'], { paths: { 'cdk8s-inference': ['../src/index.ts'] } });
tsconfig('scripts', ['**/*.ts', '../bench/**/*.ts'], { paths: { 'cdk8s-inference': ['../src/index.ts'] } });
tsconfig('bench', ['**/*.ts']);

new JsonFile(project, 'stryker.config.json', {
  marker: false,
  obj: {
    // Jest takes seconds to start for each of some six thousand mutants; the runner of test/mutation takes the same tests in process.
    testRunner: 'in-process',
    plugins: ['./test/mutation/runner.mjs'],
    coverageAnalysis: 'perTest',
    mutate: ['src/catalog/*.ts', 'src/sizing/*.ts'],
    ignoreStatic: true,
    concurrency: 2,
    reporters: ['clear-text', 'progress', 'json'],
    clearTextReporter: { logTests: false },
    thresholds: { high: 90, low: 75, break: 75 },
    tempDirName: '.stryker-tmp',
  },
});

new TextFile(project, 'rosetta/default.ts-fixture', {
  marker: false,
  lines: [
    "import { App, Chart, Duration, Size } from 'cdk8s';",
    "import * as kplus from 'cdk8s-plus-28';",
    "import { Construct } from 'constructs';",
    "import * as inference from 'cdk8s-inference';",
    'import {',
    '  Accelerator, CanaryDriver, CanaryGate, CanaryPreview, Capacity, Engine, ExpectedAnswer, GpuNodePool, InferenceFleet, InstanceType, Load, Model,',
    '  ModelCanary, ModelRoute, NodeProvisioner, ObjectLimit, OutputFormat, PlatformApp, Precision, PurchaseOption, Signal, Sizing,',
    '  SpeculativeDecoding, TrafficShift, Weights,',
    "} from 'cdk8s-inference';",
    'declare const app: App;',
    'declare const chart: Chart;',
    'declare const pool: GpuNodePool;',
    'declare const fleet: InferenceFleet;',
    'declare const weights: Weights;',
    'declare const stable: InferenceFleet;',
    'declare const candidate: InferenceFleet;',
    '',
    'export async function sample() {',
    '/// here',
    '}',
  ],
});

project.synth();
