import { Accelerator } from '../catalog/accelerator';
import { InstanceType } from '../catalog/instance';
import { SizingPool } from '../sizing/questions';

/** The machines that the catalogue knows for an accelerator. */
export interface Machines {
  /** Most of these accelerators in one machine; undefined if the catalogue has no machine with it. */
  readonly gpusPerNode?: number;
  /** Lowest on-demand price of one accelerator, in US dollars per hour. */
  readonly dollarsPerGpuHour?: number;
  /** The machine type with that price. */
  readonly cheapest?: InstanceType;
  /** Best network of a largest machine, per accelerator, in bytes per second. */
  readonly interNodeBytesPerSecond?: number;
}

const known = new Map<string, Machines>();

/** What the catalogue's machines with this accelerator offer. */
export function machinesOf(accelerator: Accelerator): Machines {
  const found = known.get(accelerator.name) ?? look(accelerator);
  known.set(accelerator.name, found);
  return found;
}

/** A pool of the catalogue's machines with this accelerator: its largest machine, at its lowest price. */
export function poolOf(accelerator: Accelerator): SizingPool {
  const { gpusPerNode, dollarsPerGpuHour, interNodeBytesPerSecond } = machinesOf(accelerator);
  return { accelerator, gpusPerNode, dollarsPerGpuHour, interNodeBytesPerSecond };
}

/** A pool of one machine type. */
export function poolOfInstance(instance: InstanceType, accelerator: Accelerator, gpusPerNode: number): SizingPool {
  const share = (amount: number | undefined) => amount === undefined ? undefined : amount / gpusPerNode;
  return {
    accelerator,
    name: instance.name,
    gpusPerNode,
    dollarsPerGpuHour: share(instance.dollarsPerHour),
    interNodeBytesPerSecond: share(instance.networkBytesPerSecond),
  };
}

function look(accelerator: Accelerator): Machines {
  const machines = InstanceType.withAccelerator(accelerator).flatMap((instance) => {
    const { gpusPerNode, dollarsPerHour, networkBytesPerSecond } = instance;
    if (!gpusPerNode) { return []; } // a share of a card
    const share = (amount: number | undefined) => amount === undefined ? undefined : amount / gpusPerNode;
    return [{ instance, gpusPerNode, dollarsPerGpuHour: share(dollarsPerHour), interNodeBytesPerSecond: share(networkBytesPerSecond) }];
  });
  if (!machines.length) { return {}; }
  const gpusPerNode = Math.max(...machines.map((machine) => machine.gpusPerNode));
  const priced = machines.filter((machine) => machine.dollarsPerGpuHour !== undefined);
  const [cheapest] = priced.sort((a, b) => a.dollarsPerGpuHour! - b.dollarsPerGpuHour!);
  const networks = machines
    .filter((machine) => machine.gpusPerNode === gpusPerNode)
    .flatMap(({ interNodeBytesPerSecond }) => interNodeBytesPerSecond ?? []);
  return {
    gpusPerNode,
    dollarsPerGpuHour: cheapest?.dollarsPerGpuHour,
    cheapest: cheapest?.instance,
    interNodeBytesPerSecond: networks.length ? Math.max(...networks) : undefined,
  };
}
