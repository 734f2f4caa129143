/** Parameters of a decoder, tensor by tensor and layer by layer. Internal to the catalogue. */

import { Architecture, DeltaNetSpec, GqaSpec, KimiDeltaSpec, LayerParts, LayerSpec, Mamba2Spec, MambaSpec, MlaSpec, Module, MoeSpec } from './architecture';
import { Attention, FeedForward, StateMixer, WeightPart, WeightSplit } from './shape';

/**
 * FLOPs of a recurrence per element of its state and token: decay (1), outer product of key and value (1), its scaling (1),
 * addition (1), read-out (2).
 */
const STATE_FLOPS = 6;

/** What one layer holds. */
export function layerParts(spec: LayerSpec, arch: Architecture): LayerParts {
  const h = arch.hiddenSize;
  const modules: Module[] = [];
  const attention = spec.gqa ? gqa(spec.gqa, h, modules)
    : spec.mla ? mla(spec.mla, h, modules)
      : spec.mamba ? mamba(spec.mamba, h, modules, arch)
        : spec.mamba2 ? mamba2(spec.mamba2, h, modules, arch)
          : spec.deltaNet ? deltaNet(spec.deltaNet, h, modules, arch)
            : spec.kimiDelta ? kimiDelta(spec.kimiDelta, h, modules)
              : { type: 'none' as const };
  const feedForward = spec.moe ? moe(spec.moe, h, modules) : dense(spec, h, modules);
  modules.push(vector('layernorm', 'norm', spec.norms), ...spec.extra ?? []);
  return { attention, feedForward, modules: modules.filter((m) => m.parameters > 0) };
}

/** Modules of the first pipeline stage besides its layers. */
export function firstModules(arch: Architecture): Module[] {
  const size = arch.vocabSize * arch.hiddenSize;
  return [
    { name: 'embed_tokens', part: 'embedding', split: 'tensor', parameters: size, activeParameters: arch.tiedEmbeddings ? size : 0 },
    ...arch.first,
  ];
}

/** Modules of the last pipeline stage besides its layers. */
export function lastModules(arch: Architecture): Module[] {
  const size = arch.vocabSize * arch.hiddenSize;
  return [
    vector('norm', 'norm', arch.finalNorm),
    ...arch.tiedEmbeddings ? [] : [linear('lm_head', 'head', 'tensor', size)],
    ...arch.last,
  ].filter((m) => m.parameters > 0);
}

/** Modules of one multi-token prediction layer: a decoder layer, two norms and the projection that joins two streams. */
export function speculativeModules(spec: LayerSpec, arch: Architecture): Module[] {
  const h = arch.hiddenSize;
  const own = arch.speculativeEmbeddings ? arch.vocabSize * h : 0;
  return [
    ...layerParts(spec, arch).modules,
    vector('eh_proj', 'other', 2 * h * h),
    vector('enorm', 'norm', 3 * h),
    ...own ? [vector('embed_tokens', 'embedding', own, 'tensor'), vector('shared_head', 'head', own, 'tensor')] : [],
  ];
}

function gqa(s: GqaSpec, h: number, out: Module[]): Attention {
  const d = s.headDim;
  const dv = s.valueHeadDim ?? d;
  const q = s.queryHeads * d;
  out.push(linear('self_attn.q_proj', 'attention', 'tensor', h * q));
  if (!s.sharedCache) {
    out.push(linear('self_attn.k_proj', 'attention', 'kv', h * s.kvHeads * d));
    if (!s.valueIsKey) { out.push(linear('self_attn.v_proj', 'attention', 'kv', h * s.kvHeads * dv)); }
  }
  out.push(linear('self_attn.o_proj', 'attention', 'tensor', s.queryHeads * dv * h));
  // A gate per element is part of the query projection; a gate per head is a projection of its own.
  if (s.outputGate) { out.push(linear(`self_attn.${s.outputGate === q ? 'q' : 'g'}_proj`, 'attention', 'tensor', h * s.outputGate)); }
  if (s.qkvBias) { out.push(vector('self_attn.q_bias', 'attention', q, 'tensor'), vector('self_attn.kv_bias', 'attention', s.kvHeads * (d + dv), 'kv')); }
  if (s.outBias) { out.push(vector('self_attn.o_bias', 'attention', h)); }
  if (s.sinks) { out.push(vector('self_attn.sinks', 'attention', s.queryHeads, 'tensor')); }
  out.push(vector('self_attn.qk_norm', 'norm', s.qkNorm ?? 0));
  if (s.indexer) {
    out.push(linear('self_attn.index_q_proj', 'attention', 'replicated', h * s.indexer.heads * s.indexer.headDim),
      linear('self_attn.index_k_proj', 'attention', 'replicated', h * s.indexer.headDim),
      vector('self_attn.index_norm', 'norm', 2 * s.indexer.headDim));
  }
  return {
    type: 'gqa',
    queryHeads: s.queryHeads,
    kvHeads: s.kvHeads,
    headDim: d,
    valueHeadDim: dv,
    ...s.window === undefined ? {} : { window: s.window },
    ...s.chunk === undefined ? {} : { chunk: s.chunk },
    ...s.sharedCache ? { sharedCache: true } : {},
    ...s.indexer ? { indexer: s.indexer } : {},
  };
}

