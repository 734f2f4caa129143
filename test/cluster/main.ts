/**
 * A cluster to try YAML on, until Ctrl-C: `npm run cluster [-- <instance type>[:<label>=<value>,…] …]`. Nodes are pretended: those of the
 * arguments at once, and those of each NodePool on AWS as soon as it is applied. Claims are filled. Pods are Ready at once and run nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { startControlPlane } from './control-plane';
import { ApiServer } from './support/api-server';
import { fakeNode, nodesOfPool } from './support/fake-nodes';
import { KubeObject } from './support/kube-object';
import { volumeFor } from './support/volumes';

/** A machine without taints, for pods that need no GPU. */
const ANY = 'g6.12xlarge';

/** Nodes made of one pool at most. */
const NODES = 4;

async function main(args: string[]): Promise<void> {
  const nodes = (args.length ? args : [ANY]).map(nodeOf);
  const controlPlane = await startControlPlane();
  const api = new ApiServer(controlPlane);
  let stopped = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) { process.on(signal, () => { stopped = true; }); }
  for (const node of nodes) { await api.must('POST', '/api/v1/nodes', node); }
  console.log(`export KUBECONFIG=${controlPlane.kubeconfig}`);
  console.log('kubectl create namespace chat && kubectl apply --server-side -f test/golden/llama-70b-fp8 && kubectl get pods -n chat -o wide --watch');
  console.log(`Logs are in ${controlPlane.directory}; Ctrl-C ends the cluster and removes it.`);
  const seen = new Set<string>();
  try {
    while (!stopped) {
      await play(api, seen);
      await sleep(500);
    }
  } catch (error) {
    if (!stopped) { throw error; } // Ctrl-C reaches the control plane too
  } finally {
    api.close();
    await controlPlane.stop();
  }
}

/** `p5.48xlarge` or `p5.48xlarge:example.com/pool=h100,…`. */
function nodeOf(text: string, i: number): KubeObject {
  const [instanceType, ...labels] = text.split(/[:,]/);
  return fakeNode({ name: `node-${i}`, instanceType, labels: Object.fromEntries(labels.map((label) => label.split('='))) });
}

/** Does what a cloud does: makes the nodes of new NodePools and the volumes of new claims. */
async function play(api: ApiServer, seen: Set<string>): Promise<void> {
  const once = (object: KubeObject): boolean => !seen.has(object.metadata.uid) && seen.add(object.metadata.uid) !== undefined;
  const pools = (await api.list('karpenter.sh/v1', 'NodePool')).filter(({ spec }) => spec.template.spec.nodeClassRef.kind === 'EC2NodeClass').filter(once);
  if (pools.length) {
    const classes = await api.list('karpenter.k8s.aws/v1', 'EC2NodeClass');
    for (const node of pools.flatMap((pool) => nodesOfPool(pool, classes, NODES))) { await api.must('POST', '/api/v1/nodes', node); }
  }
  const claims = (await api.list('v1', 'PersistentVolumeClaim')).filter(({ spec }) => !spec.volumeName).filter(once);
  for (const claim of claims) { await api.must('POST', '/api/v1/persistentvolumes', volumeFor(claim)); }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
