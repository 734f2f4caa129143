import { didYouMean, numberProblem, NumberRule, show, textProblem } from '../errors';
import { AcceleratorRow, ACCELERATORS } from './data/accelerators';
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

/** What each number of `AcceleratorProps` may be: wide, but narrow enough to catch gigabytes where bytes are asked for. */
const RULES: { readonly [prop: string]: NumberRule } = {
  memoryBytes: { min: 1e6, max: 1e15, unit: 'bytes' },
  memoryBytesPerSecond: { min: 1e6, max: 1e18, unit: 'bytes per second' },
  bf16FlopsPerSecond: { min: 1e6, max: 1e21, unit: 'FLOP per second' },
  fp8FlopsPerSecond: { min: 1e6, max: 1e21, unit: 'FLOP per second' },
  int8OpsPerSecond: { min: 1e6, max: 1e21, unit: 'operations per second' },
  fp4FlopsPerSecond: { min: 1e6, max: 1e21, unit: 'FLOP per second' },
  linkBytesPerSecond: { min: 1e6, max: 1e18, unit: 'bytes per second' },
  linkDomain: { min: 1, max: 100_000, integer: true, unit: 'accelerators' },
  maxPowerWatts: { above: 0, max: 1e6, unit: 'watts' },
};
const REQUIRED = ['memoryBytes', 'memoryBytesPerSecond', 'bf16FlopsPerSecond'];

/** PCIe 4.0 x16, one direction. */
const PCIE_4_BYTES_PER_SECOND = 32e9;

/** Whose device plugin publishes a resource. */
const VENDORS: { readonly [domain: string]: string } = {
  'nvidia.com': 'nvidia',
  'amd.com': 'amd',
  'gpu.intel.com': 'intel',
  'habana.ai': 'intel',
  'google.com': 'google',
  'aws.amazon.com': 'aws',
};

let listed: Accelerator[] | undefined;
let index: Map<string, Accelerator[]> | undefined;

/** Spelling does not tell names apart: case, spaces, underscores and dashes. */
function spelled(name: string): string { return name.toLowerCase().replace(/[\s_-]+/g, ''); }

/** Makers and product lines that people put in front of a name. */
const MAKER = /^(?:nvidia|amd|intel|aws|google|tesla|geforce|instinct)+/;

function namesOf(row: AcceleratorRow): string[] {
  return [row.id, row.title, ...Object.values(row.nodeLabels).flat(), ...row.aliases];
}

/** A GPU or another accelerator, as the sizing module sees it. */
export class Accelerator {
  /**
   * Looks an accelerator up in the catalogue by its id (`h100-sxm`) or another name: the label of NVIDIA's feature discovery
   * (`NVIDIA-H100-80GB-HBM3`), of GKE (`nvidia-h100-80gb`) or of Karpenter (`l4`), or a common spelling (`H100-SXM5-80GB`).
   * Case, spaces, underscores and dashes do not matter.
   *
   * @throws when the name is unknown (the message gives the closest ones) or stands for several (it lists them).
   */
  public static named(name: string): Accelerator {
    const names = Accelerator.index();
    const wanted = typeof name === 'string' && name.length <= 200 ? spelled(name) : '';
    const found = names.get(wanted) ?? names.get(wanted.replace(MAKER, '')) ?? [];
    if (found.length === 1) { return found[0]; }
    if (found.length > 1) {
      throw new Error(`${show(name)} stands for several accelerators: ${found.map((one) => one.name).join(', ')}; name one of them`);
    }
    const known = new Map(ACCELERATORS.flatMap(namesOf).reverse().map((other) => [spelled(other), other]));
    throw new Error(didYouMean('accelerator', name, [...known].filter(([key]) => names.get(key)!.length === 1).map(([, other]) => other)));
  }

  /**
   * Describes an accelerator that the catalogue does not list.
   *
   * @throws when a number is out of range, e.g. gigabytes where bytes are asked for.
   */
  public static of(props: AcceleratorProps): Accelerator {
    if (typeof props !== 'object' || props === null) { throw new Error(`the properties of an accelerator are ${show(props)} but must be an object`); }
    const numbers = props as unknown as { readonly [prop: string]: unknown };
    const problem = textProblem('name', props.name, 100)
      ?? Object.keys(RULES)
        .filter((prop) => numbers[prop] !== undefined || REQUIRED.includes(prop))
        .map((prop) => numberProblem(prop, numbers[prop], RULES[prop]))
        .find((sentence) => sentence !== undefined)
      ?? resourceProblem(props.resourceName);
    if (problem) { throw new Error(problem); }
    const resourceName = props.resourceName ?? 'nvidia.com/gpu';
    const rates = {
      bf16: props.bf16FlopsPerSecond,
      fp16: props.bf16FlopsPerSecond,
      fp8: props.fp8FlopsPerSecond,
      int8: props.int8OpsPerSecond,
      fp4: props.fp4FlopsPerSecond,
    };
    const [domain] = resourceName.split('/');
    return new Accelerator({
      id: props.name,
      title: props.name,
      vendor: VENDORS[domain] ?? domain,
      aliases: [],
      memoryBytes: props.memoryBytes,
      memoryBytesPerSecond: props.memoryBytesPerSecond,
      rates: Object.fromEntries(Object.entries(rates).filter((entry): entry is [string, number] => entry[1] !== undefined)),
      linkTechnology: props.linkBytesPerSecond === undefined ? 'PCIe 4' : undefined,
      linkBytesPerSecond: props.linkBytesPerSecond ?? PCIE_4_BYTES_PER_SECOND,
      linkDomain: props.linkDomain ?? (props.linkBytesPerSecond === undefined ? 1 : 8),
      maxPowerWatts: props.maxPowerWatts,
      resourceName,
      nodeLabels: {},
      source: 'stated by the caller',
      asOf: '',
    });
  }

