/** Reads the contents of a Hugging Face `config.json` into an architecture. Internal to the catalogue. */

import { show } from '../errors';
import { Architecture, Module } from './architecture';
import { familyOf, isEncoder, isKnownFamily, unknownLayers } from './families';
import { Fields, isObject } from './fields';
import { finalNorm, predictedTokens, readLayers, speculativeLayers } from './hub-layers';
import { Reader } from './hub-reader';
import { vector } from './parameters';
import { QuantizationRules, readQuantization } from './quantization';
import { encoderModules } from './vision';

/** What a config says. */
export interface HubConfig {
  readonly architecture: Architecture;
  readonly quantization?: QuantizationRules;
  readonly maxContextTokens?: number;
  /** `model_type` of the decoder. */
  readonly modelType: string;
  /** Whether the type is known here, or was read as a Llama-like decoder. */
  readonly known: boolean;
}

const TEXT_CONFIGS = ['text_config', 'language_config', 'llm_config', 'thinker_config'];

/**
 * Reads a config.
 *
 * @throws one sentence that names the field which is missing or can't be, or says why the model can't be sized
 */
export function readHubConfig(config: unknown): HubConfig {
  if (!isObject(config)) {
    throw new Error(`'config' is ${show(config)} but must be the parsed contents of a config.json, an object`);
  }
  const root = new Fields(config);
  let text = root;
  for (const name of TEXT_CONFIGS) {
    const inner = text.object(name);
    if (inner) { text = inner; }
  }
  const modelType = (text.text('model_type') ?? root.text('model_type') ?? '').toLowerCase();
  const why = refusal(root, modelType);
  if (why !== undefined) { throw new Error(`config.json describes a model of type ${show(modelType)}, which can't be sized: ${why}`); }
  const family = familyOf(modelType);
  if (text !== root && family.defaults) { text = text.over(family.defaults); }

  const context = text.whole(['max_position_embeddings', 'n_positions', 'max_seq_len', 'max_sequence_length', 'seq_length', 'n_ctx'], 1, 1e9);
  const reader = new Reader(text, family, modelType);
  const layers = readLayers(reader);
  const architecture: Architecture = {
    hiddenSize: reader.hiddenSize,
    vocabSize: reader.vocabSize,
    tiedEmbeddings: text.flag('tie_word_embeddings', root.flag('tie_word_embeddings', family.tied ?? false)),
    layers,
    floatState: (text.text('mamba_ssm_cache_dtype') ?? text.text('mamba_ssm_dtype')) === 'float32',
    finalNorm: finalNorm(reader),
    first: [...embeddings(reader, context), ...perLayerEmbedding(reader), ...encoderModules(root, reader.hiddenSize)],
    last: family.headBias || text.flag('lm_head_bias') ? [vector('lm_head.bias', 'head', reader.vocabSize, 'tensor')] : [],
    speculative: speculativeLayers(reader, layers),
    predictedTokens: predictedTokens(reader),
    speculativeEmbeddings: reader.family.speculativeEmbeddings ?? false,
    baseFormat: baseFormat(text) ?? baseFormat(root) ?? 'bf16',
    ...positionScale(text),
  };
  const quantization = readQuantization(root) ?? (text === root ? undefined : readQuantization(text));
  return {
    architecture,
    ...quantization ? { quantization } : {},
    ...context === undefined ? {} : { maxContextTokens: context },
    modelType,
    known: isKnownFamily(modelType),
  };
}

/** How much longer than the context a table of linearly scaled positions is; other scalings state the context that they reach. */
function positionScale(text: Fields): { positionScale?: number } {
  const scaling = text.object('rope_scaling');
  const factor = (scaling?.text('rope_type') ?? scaling?.text('type')) === 'linear' ? scaling?.positive('factor', 1000) : undefined;
  return factor === undefined ? {} : { positionScale: factor };
}

function refusal(root: Fields, modelType: string): string | undefined {
  if (isEncoder(modelType)) { return 'it is an encoder without a KV cache, and plans are made for generation'; }
  if (root.flag('is_encoder_decoder')) { return 'it is an encoder and decoder'; }
  return unknownLayers(modelType);
}

/** What stands beside the embedding of tokens: a table of positions, a norm. */
function embeddings({ family, hiddenSize }: Reader, context: number | undefined): Module[] {
  const { learnedPositions: more } = family;
  return [
    ...more === undefined || context === undefined ? [] : [{ ...vector('embed_positions', 'embedding', (context + more) * hiddenSize), activeParameters: 0 }],
    ...family.embeddingNorm ? [vector('embed_layernorm', 'norm', 2 * hiddenSize)] : [],
  ];
}

/** Gemma's embedding of every token for every layer. */
function perLayerEmbedding(reader: Reader): Module[] {
  const width = reader.perLayerWidth;
  if (!width) { return []; }
  const vocab = reader.text.whole('vocab_size_per_layer_input', 1, 1e8) ?? reader.vocabSize;
  const all = reader.layers * width;
  return [
    { name: 'embed_tokens_per_layer', part: 'embedding', split: 'tensor', parameters: vocab * all, activeParameters: 0 },
    vector('per_layer_model_projection', 'other', reader.hiddenSize * all + width),
  ];
}

function baseFormat(fields: Fields): string | undefined {
  const name = (fields.text('torch_dtype') ?? fields.text('dtype'))?.replace(/^torch\./, '');
  return name === 'bfloat16' ? 'bf16' : name === 'float16' || name === 'half' ? 'fp16' : name === 'float32' || name === 'float' ? 'fp32' : undefined;
}
