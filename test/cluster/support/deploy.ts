import { ApiServer } from './api-server';
import { ClusterApp } from './apps';
import { KubeObject } from './kube-object';
import { provideVolumes } from './volumes';

/** Namespaces of an app's objects. */
export function namespacesOf({ objects }: ClusterApp): string[] { return [...new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []))]; }

/**
 * Makes what an app takes for granted, namespaces under Pod Security `restricted` and storage, and applies its objects, or some of them. Containers do not
 * run on fake nodes: a Job's pod succeeds at once, and no init container makes a pod wait for weights.
 */
export async function deploy(api: ApiServer, app: ClusterApp, objects = app.objects): Promise<void> {
  for (const name of namespacesOf(app)) { await api.namespace(name); }
  await provideVolumes(api, app.objects, app);
  await api.applyAll(objects);
}

/** Kinds of which pods are made, and what those wait for. */
const DECIDE = ['PersistentVolumeClaim', 'ServiceAccount', 'ConfigMap', 'Job', 'Deployment', 'LeaderWorkerSet'];

/** The objects that decide whether and where pods run. */
export function deciding(objects: KubeObject[]): KubeObject[] { return objects.filter(({ kind }) => DECIDE.includes(kind)); }
