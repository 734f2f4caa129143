import { Precision } from './precision';

/** Properties of an accelerator that the catalogue does not list. */
export interface AcceleratorProps {
  /** Name shown in messages and reports. */
  readonly name: string;
  /** Device memory that the driver reports to a program, in bytes (a card sold as 80 GB reports about 79.2 x 2^30). */
  readonly memoryBytes: number;
  /** Peak device-memory bandwidth, in bytes per second. */
  readonly memoryBytesPerSecond: number;
  /** Dense (not sparse) 16-bit tensor throughput, in FLOP per second. */
  readonly bf16FlopsPerSecond: number;
  /**
   * Dense 8-bit float tensor throughput, in FLOP per second.
   *
   * @default - the accelerator has none; FP8 is refused.
   */
  readonly fp8FlopsPerSecond?: number;
  /**
   * Dense 8-bit integer tensor throughput, in operations per second.
   *
   * @default - the accelerator has none; INT8 is refused.
   */
  readonly int8OpsPerSecond?: number;
  /**
   * Dense 4-bit float tensor throughput, in FLOP per second.
   *
   * @default - the accelerator has none; NVFP4 is refused.
   */
  readonly fp4FlopsPerSecond?: number;
  /**
   * Bandwidth between two accelerators of one scale-up domain, one direction, per accelerator, in bytes per second.
   *
   * @default - PCIe 4.0 x16 (32e9)
   */
  readonly linkBytesPerSecond?: number;
  /**
   * Accelerators that the fast link joins; 1 if they meet over PCIe only.
   *
   * @default - 8 if `linkBytesPerSecond` is given, else 1
   */
  readonly linkDomain?: number;
  /**
   * Highest board power, in watts.
   *
   * @default - not known; energy is not estimated.
   */
  readonly maxPowerWatts?: number;
  /**
   * Extended resource that the device plugin publishes.
   *
   * @default 'nvidia.com/gpu'
   */
  readonly resourceName?: string;
}

/** One row of the catalogue. Internal. */
export interface AcceleratorRow {
  readonly id: string;
  readonly title: string;
  readonly vendor: string;
  readonly aliases: readonly string[];
  /** Absent where nobody states what the driver reports. */
  readonly memoryBytes?: number;
  readonly memoryBytesPerSecond?: number;
  /** Dense tensor rates in FLOP/s (OP/s for int8) by compute format: fp32, fp16, bf16, fp8, int8, fp4. */
  readonly rates: { readonly [format: string]: number };
  readonly linkTechnology?: string;
  readonly linkBytesPerSecond?: number;
  readonly linkDomain: number;
  readonly maxPowerWatts?: number;
  readonly computeCapability?: number;
  readonly resourceName: string;
  readonly nodeLabels: { readonly [key: string]: string };
  readonly caution?: string;
  readonly source: string;
  readonly asOf: string;
}

/** A GPU or another accelerator, as the sizing module sees it. */
export class Accelerator {
  /**
   * Looks an accelerator up in the catalogue by its id (`h100-sxm`) or an alias (a cloud's or driver's product label).
   *
   * @throws when the name is unknown (the message gives the closest ones) or stands for several (it lists them).
   */
  public static named(_name: string): Accelerator { throw new Error('not built yet'); }

  /** Describes an accelerator that the catalogue does not list. */
  public static of(_props: AcceleratorProps): Accelerator { throw new Error('not built yet'); }

  /** Every accelerator of the catalogue, in the order of its file. */
  public static all(): Accelerator[] { return []; }

  /** Id of the catalogue, or the name given to `of`. */
  public readonly name: string;
  /** Product name for people. */
  public readonly title: string;
  /** `nvidia`, `amd`, … */
  public readonly vendor: string;
  /** Device memory that the driver reports, in bytes; undefined where nobody states it. */
  public readonly memoryBytes?: number;
  /** Peak memory bandwidth, in bytes per second; undefined where nobody states it. */
  public readonly memoryBytesPerSecond?: number;
  /** Name of the link between accelerators of one domain (`NVLink 4`, `PCIe`). */
  public readonly linkTechnology?: string;
  /** Link bandwidth per accelerator, one direction, in bytes per second. */
  public readonly linkBytesPerSecond?: number;
  /** Accelerators joined by that link; 1 if there is none but PCIe. */
  public readonly linkDomain: number;
  /** Highest board power, in watts. */
  public readonly maxPowerWatts?: number;
  /** CUDA compute capability, e.g. 9.0. */
  public readonly computeCapability?: number;
  /** Extended resource that the device plugin publishes. */
  public readonly resourceName: string;
  /** Labels by which clouds and NVIDIA's feature discovery mark its nodes. */
  public readonly nodeLabels: { [key: string]: string };
  /** What to know before relying on the row; undefined if nothing. */
  public readonly caution?: string;
  /** Where the figures come from. */
  public readonly source: string;
  /** Day on which they were taken, `YYYY-MM-DD`. */
  public readonly asOf: string;
  private readonly rates: { readonly [format: string]: number };

  private constructor(row: AcceleratorRow) {
    this.name = row.id;
    this.title = row.title;
    this.vendor = row.vendor;
    this.memoryBytes = row.memoryBytes;
    this.memoryBytesPerSecond = row.memoryBytesPerSecond;
    this.linkTechnology = row.linkTechnology;
    this.linkBytesPerSecond = row.linkBytesPerSecond;
    this.linkDomain = row.linkDomain;
    this.maxPowerWatts = row.maxPowerWatts;
    this.computeCapability = row.computeCapability;
    this.resourceName = row.resourceName;
    this.nodeLabels = { ...row.nodeLabels };
    this.caution = row.caution;
    this.source = row.source;
    this.asOf = row.asOf;
    this.rates = row.rates;
  }

  /**
   * Dense tensor throughput at which weights of this precision are multiplied, in FLOP (or OP) per second;
   * undefined where the hardware has none or nobody states it.
   */
  public tensorFlopsPerSecond(precision: Precision): number | undefined {
    return this.rates[precision.computeFormat];
  }
}