  /** Every accelerator of the catalogue, in the order of its file. */
  public static all(): Accelerator[] { return [...Accelerator.listed()]; }

  private static listed(): Accelerator[] {
    listed ??= ACCELERATORS.map((row) => new Accelerator(row));
    return listed;
  }

  /** Accelerators by every spelling of every name. */
  private static index(): Map<string, Accelerator[]> {
    if (index) { return index; }
    index = new Map();
    for (const [i, accelerator] of Accelerator.listed().entries()) {
      for (const name of new Set(namesOf(ACCELERATORS[i]).map(spelled))) {
        index.set(name, [...index.get(name) ?? [], accelerator]);
      }
    }
    return index;
  }

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
  /** Bandwidth between the accelerator and the memory of its host, one direction, in bytes per second; undefined where nobody states it. */
  public readonly hostLinkBytesPerSecond?: number;
  /** Rated board power, in watts, or the highest limit that can be set where no rating is stated; undefined where neither is. */
  public readonly maxPowerWatts?: number;
  /** CUDA compute capability, e.g. 9.0. */
  public readonly computeCapability?: number;
  /** Extended resource that the device plugin publishes. */
  public readonly resourceName: string;
  /** What to know before relying on the row; undefined if nothing. */
  public readonly caution?: string;
  /** Where the figures come from. */
  public readonly source: string;
  /** Day on which they were taken, `YYYY-MM-DD`; empty for an accelerator that the caller described. */
  public readonly asOf: string;
  private readonly row: AcceleratorRow;

  private constructor(row: AcceleratorRow) {
    this.name = row.id;
    this.title = row.title;
    this.vendor = row.vendor;
    this.memoryBytes = row.memoryBytes;
    this.memoryBytesPerSecond = row.memoryBytesPerSecond;
    this.linkTechnology = row.linkTechnology;
    this.linkBytesPerSecond = row.linkBytesPerSecond;
    this.linkDomain = row.linkDomain;
    this.hostLinkBytesPerSecond = row.hostLinkBytesPerSecond;
    this.maxPowerWatts = row.maxPowerWatts;
    this.computeCapability = row.computeCapability;
    this.resourceName = row.resourceName;
    this.caution = row.caution;
    this.source = row.source;
    this.asOf = row.asOf;
    this.row = row;
  }

  /**
   * Labels by which clouds and NVIDIA's feature discovery mark its nodes, and the values that each may have; a node carries
   * the labels of its own cloud alone.
   */
  public get nodeLabels(): { [key: string]: string[] } {
    return Object.fromEntries(Object.entries(this.row.nodeLabels).map(([key, values]) => [key, [...values]]));
  }

  /**
   * Dense tensor throughput at which weights of this precision are multiplied, in FLOP (or OP) per second;
   * undefined where the hardware has none or nobody states it.
   *
   * The two 16-bit formats run at one rate, so FP16 takes the rate of BF16 where the source states that alone. Not the other
   * way round: a card without BF16 can't multiply BF16 weights. Formats that only store weights in fewer bits (INT4, MXFP4)
   * are multiplied in whichever 16-bit format the card has.
   *
   * @throws when it is no precision.
   */
  public tensorFlopsPerSecond(precision: Precision): number | undefined {
    if (!(precision instanceof Precision)) { throw new Error(`'precision' is ${show(precision)} but must be a Precision, e.g. Precision.FP8`); }
    const { rates } = this.row;
    const format = precision.computeFormat;
    if (format === 'fp16') { return rates.fp16 ?? rates.bf16; }
    if (format === 'bf16' && precision.weightBits < 16) { return rates.bf16 ?? rates.fp16; }
    return rates[format];
  }
}

function resourceProblem(name: unknown): string | undefined {
  if (name === undefined || (typeof name === 'string' && name.length <= 253 && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?\/[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/.test(name))) {
    return undefined;
  }
  return `'resourceName' is ${show(name)} but must be a domain and a name, e.g. 'nvidia.com/gpu'`;
}
