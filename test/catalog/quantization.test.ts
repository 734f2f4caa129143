import { Fields } from '../../src/catalog/fields';
import { QuantizationRules, readQuantization } from '../../src/catalog/quantization';

type Config = { [field: string]: unknown };
const rulesOf = (quantization_config: Config): QuantizationRules => readQuantization(new Fields({ quantization_config }))!;
const sentence = (config: Config): string => {
  try { rulesOf(config); } catch (error) {
    expect((error as Error).constructor).toBe(Error);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
};
const Q = 'model.layers.3.self_attn.q_proj';
const DOWN = 'model.layers.3.mlp.down_proj';
const format = (rules: QuantizationRules, name: string, part = 'mlp', layer = 3) => {
  const found = rules.formatOf([name], layer, part);
  return found && [found.precision, found.bits];
};
const whole = 'pass the whole config.json of the model\'s repository, or describe the model with Model.of';
const group = (weights: Config | undefined, more: Config = {}): Config => ({
  quant_method: 'compressed-tensors', format: 'pack-quantized', config_groups: { group_0: { targets: ['Linear'], weights, ...more } },
});

/** Bits of 128 x 128 blocks with one 32-bit scale each. */
const BLOCK = 8 + 32 / (128 * 128);

describe('weights of the layers are stored in as many bits as', () => {
  test.each<[string, Config, string, number]>([
    // Elements and scales: vLLM's quantization methods of the same names; modelopt's QUANT_ALGO names.
    ['fbgemm_fp8', { quant_method: 'fbgemm_fp8', activation_scale_ub: 1200 }, 'fp8', BLOCK],
    ['a method in capitals', { quant_method: 'FP8' }, 'fp8', BLOCK],
    ['a method for marlin kernels', { quant_method: 'gptq_marlin', bits: 4, group_size: 128 }, 'int4', 4 + (16 + 4) / 128],
    ['gptq in 8 bits and groups', { quant_method: 'gptq', bits: 8, group_size: 64 }, 'int8', 8 + (16 + 8) / 64],
    ['gptq without a group size', { quant_method: 'gptq', bits: 4 }, 'int4', 4 + (16 + 4) / 128],
    ['gptq with one group per channel', { quant_method: 'gptq', bits: 4, group_size: -1 }, 'int4', 4],
    ['awq as its authors wrote it', { quant_method: 'awq', w_bit: 4, q_group_size: 64 }, 'int4', 4 + (16 + 4) / 64],
    ['auto-round', { quant_method: 'auto-round', bits: 4, group_size: 32 }, 'int4', 4 + (16 + 4) / 32],
    ['bitsandbytes NF4', { quant_method: 'bitsandbytes', load_in_4bit: true }, 'int4', 4 + 32 / 64],
    ['bitsandbytes NF4 as older configs say it', { quant_method: 'bitsandbytes', _load_in_4bit: true }, 'int4', 4 + 32 / 64],
    // QLoRA, section 3: double quantisation takes 0.5 bits a parameter to 0.127.
    ['bitsandbytes NF4 with double quantisation', { quant_method: 'bitsandbytes', load_in_4bit: true, bnb_4bit_use_double_quant: true }, 'int4', 4.126953125],
    ['bitsandbytes LLM.int8()', { quant_method: 'bitsandbytes', load_in_8bit: true }, 'int8', 8],
    ['quark FP8', { quant_method: 'quark', global_quant_config: { weight: { dtype: 'fp8_e4m3' } } }, 'fp8', BLOCK],
    ['quark MXFP4', { quant_method: 'quark', global_quant_config: { weight: { dtype: 'fp4', group_size: 32 } } }, 'mxfp4', 4.25],
    ['quark INT8', { quant_method: 'quark', global_quant_config: { weight: { dtype: 'int8' } } }, 'int8', 8],
    ['quark INT4', { quant_method: 'quark', global_quant_config: { weight: { dtype: 'uint4', group_size: 64 } } }, 'int4', 4 + 16 / 64],
    ['quark INT4 without a group size', { quant_method: 'quark', global_quant_config: { weight: { dtype: 'uint4' } } }, 'int4', 4 + 16 / 128],
    ['compressed-tensors W4A16', group({ num_bits: 4, type: 'int', group_size: 128, symmetric: true }), 'int4', 4 + 16 / 128],
    ['compressed-tensors W4A16 with zero points', group({ num_bits: 4, type: 'int', group_size: 128, symmetric: false }), 'int4', 4 + (16 + 4) / 128],
    ['compressed-tensors W8A8', group({ num_bits: 8, type: 'int', strategy: 'channel', symmetric: true }), 'int8', 8],
    ['compressed-tensors FP8', group({ num_bits: 8, type: 'float', strategy: 'channel' }), 'fp8', BLOCK],
    ['compressed-tensors MXFP8', group({ num_bits: 8, type: 'float', group_size: 32 }, { format: 'mxfp8-quantized' }), 'fp8', 8.25],
    ['compressed-tensors FP8 in groups of 32', group({ num_bits: 8, type: 'float', group_size: 32 }), 'fp8', BLOCK],
    ['compressed-tensors MXFP8 in other groups', group({ num_bits: 8, type: 'float', group_size: 64 }, { format: 'mxfp8-quantized' }), 'fp8', BLOCK],
    ['compressed-tensors NVFP4', group({ num_bits: 4, type: 'float', group_size: 16 }, { format: 'nvfp4-pack-quantized' }), 'nvfp4', 4.5],
    ['compressed-tensors MXFP4 by its name', group({ num_bits: 4, type: 'float' }, { format: 'mxfp4-pack-quantized' }), 'mxfp4', 4.25],
    ['compressed-tensors MXFP4 by its groups', group({ num_bits: 4, type: 'float', group_size: 32 }), 'mxfp4', 4.25],
    ['compressed-tensors whose format stands outside the group',
      { ...group({ num_bits: 4, type: 'float' }), format: 'mxfp4-pack-quantized' }, 'mxfp4', 4.25],
    ['compressed-tensors without targets', group({ num_bits: 8, type: 'float' }, { targets: [] }), 'fp8', BLOCK],
    ...[['FP8', 'fp8', BLOCK], ['FP8_PB_WO', 'fp8', BLOCK], ['FP8_PER_CHANNEL_PER_TOKEN', 'fp8', BLOCK], ['MXFP8', 'fp8', 8.25], ['NVFP4', 'nvfp4', 4.5],
      ['NVFP4_AWQ', 'nvfp4', 4.5], ['W4A16_NVFP4', 'nvfp4', 4.5], ['W4A8_NVFP4_FP8', 'nvfp4', 4.5], ['MXFP4', 'mxfp4', 4.25], ['W4A8_MXFP4_FP8', 'mxfp4', 4.25],
      ['INT4_AWQ', 'int4', 4.15625], ['W4A8_AWQ', 'int4', 4.15625], ['W4A16_AWQ', 'int4', 4.15625], ['INT8_SQ', 'int8', 8],
      ['W8A8_SQ_PER_CHANNEL', 'int8', 8], ['nvfp4', 'nvfp4', 4.5]].map(([algorithm, precision, bits]): [string, Config, string, number] =>
      [`modelopt ${algorithm}`, { quant_method: 'modelopt', quant_algo: algorithm }, precision as string, bits as number]),
    ['modelopt without an algorithm', { quant_method: 'modelopt' }, 'fp8', BLOCK],
    ['modelopt_fp4 without an algorithm', { quant_method: 'modelopt_fp4' }, 'nvfp4', 4.5],
    ['modelopt with groups', { ...group({ num_bits: 4, type: 'float', group_size: 16 }), quant_method: 'modelopt' }, 'nvfp4', 4.5],
    ['an algorithm without a method', { quant_algo: 'FP8' }, 'fp8', BLOCK],
  ])('%s says, those of the head in the base format', (_name, config, precision, bits) => {
    const rules = rulesOf(config);
    for (const name of [Q, DOWN, 'model.layers.3.mlp.experts.0.up_proj']) { expect(format(rules, name)).toEqual([precision, bits]); }
    expect(format(rules, 'lm_head', 'head', -1)).toBeUndefined();
  });

  test.each(['gptq', 'awq', 'auto-round'])('%s says of the head, if it says so', (quant_method) => {
    expect(format(rulesOf({ quant_method, bits: 4, group_size: 128, lm_head: true }), 'lm_head', 'head', -1)).toEqual(['int4', 4.15625]);
  });

  test('MXFP4 says of experts alone', () => {
    const rules = rulesOf({ quant_method: 'mxfp4' });
    expect(format(rules, DOWN, 'experts')).toEqual(['mxfp4', 4.25]);
    for (const part of ['attention', 'mlp', 'sharedExperts', 'head']) { expect(format(rules, DOWN, part)).toBeUndefined(); }
  });

  test('the group that names a weight says, before the one of all linear layers', () => {
    const rules = rulesOf({
      quant_method: 'compressed-tensors',
      config_groups: {
        group_0: { targets: ['Linear'], weights: { num_bits: 8, type: 'float' } },
        group_1: { targets: ['re:.*mlp.*', 'lm_head'], weights: { num_bits: 4, type: 'float', group_size: 16 } },
      },
    });
    expect(format(rules, Q)).toEqual(['fp8', BLOCK]);
    expect(format(rules, DOWN)).toEqual(['nvfp4', 4.5]);
    expect(format(rules, 'lm_head', 'head', -1)).toEqual(['nvfp4', 4.5]);
  });

  test('a group without targets for linear layers leaves all others alone', () => {
    const rules = rulesOf({ quant_method: 'compressed-tensors', config_groups: { a: { targets: ['re:.*self_attn.*'], weights: { num_bits: 8, type: 'float' } } } });
    expect(format(rules, Q)).toEqual(['fp8', BLOCK]);
    expect(format(rules, DOWN)).toBeUndefined();
  });

  test('lists of layers say, each for its own; FP8 for the rest where the method is FP8', () => {
    const quantized_layers = {
      'model.layers.3.self_attn.q_proj': { quant_algo: 'FP8' },
      'model.layers.3.mlp.down_proj': { quant_algo: 'NVFP4' },
      'lm_head': { quant_algo: 'W4A16_NVFP4' },
    };
    const mixed = rulesOf({ quant_method: 'modelopt', quant_algo: 'MIXED_PRECISION', quantized_layers });
    expect([Q, DOWN, 'model.layers.4.mlp.down_proj'].map((name) => format(mixed, name))).toEqual([['fp8', BLOCK], ['nvfp4', 4.5], undefined]);
    expect(format(mixed, 'lm_head', 'head', -1)).toEqual(['nvfp4', 4.5]);
    expect([mixed.singlesOut(3), mixed.singlesOut(4)]).toEqual([true, false]);
    const rest = rulesOf({ quant_method: 'fp8', quant_algo: 'MIXED_PRECISION', quantized_layers: { 'model.layers.3.mlp.down_proj': { quant_algo: 'NVFP4' } } });
    expect([Q, DOWN].map((name) => format(rest, name))).toEqual([['fp8', BLOCK], ['nvfp4', 4.5]]);
    expect(format(rest, 'lm_head', 'head', -1)).toBeUndefined();
  });
});

describe('a weight stays in the base format that is listed under', () => {
  test.each(['ignore', 'modules_to_not_convert', 'exclude_modules', 'exclude', 'ignored_layers', 'llm_int8_skip_modules'])('%s', (field) => {
    const rules = rulesOf({ quant_method: 'fp8', [field]: ['model.layers.3.mlp', 'lm_head'] });
    expect(format(rules, DOWN)).toBeUndefined();
    expect(format(rules, Q)).toEqual(['fp8', BLOCK]);
    expect([rules.singlesOut(3), rules.singlesOut(2)]).toEqual([true, false]);
  });

  test('nothing, where the field is no list of names', () => {
    for (const ignore of [null, 3, {}, [1, '', null], 'x'.repeat(501)]) {
      expect(format(rulesOf({ quant_method: 'fp8', ignore }), DOWN)).toEqual(['fp8', BLOCK]);
    }
    expect(format(rulesOf({ quant_method: 'fp8', ignore: 'mlp' }), DOWN)).toBeUndefined();
  });
});

describe('the cache is to be kept in', () => {
  test.each<[Config, string | undefined]>([
    [{}, undefined],
    [{ kv_cache_scheme: null }, undefined],
    [{ kv_cache_scheme: { num_bits: 8, type: 'float', dynamic: false, strategy: 'tensor', symmetric: true } }, 'fp8'],
    [{ kv_cache_scheme: { num_bits: 4 } }, undefined],
    [{ kv_cache_scheme: 'fp8' }, 'fp8'],
    [{ kv_cache_quant_algo: 'FP8' }, 'fp8'],
    [{ kv_cache_quant_algo: 'NVFP4' }, undefined],
  ])('%j: %s', (fields, precision) => {
    expect(rulesOf({ quant_method: 'fp8', ...fields }).kvCachePrecision).toBe(precision);
    expect('kvCachePrecision' in rulesOf({ quant_method: 'fp8', ...fields })).toBe(precision !== undefined);
  });
});

describe('the quantisation config', () => {
  test('is found under the names that tools gave it, the first of these first', () => {
    const fp8 = { quant_method: 'fp8' };
    const nvfp4 = { quant_algo: 'NVFP4' }; // hf_quant_config.json of modelopt
    expect(readQuantization(new Fields({ quantization: nvfp4 }))!.method).toBe('modelopt');
    expect(readQuantization(new Fields({ compression_config: group({ num_bits: 8, type: 'float' }) }))!.method).toBe('compressed-tensors');
    expect(readQuantization(new Fields({ quantization_config: fp8, quantization: nvfp4 }))!.method).toBe('fp8');
    expect(readQuantization(new Fields({ quantization_config: null }))).toBeUndefined();
    expect(readQuantization(new Fields({ quantization_config: 'fp8' }))).toBeUndefined();
  });

  test.each<[string, Config, string]>([
    ['has no method', { bits: 4 }, `config.json lacks 'quant_method'; ${whole}`],
    ['has a method of another kind', { quant_method: 'aqlm' }, 'config.json: \'quant_method\' is \'aqlm\' but must be one of fp8, fbgemm_fp8, awq, gptq, auto-round, '
      + 'compressed-tensors, mxfp4, modelopt, modelopt_fp4, bitsandbytes, quark'],
    ['has no bits', { quant_method: 'gptq', group_size: 128 }, `config.json lacks 'bits'; ${whole}`],
    ['has bits that no kernel has', { quant_method: 'gptq', bits: 2 }, 'config.json: \'bits\' is 2 but must be 4 or 8'],
    ['has too many bits', { quant_method: 'awq', bits: 17 }, 'config.json: \'bits\' is 17 but must be a whole number from 1 to 16'],
    ['has a group below none', { quant_method: 'gptq', bits: 4, group_size: -2 }, 'config.json: \'group_size\' is -2 but must be a whole number from 0 to 1000000'],
    ['has no weights for quark', { quant_method: 'quark', global_quant_config: {} }, `config.json lacks 'global_quant_config.weight'; ${whole}`],
    ['has no groups', { quant_method: 'compressed-tensors' }, `config.json lacks 'config_groups'; ${whole}`],
    ['has a group that is a number', { quant_method: 'compressed-tensors', config_groups: { ['g'.repeat(50)]: 4 } },
      `config.json: 'config_groups.${'g'.repeat(40)}' is 4 but must be an object`],
    ['has a group without weights', group(undefined), `config.json lacks 'weights'; ${whole}`],
    ['has a group without bits', group({ type: 'float' }), `config.json lacks 'num_bits'; ${whole}`],
    ['has floats of 6 bits', group({ num_bits: 6, type: 'float' }), 'config.json: \'num_bits\' is 6 but must be 4 or 8 for weights of type \'float\''],
    ['has an algorithm of another kind', { quant_algo: 'toString' }, 'config.json: \'quant_algo\' is \'toString\' but must be one of FP8, FP8_PB_WO, '
      + 'FP8_PER_CHANNEL_PER_TOKEN, MXFP8, NVFP4, NVFP4_AWQ, W4A16_NVFP4, W4A8_NVFP4_FP8, MXFP4, W4A8_MXFP4_FP8, INT4_AWQ, W4A8_AWQ, W4A16_AWQ, INT8_SQ, W8A8_SQ_PER_CHANNEL'],
    ['has a layer whose algorithm is not said', { quant_method: 'modelopt', quantized_layers: { a: 1 } }, 'config.json: \'quant_algo\' is undefined but must be one of FP8, '
      + 'FP8_PB_WO, FP8_PER_CHANNEL_PER_TOKEN, MXFP8, NVFP4, NVFP4_AWQ, W4A16_NVFP4, W4A8_NVFP4_FP8, MXFP4, W4A8_MXFP4_FP8, INT4_AWQ, W4A8_AWQ, W4A16_AWQ, INT8_SQ, W8A8_SQ_PER_CHANNEL'],
    ['names too many modules', { quant_method: 'fp8', ignore: Array.from({ length: 200_001 }, () => 'a') }, 'config.json: \'ignore\' is a list of 200001 but must have at most 200000 entries'],
  ])('is refused that %s', (_name, config, message) => {
    expect(sentence(config)).toBe(message);
  });
});
