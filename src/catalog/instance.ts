import { didYouMean, show } from '../errors';
import { Accelerator } from './accelerator';
import { InstanceRow, instanceRows } from './data/instances';

let types: InstanceType[] | undefined;
let byName: Map<string, InstanceType> | undefined;

/** A cloud's machine type with accelerators. */
export class InstanceType {
  /**
   * Looks a machine type up by its cloud's name, e.g. `p5.48xlarge`; the case of letters does not matter, nor does Azure's `Standard_`.
   *
   * @throws when the name is unknown; the message gives the closest ones.
   */
  public static named(name: string): InstanceType {
    byName ??= new Map(InstanceType.listed().map((type) => [type.name.toLowerCase(), type]));
    const wanted = typeof name === 'string' && name.length <= 200 ? name.trim().toLowerCase() : '';
    const found = byName.get(wanted) ?? byName.get(`standard_${wanted}`);
    if (!found) { throw new Error(didYouMean('instance type', name, InstanceType.listed().map((type) => type.name))); }
    return found;
  }

  /** Every machine type of the catalogue: those of AWS, Azure, Google Cloud and Oracle, in the order of their tables. */
  public static all(): InstanceType[] { return [...InstanceType.listed()]; }

  /**
   * The machine types that carry an accelerator, shares of a card included; none for an accelerator that the catalogue does not list.
   *
   * @throws when it is no accelerator.
   */
  public static withAccelerator(accelerator: Accelerator): InstanceType[] {
    if (!(accelerator instanceof Accelerator)) { throw new Error(`'accelerator' is ${show(accelerator)} but must be an Accelerator, e.g. Accelerator.named('h100-sxm')`); }
    return InstanceType.listed().filter((type) => type.acceleratorName === accelerator.name);
  }

  private static listed(): InstanceType[] {
    types ??= instanceRows().map((row) => new InstanceType(row));
    return types;
  }

  /** The cloud's name of it. */
  public readonly name: string;
  /** `aws`, `azure`, `gcp` or `oci`. */
  public readonly cloud: string;
  /** Catalogue id of the accelerator; undefined where the catalogue lacks the device. */
  public readonly acceleratorName?: string;
  /** Accelerators in one machine; 0 where it has a share of one, undefined where nobody states how many. */
  public readonly gpusPerNode?: number;
  /** Memory of one accelerator (or of the share of one) as the cloud states it, in bytes; undefined where it does not. */
  public readonly gpuMemoryBytes?: number;
  /** Virtual CPUs; undefined where nobody states them. */
  public readonly vcpus?: number;
  /** RAM, in bytes; undefined where nobody states it. */
  public readonly memoryBytes?: number;
  /** CPUs that pods may ask for, in thousandths; undefined where nobody states it. */
  public readonly allocatableCpuMillis?: number;
  /** RAM that pods may ask for, in bytes; undefined where nobody states it. */
  public readonly allocatableMemoryBytes?: number;
  /** Network bandwidth, in bytes per second; undefined where nobody states it. */
  public readonly networkBytesPerSecond?: number;
  /** Elastic Fabric Adapters (AWS); 0 if there are none. */
  public readonly efaInterfaces: number;
  /** Whether it has an RDMA network besides (Azure's InfiniBand); undefined where nobody states it. */
  public readonly rdma?: boolean;
  /** Local NVMe, in bytes; undefined if none is stated. */
  public readonly localStorageBytes?: number;
  /** Processor architecture as Kubernetes spells it: `amd64`, `arm64`; undefined where nobody states it. */
  public readonly architecture?: string;
  /** On-demand price, in US dollars per hour, in the region of `priceRegion`; undefined where none is stated. */
  public readonly dollarsPerHour?: number;
  /** Region of `dollarsPerHour`: `us-east-1` for AWS, the first that the table lists for Azure (`eastus`, where it is sold). */
  public readonly priceRegion?: string;
  /** Where the figures come from. */
  public readonly source: string;
  /** Day on which they were taken, `YYYY-MM-DD`. */
  public readonly asOf: string;
  private readonly row: InstanceRow;

  private constructor(row: InstanceRow) {
    this.name = row.name;
    this.cloud = row.cloud;
    this.acceleratorName = row.acceleratorName;
    this.gpusPerNode = row.gpusPerNode;
    this.gpuMemoryBytes = row.gpuMemoryBytes;
    this.vcpus = row.vcpus;
    this.memoryBytes = row.memoryBytes;
    this.allocatableCpuMillis = row.allocatableCpuMillis;
    this.allocatableMemoryBytes = row.allocatableMemoryBytes;
    this.networkBytesPerSecond = row.networkBytesPerSecond;
    this.efaInterfaces = row.efaInterfaces;
    this.rdma = row.rdma;
    this.localStorageBytes = row.localStorageBytes;
    this.architecture = row.architecture;
    const [first] = Object.entries(row.dollarsPerHour);
    this.priceRegion = first?.[0];
    this.dollarsPerHour = first?.[1];
    this.source = row.source;
    this.asOf = row.asOf;
    this.row = row;
  }

  /** Labels that its nodes carry. */
  public get nodeLabels(): { [key: string]: string } { return { ...this.row.nodeLabels }; }

  /** Extended resources of one node as its device plugin publishes them, e.g. `nvidia.com/gpu: 8`; empty where nobody states them. */
  public get extendedResources(): { [name: string]: number } { return { ...this.row.extendedResources }; }

  /** On-demand prices, in US dollars per hour, by region; empty where none is stated. */
  public get dollarsPerHourByRegion(): { [region: string]: number } { return { ...this.row.dollarsPerHour }; }
}
