import { didYouMean, numberProblem, show, textProblem } from '../errors';

/** A numeric format that is not listed. */
export interface PrecisionProps {
  /** Name as the engine spells it. */
  readonly name: string;
  /** Bits stored per weight, scales included. */
  readonly weightBits: number;
  /**
   * Format in which the tensor cores multiply it: `bf16`, `fp16`, `fp8`, `int8` or `fp4`.
   *
   * @default 'bf16', as for every weight-only format
   */
  readonly computeFormat?: string;
  /**
   * Bits of one element where the format holds a KV cache.
   *
   * @default - the format can't hold a KV cache.
   */
  readonly cacheBits?: number;
}

/** Formats that tensor cores multiply. */
const COMPUTE_FORMATS = ['fp32', 'fp16', 'bf16', 'fp8', 'int8', 'fp4'];

/** Spellings of configs and engines besides our own. */
const ALIASES = new Map([
  ['float32', 'fp32'], ['float16', 'fp16'], ['half', 'fp16'], ['bfloat16', 'bf16'], ['fp8_e4m3', 'fp8'], ['w8a8', 'int8'],
]);

/**
 * A numeric format: of weights, or of the KV cache.
 *
 * Bits include the scales that a block format stores beside its values, so that bytes are parameters x bits / 8.
 */
export class Precision {
  /** 32-bit float. */
  public static readonly FP32 = new Precision({ name: 'fp32', weightBits: 32, computeFormat: 'fp32', cacheBits: 32 });
  /** 16-bit IEEE float. */
  public static readonly FP16 = new Precision({ name: 'fp16', weightBits: 16, computeFormat: 'fp16', cacheBits: 16 });
  /** 16-bit brain float. */
  public static readonly BF16 = new Precision({ name: 'bf16', weightBits: 16, computeFormat: 'bf16', cacheBits: 16 });
  /** 8-bit float (E4M3), one scale per tensor, channel or 128 x 128 block (4 bytes per 16,384 values). */
  public static readonly FP8 = new Precision({ name: 'fp8', weightBits: 8 + 32 / 16384, computeFormat: 'fp8', cacheBits: 8 });
  /** 8-bit integer weights and activations (W8A8), one scale per channel. */
  public static readonly INT8 = new Precision({ name: 'int8', weightBits: 8, computeFormat: 'int8', cacheBits: 8 });
  /** 4-bit integer weights (AWQ, GPTQ): a 16-bit scale and a 4-bit zero per 128 values; multiplied in 16 bits. */
  public static readonly INT4 = new Precision({ name: 'int4', weightBits: 4 + 20 / 128, computeFormat: 'bf16' });
  /** NVIDIA's 4-bit float: an FP8 scale per 16 values. */
  public static readonly NVFP4 = new Precision({ name: 'nvfp4', weightBits: 4 + 8 / 16, computeFormat: 'fp4' });
  /** OCP microscaling 4-bit float: an E8M0 scale per 32 values; multiplied in 16 bits by most engines. */
  public static readonly MXFP4 = new Precision({ name: 'mxfp4', weightBits: 4 + 8 / 32, computeFormat: 'bf16' });

  /**
   * Looks a format up by its name: `fp32`, `fp16`, `bf16`, `fp8`, `int8`, `int4`, `nvfp4`, `mxfp4`; the case of letters does not
   * matter, and `float16`, `bfloat16` and the like are understood.
   *
   * @throws when there is no such name (the message gives the closest ones), or it stands for several.
   */
  public static named(name: string): Precision {
    const wanted = typeof name === 'string' && name.length <= 200 ? name.trim().toLowerCase() : '';
    if (wanted === 'fp4') { throw new Error(`${show(name)} stands for several precisions: nvfp4, mxfp4; name one of them`); }
    const found = Precision.all().find((p) => p.name === (ALIASES.get(wanted) ?? wanted));
    if (!found) { throw new Error(didYouMean('precision', name, Precision.all().map((p) => p.name))); }
    return found;
  }

  /** Every listed format, widest first. */
  public static all(): Precision[] {
    return [Precision.FP32, Precision.FP16, Precision.BF16, Precision.FP8, Precision.INT8, Precision.NVFP4, Precision.MXFP4, Precision.INT4];
  }

  /**
   * A format that is not listed here.
   *
   * @throws when a number is out of range, or `computeFormat` is none that hardware multiplies.
   */
  public static custom(props: PrecisionProps): Precision {
    if (typeof props !== 'object' || props === null) { throw new Error(`the properties of a precision are ${show(props)} but must be an object`); }
    const problem = textProblem('name', props.name, 60)
      ?? numberProblem('weightBits', props.weightBits, { above: 0, max: 64, unit: 'bits' })
      ?? (props.cacheBits === undefined ? undefined : numberProblem('cacheBits', props.cacheBits, { above: 0, max: 64, unit: 'bits' }))
      ?? (props.computeFormat === undefined || COMPUTE_FORMATS.includes(props.computeFormat)
        ? undefined
        : `'computeFormat' is ${show(props.computeFormat)} but must be one of ${COMPUTE_FORMATS.map((format) => `'${format}'`).join(', ')}`);
    if (problem) { throw new Error(problem); }
    return new Precision(props);
  }

  /** Name as the engine spells it. */
  public readonly name: string;
  /** Bits stored per weight, scales included. */
  public readonly weightBits: number;
  /** Format in which the tensor cores multiply it: `fp32`, `fp16`, `bf16`, `fp8`, `int8` or `fp4`. */
  public readonly computeFormat: string;
  /** Bits of one element where the format holds a KV cache; undefined where it can't. */
  public readonly cacheBits?: number;

  private constructor(props: PrecisionProps) {
    this.name = props.name;
    this.weightBits = props.weightBits;
    this.computeFormat = props.computeFormat ?? 'bf16';
    this.cacheBits = props.cacheBits;
  }
}
