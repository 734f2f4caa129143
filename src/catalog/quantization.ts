/** Which weights of a checkpoint are quantised, and to what: the `quantization_config` of a `config.json`. Internal to the catalogue. */

import { show } from '../errors';
import { Fields, isObject } from './fields';
import { NameSet } from './name-set';
import { Precision } from './precision';

/** Format of one weight. */
export interface Format {
  /** Name of a `Precision`. */
  readonly precision: string;
  /** Bits stored per parameter, scales included. */
  readonly bits: number;
}

export interface QuantizationRules {
  readonly method: string;
  readonly kvCachePrecision?: string;
  /** Whether a rule is about this layer in particular; layers of one structure without such rules are alike. */
  singlesOut(layer: number): boolean;
  /** Format of a linear weight, given all names that checkpoints may call it by; undefined: not quantised. */
  formatOf(names: readonly string[], layer: number, part: string): Format | undefined;
}

/** Makes rules from a format per name, and the sets of names that it looks in. */
type MakeRules = (formatOf: QuantizationRules['formatOf'], sets?: () => readonly NameSet[]) => QuantizationRules;

const METHODS = ['fp8', 'fbgemm_fp8', 'awq', 'gptq', 'auto-round', 'compressed-tensors', 'mxfp4', 'modelopt', 'modelopt_fp4', 'bitsandbytes', 'quark'];

const FP8: Format = { precision: 'fp8', bits: Precision.FP8.weightBits };
const INT8: Format = { precision: 'int8', bits: Precision.INT8.weightBits };
const NVFP4: Format = { precision: 'nvfp4', bits: Precision.NVFP4.weightBits };
const MXFP4: Format = { precision: 'mxfp4', bits: Precision.MXFP4.weightBits };
/** 8-bit float with one E8M0 scale per 32 values. */
const MXFP8: Format = { precision: 'fp8', bits: 8 + 8 / 32 };

/** Names of modelopt's algorithms. */
const ALGORITHMS: { readonly [name: string]: Format } = {
  FP8,
  FP8_PB_WO: FP8,
  FP8_PER_CHANNEL_PER_TOKEN: FP8,
  MXFP8,
  NVFP4,
  NVFP4_AWQ: NVFP4,
  W4A16_NVFP4: NVFP4,
  W4A8_NVFP4_FP8: NVFP4,
  MXFP4,
  W4A8_MXFP4_FP8: MXFP4,
  INT4_AWQ: integers(4, 128, false),
  W4A8_AWQ: integers(4, 128, false),
  W4A16_AWQ: integers(4, 128, false),
  INT8_SQ: INT8,
  W8A8_SQ_PER_CHANNEL: INT8,
};

/** Reads a `quantization_config` (or modelopt's `hf_quant_config.json`); undefined if the config has none. */
export function readQuantization(config: Fields): QuantizationRules | undefined {
  const quant = config.object('quantization_config') ?? config.object('quantization') ?? config.object('compression_config');
  if (!quant) { return undefined; }
  const algorithm = quant.text('quant_algo');
  const method = (quant.text('quant_method') ?? (algorithm !== undefined ? 'modelopt' : undefined))?.toLowerCase().replace(/_marlin$/, '');
  if (method === undefined) { throw quant.lacks('quant_method'); }
  if (!METHODS.includes(method)) {
    throw new Error(`config.json: 'quant_method' is ${show(method)} but must be one of ${METHODS.join(', ')}`);
  }
  const ignored = new NameSet([
    ...quant.names('ignore'), ...quant.names('modules_to_not_convert'), ...quant.names('exclude_modules'), ...quant.names('exclude'),
    ...quant.names('ignored_layers'), ...quant.names('llm_int8_skip_modules'),
  ]);
  const kv = cachePrecision(quant);
  const rules = (formatOf: QuantizationRules['formatOf'], sets: () => readonly NameSet[] = () => []): QuantizationRules => ({
    method,
    singlesOut: (layer) => ignored.singlesOut(layer) || sets().some((set) => set.singlesOut(layer)),
    ...kv ? { kvCachePrecision: kv } : {},
    formatOf: (names, layer, part) => ignored.hasAny(names, layer) ? undefined : formatOf(names, layer, part),
  });
  const uniform = (format: Format, head = false) => rules((_names, _layer, part) => part === 'head' && !head ? undefined : format);

  if (algorithm !== undefined || method.startsWith('modelopt')) { return modelopt(quant, algorithm, method, rules, uniform); }
  switch (method) {
    case 'fp8':
    case 'fbgemm_fp8':
      return uniform(FP8);
    case 'mxfp4':
      return rules((_names, _layer, part) => part === 'experts' ? MXFP4 : undefined);
    case 'awq':
    case 'gptq':
    case 'auto-round': {
      const bits = quant.whole('bits', 1, 16) ?? quant.whole('w_bit', 1, 16);
      if (bits === undefined) { throw quant.lacks('bits'); }
      const group = quant.group('group_size') ?? quant.group('q_group_size') ?? 128;
      return uniform(integers(bits, group, false), quant.flag('lm_head'));
    }
    case 'bitsandbytes': {
      // NF4: a 32-bit scale per 64 values, or with double quantisation an 8-bit one and a 32-bit one per 256 of those.
      const scale = quant.flag('bnb_4bit_use_double_quant') ? 8 / 64 + 32 / (64 * 256) : 32 / 64;
      return uniform(quant.flag('load_in_4bit') || quant.flag('_load_in_4bit') ? { precision: 'int4', bits: 4 + scale } : INT8);
    }
    case 'quark': {
      const weight = quant.object('global_quant_config')?.object('weight');
      if (!weight) { throw quant.lacks('global_quant_config.weight'); }
      const dtype = weight.text('dtype') ?? '';
      return uniform(/fp4|mx/.test(dtype) ? MXFP4 : /fp8/.test(dtype) ? FP8 : /int8/.test(dtype) ? INT8 : integers(4, weight.group('group_size') ?? 128, true));
    }
    default:
      return groups(quant, rules);
  }
}