function mla(s: MlaSpec, h: number, out: Module[]): Attention {
  const q = s.queryHeads * (s.nopeHeadDim + s.ropeHeadDim);
  if (s.qLoraRank === undefined) {
    out.push(linear('self_attn.q_proj', 'attention', 'tensor', h * q));
  } else {
    out.push(linear('self_attn.q_a_proj', 'attention', 'replicated', h * s.qLoraRank),
      vector('self_attn.q_a_layernorm', 'norm', s.qLoraRank),
      linear('self_attn.q_b_proj', 'attention', 'tensor', s.qLoraRank * q));
  }
  out.push(linear('self_attn.kv_a_proj_with_mqa', 'attention', 'replicated', h * (s.kvLoraRank + s.ropeHeadDim)),
    vector('self_attn.kv_a_layernorm', 'norm', s.kvLoraRank),
    linear('self_attn.kv_b_proj', 'attention', 'tensor', s.kvLoraRank * s.queryHeads * (s.nopeHeadDim + s.valueHeadDim)),
    linear('self_attn.o_proj', 'attention', 'tensor', s.queryHeads * s.valueHeadDim * h));
  if (s.outputGate) { out.push(linear('self_attn.g_proj', 'attention', 'tensor', h * s.queryHeads * s.valueHeadDim)); }
  if (s.indexer) {
    const { heads, headDim } = s.indexer;
    out.push(linear('self_attn.indexer.wq_b', 'attention', 'replicated', (s.qLoraRank ?? h) * heads * headDim),
      linear('self_attn.indexer.wk', 'attention', 'replicated', h * headDim),
      vector('self_attn.indexer.k_norm', 'norm', 2 * headDim),
      { ...vector('self_attn.indexer.weights_proj', 'attention', h * heads) });
  }
  return {
    type: 'mla',
    queryHeads: s.queryHeads,
    kvLoraRank: s.kvLoraRank,
    ropeHeadDim: s.ropeHeadDim,
    nopeHeadDim: s.nopeHeadDim,
    valueHeadDim: s.valueHeadDim,
    ...s.indexer ? { indexer: s.indexer } : {},
  };
}

function mamba(s: MambaSpec, h: number, out: Module[], arch: Architecture): StateMixer {
  out.push(linear('mixer.in_proj', 'mixer', 'tensor', h * 2 * s.inner),
    linear('mixer.x_proj', 'mixer', 'tensor', s.inner * (s.timeStepRank + 2 * s.state)),
    linear('mixer.dt_proj', 'mixer', 'tensor', s.timeStepRank * s.inner),
    linear('mixer.out_proj', 'mixer', 'tensor', s.inner * h),
    // Convolution and its bias, A, D and the time step's bias.
    vector('mixer.conv1d', 'mixer', s.inner * (s.conv + 1 + s.state + 2), 'tensor'),
    vector('mixer.norms', 'norm', s.norms ?? 0));
  if (s.projectionBias) { out.push(vector('mixer.bias', 'mixer', 2 * s.inner + h)); }
  return state(s.inner * s.state, s.inner * (s.conv - 1), s.inner, arch);
}

function mamba2(s: Mamba2Spec, h: number, out: Module[], arch: Architecture): StateMixer {
  const inner = s.heads * s.headDim;
  const convolved = inner + 2 * s.groups * s.state;
  out.push(linear('mixer.in_proj', 'mixer', 'tensor', h * (inner + convolved + s.heads)),
    linear('mixer.out_proj', 'mixer', 'tensor', inner * h),
    // Convolution and its bias, A, D, the time step's bias, and the gated norm.
    vector('mixer.conv1d', 'mixer', convolved * (s.conv + 1) + 3 * s.heads + inner, 'tensor'));
  if (s.projectionBias) { out.push(vector('mixer.bias', 'mixer', inner + convolved + s.heads + h)); }
  return state(inner * s.state, convolved * (s.conv - 1), s.heads, arch);
}

function deltaNet(s: DeltaNetSpec, h: number, out: Module[], arch: Architecture): StateMixer {
  const keys = s.keyHeads * s.keyHeadDim;
  const values = s.valueHeads * s.valueHeadDim;
  const convolved = 2 * keys + values;
  out.push(linear('linear_attn.in_proj_qkv', 'mixer', 'tensor', h * convolved),
    linear('linear_attn.in_proj_z', 'mixer', 'tensor', h * values),
    linear('linear_attn.in_proj_b', 'mixer', 'tensor', h * s.valueHeads),
    linear('linear_attn.in_proj_a', 'mixer', 'tensor', h * s.valueHeads),
    linear('linear_attn.out_proj', 'mixer', 'tensor', values * h),
    // Convolution, decay, time step's bias, and the gated norm.
    vector('linear_attn.conv1d', 'mixer', convolved * s.conv + 2 * s.valueHeads + s.valueHeadDim, 'tensor'));
  return state(s.valueHeads * s.keyHeadDim * s.valueHeadDim, convolved * (s.conv - 1), s.keyHeads, arch);
}

