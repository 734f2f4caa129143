import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { cached, keyed } from './cache';
import { download, go, goVersion } from './go';

/** A program of the control plane, or one that goes with it; its folder in programs/ has the go.mod that pins it. */
interface Program {
  /** Folder of its sources, where that is another program's. */
  readonly sources?: string;
  readonly tags?: string;
  /** The package to build. */
  readonly package: string;
  /** Further packages, by the names of their programs. */
  readonly beside?: { readonly [name: string]: string };
  /** The upstream module that it is part of. */
  readonly module?: string;
  /** Its webhook manifests in that module. */
  readonly webhooks?: string;
  /** Strings that the linker sets. */
  readonly variables?: { readonly [name: string]: string };
  /** What upstream lacks a setting for: a text that stands in a file exactly once is replaced when it is built. */
  readonly settings?: readonly { readonly file: string; readonly from: string; readonly to: string }[];
}

/** What Kubernetes is told to be: the linker sets it. */
function kubernetes(version: string): Program['variables'] {
  const [major, minor] = version.split('.');
  const names = { gitVersion: `v${version}`, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  return Object.fromEntries(Object.entries(names).map(([name, value]) => [`k8s.io/component-base/version.${name}`, value]));
}

export const PROGRAMS: { readonly [name: string]: Program } = {
  'control-plane': { package: '.', variables: kubernetes('1.36.4') },
  'control-plane-1.35': { package: '.', sources: 'control-plane', tags: 'no_kwok', variables: kubernetes('1.35.8') },
  'leaderworkerset': {
    module: 'sigs.k8s.io/lws',
    package: 'sigs.k8s.io/lws/cmd',
    webhooks: 'config/webhook/manifests.yaml',
  },
  'kueue': {
    module: 'sigs.k8s.io/kueue',
    package: 'sigs.k8s.io/kueue/cmd/kueue',
    webhooks: 'config/components/webhook/manifests.yaml',
    // Only root may write below /etc, and two clusters would share it.
    settings: [{ file: 'cmd/kueue/main.go', from: '"/etc/kueue/metrics/certs"', to: 'os.Getenv("KUEUE_METRICS_CERTS")' }],
  },
  'karpenter': {
    module: 'sigs.k8s.io/karpenter',
    package: 'sigs.k8s.io/karpenter/kwok',
    // They listen on every address of the machine.
    settings: [
      { file: 'pkg/operator/operator.go', from: 'fmt.Sprintf(":%d", options.FromContext(ctx).MetricsPort)', to: 'fmt.Sprintf("127.0.0.1:%d", options.FromContext(ctx).MetricsPort)' },
      { file: 'pkg/operator/operator.go', from: 'fmt.Sprintf(":%d", options.FromContext(ctx).HealthProbePort)', to: 'fmt.Sprintf("127.0.0.1:%d", options.FromContext(ctx).HealthProbePort)' },
    ],
  },
  'endpoint-picker': {
    module: 'sigs.k8s.io/gateway-api-inference-extension',
    package: 'sigs.k8s.io/gateway-api-inference-extension/cmd/epp',
    settings: [
      { file: 'cmd/epp/runner/runner.go', from: 'fmt.Sprintf(":%d", opts.MetricsPort)', to: 'fmt.Sprintf("127.0.0.1:%d", opts.MetricsPort)' },
      { file: 'internal/runnable/grpc.go', from: 'fmt.Sprintf(":%d", port)', to: 'fmt.Sprintf("127.0.0.1:%d", port)' },
    ],
  },
  'keda': {
    module: 'github.com/kedacore/keda/v2',
    package: 'github.com/kedacore/keda/v2/cmd/operator',
    beside: { 'keda-metrics': 'github.com/kedacore/keda/v2/cmd/adapter', 'keda-webhooks': 'github.com/kedacore/keda/v2/cmd/webhooks' },
    webhooks: 'config/webhooks/validation_webhooks.yaml',
    settings: [
      { file: 'cmd/adapter/main.go', from: 'fmt.Sprintf(":%v", metricsAPIServerPort)', to: 'fmt.Sprintf("127.0.0.1:%v", metricsAPIServerPort)' },
      { file: 'cmd/webhooks/main.go', from: 'Port:    webhooksPort,', to: 'Port: webhooksPort, Host: "127.0.0.1",' },
    ],
  },
  'envoy-gateway': {
    module: 'github.com/envoyproxy/gateway',
    package: 'github.com/envoyproxy/gateway/cmd/envoy-gateway',
    // Its certificates lie in a folder of the root, which only root may make; so they lie where it is started.
    settings: [
      ...['tls.crt', 'tls.key', 'ca.crt'].map((file) => ({ file: 'internal/xds/runner/runner.go', from: `"/certs/${file}"`, to: `"certs/${file}"` })),
      { file: 'internal/provider/kubernetes/kubernetes.go', from: '"/certs"', to: '"certs"' },
    ],
  },
  'pod-monitors': { package: '.' },
};

/** Folder of a program's go.mod. */
export function folderOf(program: string): string { return path.join(__dirname, 'programs', program); }

/** Path of a program, `<name>-<key>`, which is built if it is not there; its webhooks lie beside it. */
async function build(name: string): Promise<string> {
  const { package: target, beside = {}, sources = name, tags = '', module, webhooks, variables = {}, settings = [] } = PROGRAMS[name];
  const pins = folderOf(name);
  const folder = folderOf(sources);
  const files = [...new Set([folder, pins])].flatMap((from) => fs.readdirSync(from).sort().map((file) => path.join(from, file)));
  const key = keyed(name, await goVersion(), JSON.stringify(PROGRAMS[name]), ...files.flatMap((file) => [path.basename(file), fs.readFileSync(file)]));
  return path.join(await cached(key, async (draft) => {
    process.stderr.write(`building ${name}; the first time it takes minutes\n`);
    fs.mkdirSync(draft);
    const linked = ['-s', '-w', ...Object.entries(variables).map(([variable, value]) => `-X ${variable}=${value}`)].join(' ');
    const options = ['-mod=readonly', '-trimpath', '-buildvcs=false', `-tags=${tags}`, `-ldflags=${linked}`];
    if (sources !== name) { options.push(`-modfile=${path.join(pins, 'go.mod')}`); }
    const upstream = module && (await download(folder, module)).Dir;
    if (module && upstream && settings.length) {
      const copy = await changed(upstream, settings, path.join(draft, 'upstream'));
      const modFile = path.join(draft, 'changed.mod');
      fs.copyFileSync(path.join(folder, 'go.mod'), modFile);
      fs.copyFileSync(path.join(folder, 'go.sum'), path.join(draft, 'changed.sum'));
      await go(folder, 'mod', 'edit', `-replace=${module}=${copy}`, modFile);
      options.push(`-modfile=${modFile}`);
    }
    for (const [program, itsPackage] of Object.entries({ [name]: target, ...beside })) { await go(folder, 'build', ...options, '-o', path.join(draft, program), itsPackage); }
    if (upstream && webhooks) { fs.writeFileSync(path.join(draft, `${name}.webhooks.yaml`), fs.readFileSync(path.join(upstream, webhooks))); }
    for (const file of ['upstream', 'changed.mod', 'changed.sum']) { fs.rmSync(path.join(draft, file), { recursive: true, force: true }); }
  }), name);
}

/** Copies a module, whose checksum Go has verified, and makes the changes in the copy. */
async function changed(upstream: string, settings: NonNullable<Program['settings']>, copy: string): Promise<string> {
  await promisify(execFile)('cp', ['-r', '--no-preserve=mode', upstream, copy]);
  for (const { file, from, to } of settings) {
    const text = fs.readFileSync(path.join(copy, file), 'utf8');
    if (text.split(from).length !== 2) { throw new Error(`${file} of ${upstream} must have ${from} exactly once`); }
    fs.writeFileSync(path.join(copy, file), text.replace(from, to));
  }
  return copy;
}

/** Folder with programs, `<name>` and `<name>.webhooks.yaml`; those that are not in the cache are built, one after the other. */
export async function buildPrograms(names: readonly string[]): Promise<string> {
  if (os.platform() !== 'linux') { throw new Error(`the control plane runs on Linux; this is ${os.platform()}`); }
  const built: string[] = [];
  for (const name of names) { built.push(await build(name)); }
  return cached(keyed('programs', ...built), async (draft) => {
    fs.mkdirSync(draft);
    for (const program of built) {
      const from = path.dirname(program);
      for (const file of fs.readdirSync(from)) { fs.symlinkSync(path.join(from, file), path.join(draft, file)); }
    }
  });
}
