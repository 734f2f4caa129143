import { App, Chart, Testing } from 'cdk8s';
import { Ec2NodeClassOptions } from '../../src/nodes/ec2-node-class';
import { GpuNodePool, GpuNodePoolProps } from '../../src/nodes/gpu-node-pool';
import { KarpenterAwsOptions } from '../../src/nodes/karpenter-aws';
import { NodeProvisioner } from '../../src/nodes/node-provisioner';

export const NODE_CLASS: Ec2NodeClassOptions = {
  role: 'KarpenterNodeRole-prod',
  subnets: [{ tags: { 'karpenter.sh/discovery': 'prod' } }],
  securityGroups: [{ tags: { 'karpenter.sh/discovery': 'prod' } }],
  amis: [{ alias: 'al2023@v20260801' }],
};

export function chart(namespace?: string): Chart { return new Chart(new App(), 'platform', { namespace }); }

/** A pool of p5.48xlarge with a node class of its own; a test states only what it is about. */
export function pool(
  karpenter: Partial<KarpenterAwsOptions> = {}, props: Partial<GpuNodePoolProps> = {}, at: Chart = chart(), id = 'H100',
): GpuNodePool {
  const nodeClass = 'nodeClassName' in karpenter ? undefined : NODE_CLASS;
  return new GpuNodePool(at, id, {
    provisioner: NodeProvisioner.karpenterAws({ instanceTypes: ['p5.48xlarge'], nodeClass, ...karpenter }),
    maxGpus: 16,
    poolName: 'h100',
    ...props,
  });
}

/** The object of a kind that a chart synthesizes. */
export function one(at: Chart, kind: string): any {
  const found = Testing.synth(at).filter((object: any) => object.kind === kind);
  expect(found).toHaveLength(1);
  return found[0];
}

export function messageOf(body: () => unknown): string | undefined {
  try { body(); } catch (error) { return (error as Error).message; }
  return undefined;
}