function kimiDelta(s: KimiDeltaSpec, h: number, out: Module[]): StateMixer {
  const width = s.heads * s.headDim;
  const lowRank = (name: string) => [
    linear(`self_attn.${name}_a_proj`, 'mixer', 'replicated', h * s.headDim), linear(`self_attn.${name}_b_proj`, 'mixer', 'tensor', s.headDim * width),
  ];
  out.push(...['q', 'k', 'v'].map((name) => linear(`self_attn.${name}_proj`, 'mixer', 'tensor', h * width)),
    ...lowRank('f'),
    linear('self_attn.b_proj', 'mixer', 'tensor', h * s.heads),
    ...s.fullRankGate ? [linear('self_attn.g_proj', 'mixer', 'tensor', h * width)] : lowRank('g'),
    linear('self_attn.o_proj', 'mixer', 'tensor', width * h),
    // Convolutions of Q, K and V, decay, time step's bias, and the gated norm.
    vector('self_attn.conv1d', 'mixer', 3 * width * s.conv + s.heads + width + s.headDim, 'tensor'));
  return state(s.heads * s.headDim * s.headDim, 3 * width * (s.conv - 1), s.heads, { floatState: true });
}

function state(recurrent: number, window: number, heads: number, arch: Pick<Architecture, 'floatState'>): StateMixer {
  return {
    type: 'state',
    stateElements: recurrent + window,
    recurrentElements: recurrent,
    ...arch.floatState ? { floatState: true } : {},
    stateFlopsPerToken: STATE_FLOPS * recurrent,
    heads,
  };
}

function dense(spec: LayerSpec, h: number, out: Module[]): FeedForward {
  const s = spec.dense;
  if (!s) { return { type: 'none' }; }
  out.push(...mlp('mlp', 'mlp', h, s.size, s.gated));
  if (s.bias) { out.push(vector('mlp.bias', 'mlp', s.size * (s.gated ? 2 : 1) + h)); }
  return { type: 'dense', intermediateSize: s.size };
}

function moe(s: MoeSpec, h: number, out: Module[]): FeedForward {
  const width = s.latentSize ?? h;
  const one = (name: string, matrices: number): Module => ({
    name: `${s.besideMlp ? 'experts.0' : 'mlp.experts.0'}.${name}`,
    part: 'experts',
    split: 'expert',
    parameters: s.experts * matrices * width * s.size,
    activeParameters: s.perToken * matrices * width * s.size,
    linear: true,
  });
  if (s.gated) { out.push(one('gate_proj', 1)); }
  out.push(one('up_proj', 1), one('down_proj', 1));
  if (s.expertBias) {
    const bias = s.size * (s.gated ? 2 : 1) + width;
    out.push({ name: 'mlp.experts.bias', part: 'experts', split: 'expert', parameters: s.experts * bias, activeParameters: s.perToken * bias });
  }
  if (s.latentSize !== undefined) {
    const projection = s.plainLatent ? vector : (name: string, part: WeightPart, parameters: number) => linear(name, part, 'replicated', parameters);
    out.push(projection('mlp.fc1_latent_proj', 'mlp', h * s.latentSize), projection('mlp.fc2_latent_proj', 'mlp', h * s.latentSize),
      vector('mlp.latent_norm', 'norm', s.plainLatent ? s.latentSize : 0));
  }
  if (s.sharedSize > 0) { out.push(...mlp(s.besideMlp ? 'mlp' : 'mlp.shared_experts', 'sharedExperts', h, s.sharedSize, s.gated)); }
  out.push(vector('mlp.gate', 'router', h * s.experts + (s.routerBias ? s.experts : 0) + (s.sharedGate ? h : 0)));
  return {
    type: 'moe',
    experts: s.experts,
    expertsPerToken: s.perToken,
    expertIntermediateSize: s.size,
    sharedIntermediateSize: s.sharedSize,
  };
}

function mlp(name: string, part: WeightPart, h: number, size: number, gated: boolean): Module[] {
  return [...gated ? ['gate_proj'] : [], 'up_proj', 'down_proj'].map((m) => linear(`${name}.${m}`, part, 'tensor', h * size));
}

/** A matrix. */
export function linear(name: string, part: WeightPart, split: WeightSplit, parameters: number): Module {
  return { name, part, split, parameters, linear: true };
}

/** Anything that stays in the base format: norms, biases, convolutions, routers. */
export function vector(name: string, part: WeightPart, parameters: number, split: WeightSplit = 'replicated'): Module {
  return { name, part, split, parameters };
}
