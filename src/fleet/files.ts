import { ApiObject, ApiObjectMetadata } from 'cdk8s';
import { Construct } from 'constructs';
import { MountedFile } from './pod-template';
import { shortHash } from '../kube/hash';

/** Text files of an engine, and the ConfigMap that they stand in. */
export interface EngineFiles {
  /** Undefined if there are no files. */
  readonly configMapName?: string;
  readonly mounts: MountedFile[];
}

/** Puts text files in a ConfigMap whose name changes with its contents: pods roll with them, and a rollback finds its own. */
export function engineFiles(
  scope: Construct, contents: { [path: string]: string }, named: (suffix: string) => ApiObjectMetadata & { name: string },
): EngineFiles {
  const files = Object.entries(contents).sort(([a], [b]) => (a < b ? -1 : 1));
  if (!files.length) { return { mounts: [] }; }
  const metadata = named(`files-${shortHash(JSON.stringify(files))}`);
  const mounts = files.map(([path], i) => ({ path, key: `file-${i}` }));
  new ApiObject(scope, 'Files', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
    immutable: true,
    data: Object.fromEntries(files.map(([, text], i) => [mounts[i].key, text])),
  });
  return { configMapName: metadata.name, mounts };
}
