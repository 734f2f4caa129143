/** A cloud's machine type with accelerators. Filled from `data/instances.ts`. */
export class InstanceType {
  /**
   * Looks a machine type up by its cloud's name, e.g. `p5.48xlarge`.
   *
   * @throws when the name is unknown; the message gives the closest ones.
   */
  public static named(_name: string): InstanceType { throw new Error('not built yet'); }

  /** Every machine type of the catalogue. */
  public static all(): InstanceType[] { return []; }

  private constructor(
    /** The cloud's name of it. */
    public readonly name: string,
    /** `aws`, `azure`, `gcp`, … */
    public readonly cloud: string,
    /** Catalogue id of the accelerator; undefined where the catalogue lacks the device. */
    public readonly acceleratorName: string | undefined,
    /** Accelerators in one machine. */
    public readonly gpusPerNode: number,
    /** Virtual CPUs. */
    public readonly vcpus: number,
    /** RAM, in bytes. */
    public readonly memoryBytes: number,
    /** CPUs that pods may ask for, in thousandths; undefined where nobody states it. */
    public readonly allocatableCpuMillis: number | undefined,
    /** RAM that pods may ask for, in bytes; undefined where nobody states it. */
    public readonly allocatableMemoryBytes: number | undefined,
    /** Network bandwidth, in bytes per second; undefined where nobody states it. */
    public readonly networkBytesPerSecond: number | undefined,
    /** Elastic Fabric Adapters (AWS); 0 if there are none. */
    public readonly efaInterfaces: number,
    /** Local NVMe, in bytes; undefined if none is stated. */
    public readonly localStorageBytes: number | undefined,
    /** Processor architecture as Kubernetes spells it: `amd64`, `arm64`. */
    public readonly architecture: string,
    /** Labels that its nodes carry. */
    public readonly nodeLabels: { [key: string]: string },
    /** On-demand price, in US dollars per hour; undefined where none is stated. */
    public readonly dollarsPerHour: number | undefined,
    /** Where the figures come from. */
    public readonly source: string,
    /** Day on which they were taken, `YYYY-MM-DD`. */
    public readonly asOf: string,
  ) { }
}
