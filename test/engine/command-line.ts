import { objectsIn } from '../support/objects';
import { podTemplates } from '../support/pod-security';

/** What a container is started with, as its process sees it. */
export interface CommandLine {
  readonly engine: 'vllm' | 'sglang';
  readonly version: string;
  /** What follows the command. */
  readonly args: string[];
  /** Text files that the pod has, by path. */
  readonly files: { readonly [path: string]: string };
}

/** Commands of the containers that serve. */
const COMMANDS: { readonly [engine: string]: string } = { vllm: 'vllm serve', sglang: 'python3 -m sglang.launch_server' };

/** What LeaderWorkerSet gives the pods of a group. */
const GROUP = { LWS_GROUP_SIZE: '2', LWS_WORKER_INDEX: '1', LWS_LEADER_ADDRESS: 'group-0.group.chat' };

/** The command lines of all engines in some YAML. */
export function commandLines(yaml: string): CommandLine[] {
  const objects = objectsIn(yaml);
  return objects.flatMap((object) => podTemplates(object)).flatMap(({ metadata, spec }: any) => spec.containers.flatMap((container: any) => {
    const engine = Object.keys(COMMANDS).find((name) => COMMANDS[name] === container.command?.join(' '));
    if (engine === undefined) { return []; }
    const env = environmentOf(container, GROUP);
    return [{
      engine,
      version: metadata.labels['app.kubernetes.io/version'],
      args: container.args.map((arg: string) => expanded(arg, env)),
      files: filesOf(container, spec, objects),
    } as CommandLine];
  }));
}

/** What ConfigMaps bring into a container, by path. */
export function filesOf(container: any, spec: any, objects: any[]): { [path: string]: string } {
  return Object.fromEntries(container.volumeMounts.flatMap(({ name, mountPath, subPath }: any) => {
    const { configMap } = spec.volumes.find((one: any) => one.name === name);
    if (configMap === undefined) { return []; }
    const { key } = configMap.items.find((item: any) => item.path === subPath);
    return [[mountPath, objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === configMap.name).data[key]]];
  }));
}

/** Variables of a container: literal ones as they are, those that the cluster fills in by their names. */
export function environmentOf(container: any, given: { [name: string]: string } = {}): { [name: string]: string } {
  const env: { [name: string]: string } = { ...given };
  for (const { name, value, valueFrom } of container.env ?? []) { env[name] = valueFrom === undefined ? expanded(value ?? '', env) : `value-of-${name}`; }
  return env;
}

/** A text as the kubelet hands it on: `$(NAME)` is a variable where there is one, `$$` is `$`. */
export function expanded(text: string, env: { readonly [name: string]: string }): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (found, name) => {
    if (found === '$$') { return '$'; }
    return Object.prototype.hasOwnProperty.call(env, name) ? env[name] : found;
  });
}