function modelopt(
  quant: Fields, algorithm: string | undefined, method: string,
  rules: MakeRules, uniform: (format: Format) => QuantizationRules,
): QuantizationRules {
  const mixed = quant.object('quantized_layers');
  if (mixed) {
    const sets = new Map<Format, NameSet>();
    for (const [name, entry] of mixed.entries()) {
      const format = algorithmFormat(isObject(entry) ? entry.quant_algo : undefined);
      const known = sets.get(format) ?? new NameSet([]);
      known.add(name);
      sets.set(format, known);
    }
    const fallback = method === 'fp8' ? FP8 : undefined;
    return rules((names, layer, part) => {
      for (const [format, set] of sets) { if (set.hasAny(names, layer)) { return format; } }
      return part === 'head' ? undefined : fallback;
    }, () => [...sets.values()]);
  }
  if (algorithm === undefined) { return quant.object('config_groups') ? groups(quant, rules) : uniform(method === 'modelopt_fp4' ? NVFP4 : FP8); }
  return uniform(algorithmFormat(algorithm));
}

function algorithmFormat(name: unknown): Format {
  const format = typeof name === 'string' && Object.prototype.hasOwnProperty.call(ALGORITHMS, name.toUpperCase()) ? ALGORITHMS[name.toUpperCase()] : undefined;
  if (!format) { throw new Error(`config.json: 'quant_algo' is ${show(name)} but must be one of ${Object.keys(ALGORITHMS).join(', ')}`); }
  return format;
}

/** Groups of compressed-tensors: each names its targets and the format of their weights. */
function groups(quant: Fields, rules: MakeRules): QuantizationRules {
  const all = quant.object('config_groups');
  if (!all) { throw quant.lacks('config_groups'); }
  const named = quant.text('format') ?? '';
  const read = all.entries().map(([key, value]) => {
    if (!isObject(value)) { throw new Error(`config.json: 'config_groups.${key.slice(0, 40)}' is ${show(value)} but must be an object`); }
    const group = new Fields(value);
    const targets = group.names('targets');
    return { format: weightFormat(group, group.text('format') ?? named), all: !targets.length || targets.includes('Linear'), set: new NameSet(targets) };
  });
  return rules((names, layer, part) => {
    const exact = read.find((g) => g.set.hasAny(names, layer));
    return (exact ?? (part === 'head' ? undefined : read.find((g) => g.all)))?.format;
  }, () => read.map((g) => g.set));
}

function weightFormat(group: Fields, format: string): Format {
  const weights = group.object('weights');
  if (!weights) { throw group.lacks('weights'); }
  const bits = weights.whole('num_bits', 1, 16);
  if (bits === undefined) { throw weights.lacks('num_bits'); }
  const size = weights.group('group_size');
  if (weights.text('type') === 'float') {
    if (bits === 8) { return size === 32 && /mx/.test(format) ? MXFP8 : FP8; }
    if (bits === 4) { return /mxfp4/.test(format) || size === 32 ? MXFP4 : NVFP4; }
    throw new Error(`config.json: 'num_bits' is ${bits} but must be 4 or 8 for weights of type 'float'`);
  }
  return integers(bits, size ?? 0, weights.flag('symmetric'));
}

/** Integer weights: a 16-bit scale per group and, if not symmetric, a zero point of the weights' width. */
function integers(bits: number, group: number, symmetric: boolean): Format {
  if (bits !== 4 && bits !== 8) { throw new Error(`config.json: 'bits' is ${bits} but must be 4 or 8`); }
  const overhead = group > 0 ? (16 + (symmetric ? 0 : bits)) / group : 0;
  return { precision: bits === 4 ? 'int4' : 'int8', bits: bits + overhead };
}

function cachePrecision(quant: Fields): string | undefined {
  const scheme = quant.object('kv_cache_scheme');
  const named = quant.text('kv_cache_scheme') ?? quant.text('kv_cache_quant_algo');
  return scheme?.whole('num_bits', 1, 64) === 8 || named?.toUpperCase() === 'FP8' ? 'fp8' : undefined;
}
