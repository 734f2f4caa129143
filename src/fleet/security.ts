import { IServiceAccount } from 'cdk8s-plus-28';
import { FleetNetwork } from './network';

/**
 * Identity of the pods, and what they are allowed beyond Pod Security `restricted` with a read-only root file system.
 *
 * What is opted out of is listed in the workload's annotation `cdk8s-inference/security-opt-outs`.
 */
export interface FleetSecurity {
  /**
   * Identity of the pods. Its token is not mounted; a cloud's workload identity brings its own.
   *
   * @default - a ServiceAccount of the fleet's own, without rights
   */
  readonly serviceAccount?: IServiceAccount;
  /**
   * Lets the engine write to the image's file system. Needed where the node's NVIDIA container toolkit is so old that its hook
   * writes into the container's root (seen below 1.17).
   *
   * @default false
   */
  readonly writableRootFilesystem?: boolean;
  /**
   * Runs the engine as root with the capability IPC_LOCK, so that RDMA can lock memory on nodes whose container runtime keeps a
   * low limit. This breaks Pod Security `restricted` and `baseline`: the namespace must allow `privileged`. Raising the runtime's
   * limit (`LimitMEMLOCK=infinity` of containerd) on the RDMA nodes does the same without it. The capability alone would do
   * nothing: it has no effect for any user but root.
   *
   * @default false
   */
  readonly rootWithLockedMemory?: boolean;
  /**
   * Takes the objects as patches have left them. Otherwise an app is refused whose patches contradict the plan or make pods more than Pod
   * Security `restricted` allows: other GPUs, replicas above the plan, a selector that finds no pod, arguments of the plan that are gone.
   * A patch that adds to the objects is taken either way.
   *
   * @default false
   */
  readonly allowUnplannedPatches?: boolean;
}

/** Names of the opt-outs that are in use. */
export function optOuts(security: FleetSecurity, network: FleetNetwork): string[] {
  return [
    ...(network.policies === false ? ['network.policies'] : []),
    ...(['allowUnplannedPatches', 'rootWithLockedMemory', 'writableRootFilesystem'] as const).filter((name) => security[name]).map((name) => `security.${name}`),
  ];
}
