/** Parameters of the image and audio encoders that multimodal models put before the decoder. Internal to the catalogue. */

import { Module } from './architecture';
import { Fields } from './fields';
import { vector } from './parameters';

const MAX = 1_000_000;

/** How the image encoders of a family are built, besides the sizes that their configs state. */
interface Tower {
  /** What `model_type` of the encoder or of the whole model holds. */
  readonly type: RegExp;
  /** The MLP has a gate. */
  readonly gated?: boolean;
  /** Attention and MLP have biases. */
  readonly biases?: boolean;
  /** Vectors of the encoder's width in the norms of one layer; a norm with a bias has two. */
  readonly norms: number;
  /** Further vectors outside the layers: bias of the patches, norms before and behind the layers. */
  readonly ends: number;
  /** A learned token of its own stands before the patches. */
  readonly classToken?: boolean;
  /** Queries and keys are normed, head by head. */
  readonly headNorms?: boolean;
  /** Positions are rotated, and no table of them is learned. */
  readonly rotary?: boolean;
}

const TOWERS: readonly Tower[] = [
  { type: /gemma4/, gated: true, norms: 4, ends: 0, headNorms: true },
  { type: /pixtral/, gated: true, norms: 2, ends: 1, rotary: true },
  { type: /qwen2_5/, gated: true, biases: true, norms: 2, ends: 0, rotary: true },
  { type: /qwen2/, biases: true, norms: 4, ends: 0, rotary: true },
  { type: /qwen/, biases: true, norms: 4, ends: 1 },
  { type: /clip|llama4/, biases: true, norms: 4, ends: 4, classToken: true },
];
/** SigLIP, and MoonViT after it. */
const SIGLIP: Omit<Tower, 'type'> = { biases: true, norms: 4, ends: 3 };

/**
 * The encoders that a config describes: part `other`, split over tensor parallel ranks as vLLM does by default, never
 * quantised, and not active for a token of text. A config that leaves an encoder's sizes out has none counted.
 */
export function encoderModules(root: Fields, textHidden: number): Module[] {
  const modules = [vector('vision_tower', 'other', visionParameters(root, textHidden), 'tensor'),
    vector('audio_tower', 'other', audioParameters(root, textHidden), 'tensor')];
  return modules.filter((m) => m.parameters > 0).map((m) => ({ ...m, activeParameters: 0 }));
}

function visionParameters(root: Fields, textHidden: number): number {
  const vision = root.object('vision_config') ?? root.object('visual');
  const h = vision?.whole(['vt_hidden_size', 'embed_dim', 'hidden_size', 'width'], 1, MAX);
  const layers = vision?.whole(['vt_num_hidden_layers', 'depth', 'num_hidden_layers', 'layers'], 1, 1000);
  if (!vision || h === undefined || layers === undefined) { return 0; }
  const type = `${vision.text('model_type')} ${root.text('model_type')}`;
  const tower = TOWERS.find((t) => t.type.test(type)) ?? SIGLIP;
  const f = vision.whole(['vt_intermediate_size', 'intermediate_size'], 1, MAX) ?? Math.round((vision.positive('mlp_ratio', 100) ?? 4) * h);
  const matrices = tower.gated ? 3 : 2;
  const biases = tower.biases ? 5 * h + (matrices - 1) * f : 0;
  const headNorms = tower.headNorms ? 2 * (vision.whole('head_dim', 1, MAX) ?? 64) : 0;
  const patch = vision.whole('patch_size', 1, 10_000) ?? 14;
  const frames = vision.whole('temporal_patch_size', 1, 100) ?? 1;
  const channels = vision.whole(['in_channels', 'in_chans', 'num_channels'], 1, 1000) ?? 3;
  // A learned token has an entry in the table of positions too.
  const vectors = tower.ends + (tower.classToken ? 2 : 0) + (vision.flag('standardize') ? 2 : 0) + (tower.rotary ? 0 : positions(vision, patch));
  return layers * (4 * h * h + matrices * h * f + biases + tower.norms * h + headNorms)
    + channels * patch * patch * frames * h + vectors * h + projector(root, vision, type, h, textHidden);
}

/** Entries of the position table. */
function positions(vision: Fields, patch: number): number {
  const table = vision.whole('num_position_embeddings', 1, MAX);
  if (table !== undefined) { return table; }
  const width = vision.whole('init_pos_emb_width', 1, 10_000);
  if (width !== undefined) { return width * (vision.whole('init_pos_emb_height', 1, 10_000) ?? width); }
  const perAxis = vision.whole('position_embedding_size', 1, MAX);
  if (perAxis !== undefined) { return 2 * perAxis; }
  const image = vision.whole('image_size', 1, 100_000);
  return image === undefined ? 0 : Math.floor(image / patch) ** 2;
}

/** What leads from the encoder's width to the decoder's. */
function projector(root: Fields, vision: Fields, type: string, h: number, textHidden: number): number {
  if (/qwen/.test(type)) {
    const merged = h * (vision.whole('spatial_merge_size', 1, 100) ?? 2) ** 2;
    const out = vision.whole('out_hidden_size', 1, MAX) ?? textHidden;
    const norm = /qwen2_5/.test(type) ? h : 2 * h;
    const mlp = merged * merged + merged + merged * out + out;
    // Mergers of earlier layers norm what is merged already.
    return norm + mlp + (vision.list('deepstack_visual_indexes', 1000)?.length ?? 0) * (2 * merged + mlp);
  }
  if (/kimi/.test(type)) {
    const kernel = vision.list('merge_kernel_size', 10)?.filter((k): k is number => typeof k === 'number' && k >= 1 && k <= 100) ?? [2, 2];
    const merged = kernel.reduce((product, k) => product * k, h);
    return 2 * h + merged * merged + merged + merged * textHidden + textHidden;
  }
  if (/mistral3/.test(type)) {
    const merge = root.whole('spatial_merge_size', 1, 100) ?? 2;
    return h + h * h * merge * merge + h * textHidden + textHidden * textHidden;
  }
  if (/llava/.test(type)) { return h * textHidden + textHidden + textHidden * textHidden + textHidden; }
  if (/llama4/.test(type)) {
    const inner = vision.whole('projector_input_dim', 1, MAX) ?? 4096;
    const out = vision.whole('projector_output_dim', 1, MAX) ?? 4096;
    return (vision.whole('intermediate_size', 1, MAX) ?? 0) * inner + inner * out + out * textHidden;
  }
  return h * textHidden + (/gemma4/.test(type) ? 0 : h);
}

/**
 * Gemma's conformer: per layer two feed-forward pairs, attention with relative keys, and a gated convolution; before them
 * two convolutions over the spectrum and a projection.
 */
function audioParameters(root: Fields, textHidden: number): number {
  const audio = root.object('audio_config');
  const h = audio?.whole('hidden_size', 1, MAX);
  const layers = audio?.whole('num_hidden_layers', 1, 1000);
  if (!audio || h === undefined || layers === undefined || !/gemma4/.test(audio.text('model_type') ?? '')) { return 0; }
  const out = audio.whole('output_proj_dims', 1, MAX) ?? textHidden;
  const layer = 24 * h * h + (audio.whole('conv_kernel_size', 1, 1000) ?? 5) * h + 9 * h + Math.floor(h / (audio.whole('num_attention_heads', 1, MAX) ?? 8));
  const [c, d] = [128, 32];
  const spectrum = 9 * c + c + 9 * c * d + d + (c / 4) * d * h;
  return spectrum + layers * layer + h * out + out + out * textHidden;
}
