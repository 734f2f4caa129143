import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { cached, keyed } from './cache';
import { download } from './go';
import { folderOf } from './programs';

/** CustomResourceDefinitions in a Go module; none of them is committed here. */
interface CrdSource {
  readonly module: string;
  /** The program whose go.mod pins the module; else `version` and `sum` do. */
  readonly program?: string;
  readonly version?: string;
  /** Checksum of the module, as in a go.sum. */
  readonly sum?: string;
  /** Folders in it. */
  readonly folders: readonly string[];
  /** Which files of the folders; @default all YAML files. */
  readonly files?: RegExp;
}

/** Where the definitions of what fleets are made of, and of what the controllers watch, come from. */
const SOURCES: readonly CrdSource[] = [
  { module: 'sigs.k8s.io/lws', program: 'leaderworkerset', folders: ['config/crd/bases'] },
  { module: 'sigs.k8s.io/kueue', program: 'kueue', folders: ['config/components/crd/bases'] },
  { module: 'sigs.k8s.io/karpenter', program: 'karpenter', folders: ['pkg/apis/crds', 'kwok/apis/crds'] },
  { module: 'sigs.k8s.io/gateway-api-inference-extension', program: 'endpoint-picker', folders: ['config/crd/bases'] },
  {
    // Of its standard channel: what users have, and what must do.
    module: 'sigs.k8s.io/gateway-api',
    version: 'v1.6.1',
    sum: 'h1:mock6phZbI6rvZerwrVNk7hVNymQgHo+6sJ81Ia7ftY=',
    folders: ['config/crd/standard'],
    files: /^gateway\.networking\.k8s\.io_(?!vap_)/,
  },
  {
    // 1.6.3 is the latest version with an entry in the checksum database whose zip the module proxy gives out; its definitions of Karpenter's own
    // kinds are older than Karpenter's.
    module: 'github.com/aws/karpenter-provider-aws',
    version: 'v1.6.3',
    sum: 'h1:+qI/dw3gaEEWTubxwYJUj+QBuh5yUTdBk2GBB+CLxzY=',
    folders: ['pkg/apis/crds'],
    files: /^karpenter\.k8s\.aws_/,
  },
  {
    module: 'github.com/prometheus-operator/prometheus-operator',
    version: 'v0.85.0',
    sum: 'h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=',
    folders: ['example/prometheus-operator-crd'],
    files: /_(podmonitors|servicemonitors|probes|prometheusrules)\.yaml$/,
  },
  {
    // The latest version that Go 1.26.8 takes.
    module: 'github.com/argoproj/argo-rollouts',
    version: 'v1.10.0',
    sum: 'h1:1/DTeu/eGzJzcz8FxMBFzr0jlNQia/lnctkw83AUph0=',
    folders: ['manifests/crds'],
    files: /^(rollout|analysis-(run|template))-crd\.yaml$/,
  },
  { module: 'github.com/kedacore/keda/v2', program: 'keda', folders: ['config/crd/bases'] },
];

/** Folder with the CRDs of all sources, or of the sources of these programs alone; what is not in the cache is downloaded. */
export async function collectCrds(programs?: readonly string[]): Promise<string> {
  const sources = SOURCES.filter(({ program }) => !programs || (program && programs.includes(program)));
  const pins = sources.flatMap(({ program }) => program ? ['go.mod', 'go.sum'].map((file) => fs.readFileSync(path.join(folderOf(program), file))) : []);
  return cached(keyed('crds', JSON.stringify(sources.map((source) => ({ ...source, files: String(source.files) }))), ...pins), async (draft) => {
    fs.mkdirSync(draft);
    for (const { module, program, version, sum, folders, files = /\.yaml$/ } of sources) {
      const { Dir, Sum, Version } = program ? await download(folderOf(program), module) : await download(os.tmpdir(), `${module}@${version}`);
      if (sum && Sum !== sum) { throw new Error(`${module} ${Version} has the checksum ${Sum}, not ${sum}`); }
      const from = folders.flatMap((folder) => fs.readdirSync(path.join(Dir, folder)).filter((file) => files.test(file)).map((file) => path.join(Dir, folder, file)));
      if (from.length === 0) { throw new Error(`${module} ${Version} has no CustomResourceDefinitions in ${folders.join(', ')}`); }
      for (const file of from) { fs.writeFileSync(path.join(draft, path.basename(file)), fs.readFileSync(file)); }
    }
  });
}
