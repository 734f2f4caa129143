import { ApiServer, eventually } from './api-server';
import { KubeObject } from './kube-object';
import { ControlPlane, ControlPlaneOptions, startControlPlane } from '../control-plane';

/** The control plane that the tests of a file share. */
export interface TestCluster {
  /** Of a running cluster: use it in tests and hooks only. */
  readonly api: ApiServer;
  readonly controlPlane: ControlPlane;
  /** Registers nodes and waits until each is Ready and may be scheduled to. */
  addNodes(nodes: KubeObject[]): Promise<void>;
}

/** Starts a control plane before the tests of a file and ends it after them. */
export function useCluster(options?: ControlPlaneOptions): TestCluster {
  let controlPlane: ControlPlane | undefined;
  let api: ApiServer | undefined;
  beforeAll(async () => {
    controlPlane = await startControlPlane(options);
    api = new ApiServer(controlPlane);
  }, 1_800_000); // the first run on a machine builds the programs
  afterAll(async () => {
    api?.close();
    await controlPlane?.stop();
  }, 60_000);
  const running = <T>(part: T | undefined): T => {
    if (part === undefined) { throw new Error('the control plane does not run'); }
    return part;
  };
  return {
    get api() { return running(api); },
    get controlPlane() { return running(controlPlane); },
    addNodes: (nodes) => addNodes(running(api), nodes),
  };
}

/** Registers nodes and waits until each is Ready and may be scheduled to. */
export async function addNodes(api: ApiServer, nodes: KubeObject[]): Promise<void> {
  for (const node of nodes) { await api.must('POST', '/api/v1/nodes', node); }
  const names = new Set(nodes.map(({ metadata }) => metadata.name));
  await eventually(`${nodes.length} nodes Ready`, async () => {
    const ready = (await api.list('v1', 'Node')).filter((node) => names.has(node.metadata.name)
      && node.status.conditions?.some(({ type, status }: any) => type === 'Ready' && status === 'True')
      && !node.spec.taints?.some(({ key }: any) => key.startsWith('node.kubernetes.io/')));
    return ready.length === names.size;
  }, { seconds: 60 });
}
