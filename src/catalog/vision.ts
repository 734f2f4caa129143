/** Parameters of the image and audio encoders that multimodal models put before the decoder. Internal to the catalogue. */

import { Module } from './architecture';
import { Fields } from './fields';
import { vector } from './parameters';

const MAX = 1_000_000;

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
  const type = `${vision.text('model_type') ?? ''} ${root.text('model_type') ?? ''}`;
  const f = vision.whole(['vt_intermediate_size', 'intermediate_size', 'mlp_dim'], 1, MAX * 10) ?? 4 * h;
  const gated = /pixtral|gemma4|qwen2_5_vl/.test(type);
  const attention = 4 * h * h + (gated ? 0 : 4 * h);
  const mlp = gated ? 3 * h * f : 2 * h * f + f + h;
  const norms = /pixtral|qwen2_5_vl/.test(type) ? 2 * h : 4 * h;
  const patch = vision.whole(['patch_size', 'spatial_patch_size'], 1, 10_000) ?? 14;
  const frames = vision.whole('temporal_patch_size', 1, 100) ?? 1;
  const channels = vision.whole(['in_channels', 'in_chans', 'num_channels'], 1, 1000) ?? 3;
  return layers * (attention + mlp + norms) + channels * patch * patch * frames * h + h
    + positions(vision, type, patch) * h + projector(root, vision, type, h, textHidden);
}

/** Entries of the position table. */
function positions(vision: Fields, type: string, patch: number): number {
  const table = vision.whole('num_position_embeddings', 1, MAX);
  if (table !== undefined) { return table; }
  const width = vision.whole('init_pos_emb_width', 1, 10_000);
  if (width !== undefined) { return width * (vision.whole('init_pos_emb_height', 1, 10_000) ?? width); }
  if (/gemma4/.test(type)) { return 2 * (vision.whole('position_embedding_size', 1, MAX) ?? 0); }
  if (/pixtral|qwen2/.test(type)) { return 0; }
  const image = vision.whole('image_size', 1, 100_000);
  return image === undefined ? 0 : Math.floor(image / patch) ** 2;
}

/** What leads from the encoder's width to the decoder's. */
function projector(root: Fields, vision: Fields, type: string, h: number, textHidden: number): number {
  if (/qwen/.test(type)) {
    const merged = h * (vision.whole('spatial_merge_size', 1, 100) ?? 2) ** 2;
    const out = vision.whole('out_hidden_size', 1, MAX) ?? textHidden;
    return (merged * merged + merged + merged * out + out + 2 * h) * (1 + (vision.list('deepstack_visual_indexes', 1000)?.length ?? 0));
  }
  if (/kimi/.test(type)) {
    const kernel = vision.list('merge_kernel_size', 10)?.filter((k): k is number => typeof k === 'number' && k >= 1 && k <= 100) ?? [2, 2];
    const merged = kernel.reduce((product, k) => product * k, h);
    return merged * merged + merged * textHidden;
  }
  if (/pixtral|mistral3/.test(type)) {
    const merge = root.whole('spatial_merge_size', 1, 100) ?? 2;
    return h * h * merge * merge + h * textHidden + textHidden * textHidden;
  }
  if (/llama4/.test(type)) {
    const inner = vision.whole('projector_input_dim', 1, MAX) ?? 4096;
    const out = vision.whole('projector_output_dim', 1, MAX) ?? 4096;
    return (vision.whole('intermediate_size', 1, MAX) ?? 0) * inner + out * out + out * textHidden;
  }
  return h * textHidden + h;
}

/** Gemma's conformer: per layer two feed-forward pairs, attention with relative keys, and a gated convolution. */
function audioParameters(root: Fields, textHidden: number): number {
  const audio = root.object('audio_config');
  const h = audio?.whole('hidden_size', 1, MAX);
  const layers = audio?.whole('num_hidden_layers', 1, 1000);
  if (!audio || h === undefined || layers === undefined || !/gemma4/.test(audio.text('model_type') ?? '')) { return 0; }
  const out = audio.whole('output_proj_dims', 1, MAX) ?? textHidden;
  return layers * (24 * h * h + (audio.whole('conv_kernel_size', 1, 1000) ?? 5) * h + 10 * h) + h * h + h * out + out * textHidden;
}
