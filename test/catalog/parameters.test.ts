import fc from 'fast-check';
import { Architecture, LayerSpec, Module } from '../../src/catalog/architecture';
import { firstModules, lastModules, layerParts, speculativeModules } from '../../src/catalog/parameters';

const arch = (fields: Partial<Architecture> = {}): Architecture => ({
  hiddenSize: 100, vocabSize: 1000, tiedEmbeddings: false, layers: [], finalNorm: 100, first: [], last: [], speculative: [], baseFormat: 'bf16', ...fields,
});
const sum = (modules: readonly Module[]) => modules.reduce((total, m) => total + m.parameters, 0);
const active = (modules: readonly Module[]) => modules.reduce((total, m) => total + (m.activeParameters ?? m.parameters), 0);
const modulesOf = (spec: Partial<LayerSpec>) => layerParts({ norms: 0, ...spec }, arch()).modules;
const named = (spec: Partial<LayerSpec>) => Object.fromEntries(modulesOf(spec).map((m) => [m.name, m.parameters]));

describe('grouped-query attention', () => {
  const gqa = { queryHeads: 8, kvHeads: 2, headDim: 16 };

  test('has h x d x (H + 2 kv) parameters and H x d x h for the output', () => {
    expect(sum(modulesOf({ gqa }))).toBe(100 * 16 * (8 + 2 * 2) + 8 * 16 * 100);
  });

  test('splits Q and the output over ranks, and K and V by key/value heads', () => {
    expect(modulesOf({ gqa }).map((m) => [m.name, m.split])).toEqual([
      ['self_attn.q_proj', 'tensor'], ['self_attn.k_proj', 'kv'], ['self_attn.v_proj', 'kv'], ['self_attn.o_proj', 'tensor'],
    ]);
  });

  test('adds biases, norms, sinks, a gate and an indexer', () => {
    const plain = sum(modulesOf({ gqa }));
    const extra = (change: object) => sum(modulesOf({ gqa: { ...gqa, ...change } })) - plain;
    expect(extra({ qkvBias: true })).toBe(16 * (8 + 2 * 2));
    expect(extra({ outBias: true })).toBe(100);
    expect(extra({ qkNorm: 32 })).toBe(32);
    expect(extra({ sinks: true })).toBe(8);
    expect(extra({ outputGate: 128 })).toBe(100 * 128);
    expect(extra({ indexer: { heads: 4, headDim: 8, topK: 64 } })).toBe(100 * 4 * 8 + 100 * 8 + 2 * 8);
  });

  test('leaves out V where it is K, and both where the cache is an earlier layer\'s', () => {
    expect(named({ gqa: { ...gqa, valueIsKey: true } })).not.toHaveProperty(['self_attn.v_proj']);
    expect(Object.keys(named({ gqa: { ...gqa, sharedCache: true } }))).toEqual(['self_attn.q_proj', 'self_attn.o_proj']);
  });

  test('may have values of another width than keys', () => {
    expect(named({ gqa: { ...gqa, valueHeadDim: 8 } })).toEqual({
      'self_attn.q_proj': 100 * 8 * 16, 'self_attn.k_proj': 100 * 2 * 16, 'self_attn.v_proj': 100 * 2 * 8, 'self_attn.o_proj': 8 * 8 * 100,
    });
  });
});

describe('latent attention', () => {
  const mla = { queryHeads: 8, qLoraRank: 30, kvLoraRank: 20, ropeHeadDim: 4, nopeHeadDim: 12, valueHeadDim: 10 };

  test('has two low-rank pairs, the rope key, and the output', () => {
    expect(named({ mla })).toEqual({
      'self_attn.q_a_proj': 100 * 30,
      'self_attn.q_a_layernorm': 30,
      'self_attn.q_b_proj': 30 * 8 * 16,
      'self_attn.kv_a_proj_with_mqa': 100 * 24,
      'self_attn.kv_a_layernorm': 20,
      'self_attn.kv_b_proj': 20 * 8 * 22,
      'self_attn.o_proj': 8 * 10 * 100,
    });
  });

  test('replicates the down-projections', () => {
    expect(modulesOf({ mla }).filter((m) => m.split === 'replicated').map((m) => m.name)).toEqual([
      'self_attn.q_a_proj', 'self_attn.q_a_layernorm', 'self_attn.kv_a_proj_with_mqa', 'self_attn.kv_a_layernorm',
    ]);
  });

  test('projects queries at once where there is no rank for them', () => {
    expect(named({ mla: { ...mla, qLoraRank: undefined } })).toMatchObject({ 'self_attn.q_proj': 100 * 8 * 16 });
  });

  test('adds the indexer of sparse attention', () => {
    const indexer = { heads: 4, headDim: 8, topK: 64 };
    expect(sum(modulesOf({ mla: { ...mla, indexer } })) - sum(modulesOf({ mla }))).toBe(30 * 32 + 100 * 8 + 16 + 100 * 4);
    expect(layerParts({ mla: { ...mla, indexer }, norms: 0 }, arch()).attention).toMatchObject({ indexer });
  });
});

describe('recurrent mixers', () => {
  test('Mamba has its projections, convolution, A and D, and a state per channel', () => {
    const { modules, attention } = layerParts({ mamba: { inner: 200, state: 16, conv: 4, timeStepRank: 7 }, norms: 100 }, arch());
    expect(sum(modules)).toBe(100 * 400 + 200 * (7 + 32) + 7 * 200 + 200 * 100 + 200 * (4 + 1 + 16 + 2) + 100);
    expect(attention).toEqual({ type: 'state', stateElements: 200 * 16 + 200 * 3, recurrentElements: 200 * 16, stateFlopsPerToken: 6 * 200 * 16, heads: 200 });
  });

  test('Mamba-2 has one in-projection for everything, and a state per head', () => {
    const mamba2 = { heads: 4, headDim: 50, groups: 2, state: 16, conv: 4 };
    const { modules, attention } = layerParts({ mamba2, norms: 0 }, arch({ floatState: true }));
    const convolved = 200 + 2 * 2 * 16;
    expect(sum(modules)).toBe(100 * (200 + convolved + 4) + 200 * 100 + convolved * 5 + 3 * 4 + 200);
    expect(attention).toEqual({ type: 'state', stateElements: 200 * 16 + 3 * convolved, recurrentElements: 200 * 16, floatState: true, stateFlopsPerToken: 6 * 200 * 16, heads: 4 });
  });

  test('a delta net has keys, values, a gate and two scalars per head', () => {
    const deltaNet = { keyHeads: 2, keyHeadDim: 8, valueHeads: 4, valueHeadDim: 8, conv: 4 };
    const { modules, attention } = layerParts({ deltaNet, norms: 0 }, arch());
    expect(sum(modules)).toBe(100 * (32 + 32) + 100 * 32 + 2 * 100 * 4 + 32 * 100 + 64 * 4 + 2 * 4 + 8);
    expect(attention).toEqual({ type: 'state', stateElements: 4 * 8 * 8 + 3 * 64, recurrentElements: 4 * 8 * 8, stateFlopsPerToken: 6 * 4 * 8 * 8, heads: 2 });
  });
});

describe('feed-forward networks', () => {
  test('have three matrices with a gate and two without, and their biases', () => {
    expect(sum(modulesOf({ dense: { size: 400, gated: true } }))).toBe(3 * 100 * 400);
    expect(sum(modulesOf({ dense: { size: 400, gated: false, bias: true } }))).toBe(2 * 100 * 400 + 500);
  });

  test('of experts count all for memory and the chosen for work; router and shared experts always work', () => {
    const moe = { experts: 16, perToken: 2, size: 40, gated: true, sharedSize: 80 };
    const modules = modulesOf({ moe });
    expect(sum(modules)).toBe(16 * 3 * 100 * 40 + 3 * 100 * 80 + 100 * 16);
    expect(active(modules)).toBe(2 * 3 * 100 * 40 + 3 * 100 * 80 + 100 * 16);
    expect(modules.filter((m) => m.split === 'expert').every((m) => m.part === 'experts')).toBe(true);
    expect(modules.find((m) => m.part === 'router')?.split).toBe('replicated');
  });

  test('of latent experts work in their own width', () => {
    const moe = {
      experts: 16, perToken: 2, size: 40, gated: false, sharedSize: 0, latentSize: 20, routerBias: true, expertBias: true, sharedGate: true,
    };
    expect(sum(modulesOf({ moe }))).toBe(16 * 2 * 20 * 40 + 16 * (40 + 20) + 2 * 100 * 20 + 100 * 16 + 16 + 100);
  });

  test('may be missing, as may attention', () => {
    expect(layerParts({ norms: 0 }, arch())).toEqual({ attention: { type: 'none' }, feedForward: { type: 'none' }, modules: [] });
  });
});

describe('the ends of a model', () => {
  test('have two matrices of the vocabulary, of which a look-up costs nothing', () => {
    expect(firstModules(arch())).toEqual([{ name: 'embed_tokens', part: 'embedding', split: 'tensor', parameters: 100_000, activeParameters: 0 }]);
    expect([sum(lastModules(arch())), active(lastModules(arch()))]).toEqual([100_100, 100_100]);
  });

  test('have one where it is tied, which works as the head', () => {
    expect(active(firstModules(arch({ tiedEmbeddings: true })))).toBe(100_000);
    expect(sum(lastModules(arch({ tiedEmbeddings: true })))).toBe(100);
  });

  test('a prediction layer joins two streams, and may carry its own embedding and head', () => {
    const spec: LayerSpec = { dense: { size: 400, gated: true }, norms: 200 };
    const alone = sum(speculativeModules(spec, arch()));
    expect(alone).toBe(3 * 100 * 400 + 200 + 2 * 100 * 100 + 300);
    expect(sum(speculativeModules(spec, arch({ speculativeEmbeddings: true }))) - alone).toBe(2 * 100_000);
  });
});

describe('any layer', () => {
  const whole = (max: number) => fc.integer({ min: 1, max });
  const spec = fc.record({
    gqa: fc.record({ kvHeads: whole(16), headDim: whole(256) }).map((g) => ({ ...g, queryHeads: g.kvHeads * 4 })),
    moe: fc.record({ experts: fc.integer({ min: 2, max: 512 }), size: whole(4096), sharedSize: fc.nat(4096), gated: fc.boolean() })
      .map((m) => ({ ...m, perToken: Math.min(m.experts, 8) })),
    norms: fc.nat(10_000),
  });

  test('works with no more parameters than it has, and all are whole and positive', () => {
    fc.assert(fc.property(spec, (layer) => {
      const { modules } = layerParts(layer, arch());
      expect(active(modules)).toBeLessThanOrEqual(sum(modules));
      for (const m of modules) { expect(Number.isSafeInteger(m.parameters) && m.parameters > 0).toBe(true); }
    }));
  });

  test('of twice the experts has twice the parameters in experts and the same at work', () => {
    fc.assert(fc.property(spec, (layer) => {
      const experts = (factor: number) => layerParts({ ...layer, moe: { ...layer.moe, experts: layer.moe.experts * factor } }, arch()).modules
        .filter((m) => m.part === 'experts');
      expect(sum(experts(2))).toBe(2 * sum(experts(1)));
      expect(active(experts(2))).toBe(active(experts(1)));
    }));
  });
});

describe('the tensors of a layer, by the names that quantisation configs know them by, with how they are split', () => {
  type Row = [name: string, part: string, split: string, parameters: number, what?: 'matrix'];
  const H = 100;
  const indexer = { heads: 4, headDim: 8, topK: 64 };
  const kimi = (fullRankGate: boolean): Partial<LayerSpec> => ({ kimiDelta: { heads: 4, headDim: 8, conv: 4, fullRankGate } });
  const kimiRows = (gate: Row[]): Row[] => [
    ...['q', 'k', 'v'].map((name): Row => [`self_attn.${name}_proj`, 'mixer', 'tensor', H * 32, 'matrix']),
    ['self_attn.f_a_proj', 'mixer', 'replicated', H * 8, 'matrix'],
    ['self_attn.f_b_proj', 'mixer', 'tensor', 8 * 32, 'matrix'],
    ['self_attn.b_proj', 'mixer', 'tensor', H * 4, 'matrix'],
    ...gate,
    ['self_attn.o_proj', 'mixer', 'tensor', 32 * H, 'matrix'],
    ['self_attn.conv1d', 'mixer', 'tensor', 3 * 32 * 4 + 4 + 32 + 8],
  ];
  const experts = (prefix: string): Row[] => ['gate', 'up', 'down'].map((name) => [`${prefix}experts.0.${name}_proj`, 'experts', 'expert', 16 * 20 * 40, 'matrix']);
  const moe = { experts: 16, perToken: 2, size: 40, gated: true, sharedSize: 80, latentSize: 20 };

  test.each<[string, Partial<LayerSpec>, Row[]]>([
    ['grouped-query attention', {
      gqa: { queryHeads: 8, kvHeads: 2, headDim: 16, qkvBias: true, outBias: true, sinks: true, qkNorm: 32, outputGate: 8, indexer }, norms: 200,
    }, [
      ['self_attn.q_proj', 'attention', 'tensor', H * 8 * 16, 'matrix'],
      ['self_attn.k_proj', 'attention', 'kv', H * 2 * 16, 'matrix'],
      ['self_attn.v_proj', 'attention', 'kv', H * 2 * 16, 'matrix'],
      ['self_attn.o_proj', 'attention', 'tensor', 8 * 16 * H, 'matrix'],
      ['self_attn.g_proj', 'attention', 'tensor', H * 8, 'matrix'],
      ['self_attn.q_bias', 'attention', 'tensor', 8 * 16],
      ['self_attn.kv_bias', 'attention', 'kv', 2 * 2 * 16],
      ['self_attn.o_bias', 'attention', 'replicated', H],
      ['self_attn.sinks', 'attention', 'tensor', 8],
      ['self_attn.qk_norm', 'norm', 'replicated', 32],
      ['self_attn.index_q_proj', 'attention', 'replicated', H * 4 * 8, 'matrix'],
      ['self_attn.index_k_proj', 'attention', 'replicated', H * 8, 'matrix'],
      ['self_attn.index_norm', 'norm', 'replicated', 2 * 8],
      ['layernorm', 'norm', 'replicated', 200],
    ]],
    ['a gate per element, which is one more query projection', { gqa: { queryHeads: 8, kvHeads: 2, headDim: 16, sharedCache: true, outputGate: 8 * 16 } }, [
      ['self_attn.q_proj', 'attention', 'tensor', H * 8 * 16, 'matrix'],
      ['self_attn.o_proj', 'attention', 'tensor', 8 * 16 * H, 'matrix'],
      ['self_attn.q_proj', 'attention', 'tensor', H * 8 * 16, 'matrix'],
    ]],
    ['latent attention', {
      mla: { queryHeads: 8, qLoraRank: 30, kvLoraRank: 20, ropeHeadDim: 4, nopeHeadDim: 12, valueHeadDim: 10, outputGate: true, indexer },
    }, [
      ['self_attn.q_a_proj', 'attention', 'replicated', H * 30, 'matrix'],
      ['self_attn.q_a_layernorm', 'norm', 'replicated', 30],
      ['self_attn.q_b_proj', 'attention', 'tensor', 30 * 8 * 16, 'matrix'],
      ['self_attn.kv_a_proj_with_mqa', 'attention', 'replicated', H * (20 + 4), 'matrix'],
      ['self_attn.kv_a_layernorm', 'norm', 'replicated', 20],
      ['self_attn.kv_b_proj', 'attention', 'tensor', 20 * 8 * (12 + 10), 'matrix'],
      ['self_attn.o_proj', 'attention', 'tensor', 8 * 10 * H, 'matrix'],
      ['self_attn.g_proj', 'attention', 'tensor', H * 8 * 10, 'matrix'],
      ['self_attn.indexer.wq_b', 'attention', 'replicated', 30 * 4 * 8, 'matrix'],
      ['self_attn.indexer.wk', 'attention', 'replicated', H * 8, 'matrix'],
      ['self_attn.indexer.k_norm', 'norm', 'replicated', 2 * 8],
      ['self_attn.indexer.weights_proj', 'attention', 'replicated', H * 4],
    ]],
    ['latent attention with queries at once', {
      mla: { queryHeads: 8, kvLoraRank: 20, ropeHeadDim: 4, nopeHeadDim: 12, valueHeadDim: 10, indexer },
    }, [
      ['self_attn.q_proj', 'attention', 'tensor', H * 8 * 16, 'matrix'],
      ['self_attn.kv_a_proj_with_mqa', 'attention', 'replicated', H * (20 + 4), 'matrix'],
      ['self_attn.kv_a_layernorm', 'norm', 'replicated', 20],
      ['self_attn.kv_b_proj', 'attention', 'tensor', 20 * 8 * (12 + 10), 'matrix'],
      ['self_attn.o_proj', 'attention', 'tensor', 8 * 10 * H, 'matrix'],
      ['self_attn.indexer.wq_b', 'attention', 'replicated', H * 4 * 8, 'matrix'],
      ['self_attn.indexer.wk', 'attention', 'replicated', H * 8, 'matrix'],
      ['self_attn.indexer.k_norm', 'norm', 'replicated', 2 * 8],
      ['self_attn.indexer.weights_proj', 'attention', 'replicated', H * 4],
    ]],
    ['Mamba', { mamba: { inner: 200, state: 16, conv: 4, timeStepRank: 7, norms: 39, projectionBias: true } }, [
      ['mixer.in_proj', 'mixer', 'tensor', H * 2 * 200, 'matrix'],
      ['mixer.x_proj', 'mixer', 'tensor', 200 * (7 + 2 * 16), 'matrix'],
      ['mixer.dt_proj', 'mixer', 'tensor', 7 * 200, 'matrix'],
      ['mixer.out_proj', 'mixer', 'tensor', 200 * H, 'matrix'],
      ['mixer.conv1d', 'mixer', 'tensor', 200 * (4 + 1) + 200 * 16 + 200 + 200],
      ['mixer.norms', 'norm', 'replicated', 39],
      ['mixer.bias', 'mixer', 'replicated', 2 * 200 + H],
    ]],
    ['Mamba-2', { mamba2: { heads: 4, headDim: 50, groups: 2, state: 16, conv: 4, projectionBias: true } }, [
      ['mixer.in_proj', 'mixer', 'tensor', H * (2 * 200 + 2 * 2 * 16 + 4), 'matrix'],
      ['mixer.out_proj', 'mixer', 'tensor', 200 * H, 'matrix'],
      ['mixer.conv1d', 'mixer', 'tensor', (200 + 2 * 2 * 16) * (4 + 1) + 3 * 4 + 200],
      ['mixer.bias', 'mixer', 'replicated', 2 * 200 + 2 * 2 * 16 + 4 + H],
    ]],
    ['a delta net', { deltaNet: { keyHeads: 2, keyHeadDim: 8, valueHeads: 4, valueHeadDim: 6, conv: 4 } }, [
      ['linear_attn.in_proj_qkv', 'mixer', 'tensor', H * (2 * 16 + 24), 'matrix'],
      ['linear_attn.in_proj_z', 'mixer', 'tensor', H * 24, 'matrix'],
      ['linear_attn.in_proj_b', 'mixer', 'tensor', H * 4, 'matrix'],
      ['linear_attn.in_proj_a', 'mixer', 'tensor', H * 4, 'matrix'],
      ['linear_attn.out_proj', 'mixer', 'tensor', 24 * H, 'matrix'],
      ['linear_attn.conv1d', 'mixer', 'tensor', (2 * 16 + 24) * 4 + 2 * 4 + 6],
    ]],
    ['Kimi\'s delta attention with a gate of low rank', kimi(false), kimiRows([
      ['self_attn.g_a_proj', 'mixer', 'replicated', H * 8, 'matrix'], ['self_attn.g_b_proj', 'mixer', 'tensor', 8 * 32, 'matrix'],
    ])],
    ['Kimi\'s delta attention with a full gate', kimi(true), kimiRows([['self_attn.g_proj', 'mixer', 'tensor', H * 32, 'matrix']])],
    ['a gated MLP', { dense: { size: 400, gated: true, bias: true } }, [
      ['mlp.gate_proj', 'mlp', 'tensor', H * 400, 'matrix'],
      ['mlp.up_proj', 'mlp', 'tensor', H * 400, 'matrix'],
      ['mlp.down_proj', 'mlp', 'tensor', H * 400, 'matrix'],
      ['mlp.bias', 'mlp', 'replicated', 2 * 400 + H],
    ]],
    ['latent experts', { moe: { ...moe, routerBias: true, expertBias: true, sharedGate: true } }, [
      ...experts('mlp.'),
      ['mlp.experts.bias', 'experts', 'expert', 16 * (2 * 40 + 20)],
      ['mlp.fc1_latent_proj', 'mlp', 'replicated', H * 20, 'matrix'],
      ['mlp.fc2_latent_proj', 'mlp', 'replicated', 20 * H, 'matrix'],
      ...['gate', 'up', 'down'].map((name): Row => [`mlp.shared_experts.${name}_proj`, 'sharedExperts', 'tensor', H * 80, 'matrix']),
      ['mlp.gate', 'router', 'replicated', H * 16 + 16 + H],
    ]],
    ['experts beside an MLP, whose latent projections stay as they are', { moe: { ...moe, plainLatent: true, besideMlp: true } }, [
      ...experts(''),
      ['mlp.fc1_latent_proj', 'mlp', 'replicated', H * 20],
      ['mlp.fc2_latent_proj', 'mlp', 'replicated', 20 * H],
      ['mlp.latent_norm', 'norm', 'replicated', 20],
      ...['gate', 'up', 'down'].map((name): Row => [`mlp.${name}_proj`, 'sharedExperts', 'tensor', H * 80, 'matrix']),
      ['mlp.gate', 'router', 'replicated', H * 16],
    ]],
    ['experts alone', { moe: { experts: 16, perToken: 2, size: 40, gated: false, sharedSize: 0 } }, [
      ['mlp.experts.0.up_proj', 'experts', 'expert', 16 * H * 40, 'matrix'],
      ['mlp.experts.0.down_proj', 'experts', 'expert', 16 * H * 40, 'matrix'],
      ['mlp.gate', 'router', 'replicated', H * 16],
    ]],
  ])('%s', (_name, spec, rows) => {
    expect(modulesOf(spec).map((m) => [m.name, m.part, m.split, m.parameters, ...m.linear ? ['matrix'] : []])).toEqual(rows);
  });

  test('of experts work as many as a token chooses, biases included', () => {
    const modules = modulesOf({ moe: { ...moe, expertBias: true } }).filter((m) => m.part === 'experts');
    expect(modules.map((m) => m.activeParameters)).toEqual([2 * 20 * 40, 2 * 20 * 40, 2 * 20 * 40, 2 * (2 * 40 + 20)]);
  });

  test('of the ends and of a prediction layer', () => {
    const rows = (modules: readonly Module[]) => modules.map((m) => [m.name, m.part, m.split, m.parameters, ...m.linear ? ['matrix'] : []]);
    const more: Module = { name: 'lm_head.bias', part: 'head', split: 'tensor', parameters: 1000 };
    const none: Module = { ...more, parameters: 0 };
    expect(rows(lastModules(arch({ last: [more, none] })))).toEqual([
      ['norm', 'norm', 'replicated', 100], ['lm_head', 'head', 'tensor', 1000 * H, 'matrix'], ['lm_head.bias', 'head', 'tensor', 1000],
    ]);
    expect(rows(speculativeModules({ norms: 200 }, arch({ speculativeEmbeddings: true })))).toEqual([
      ['layernorm', 'norm', 'replicated', 200], ['eh_proj', 'other', 'replicated', 2 * H * H], ['enorm', 'norm', 'replicated', 3 * H],
      ['embed_tokens', 'embedding', 'tensor', 1000 * H], ['shared_head', 'head', 'tensor', 1000 * H],
    ]);
  });

  test('attention says what its cache depends on, and nothing else', () => {
    const gqa = { queryHeads: 8, kvHeads: 2, headDim: 16 };
    const plain = { type: 'gqa', ...gqa, valueHeadDim: 16 };
    const of = (change: object) => layerParts({ gqa: { ...gqa, ...change }, norms: 0 }, arch()).attention;
    expect(of({})).toStrictEqual(plain);
    expect(of({ window: 128 })).toStrictEqual({ ...plain, window: 128 });
    expect(of({ chunk: 8192 })).toStrictEqual({ ...plain, chunk: 8192 });
    expect(of({ sharedCache: true })).toStrictEqual({ ...plain, sharedCache: true });
    expect(of({ indexer })).toStrictEqual({ ...plain, indexer });
    const { attention } = layerParts({ ...kimi(true), norms: 0 }, arch());
    expect(attention).toStrictEqual({
      type: 'state', stateElements: 4 * 8 * 8 + 3 * 32 * 3, recurrentElements: 4 * 8 * 8, floatState: true, stateFlopsPerToken: 6 * 4 * 8 * 8, heads: 4,
    });
    const latent = { queryHeads: 8, kvLoraRank: 20, ropeHeadDim: 4, nopeHeadDim: 12, valueHeadDim: 10 };
    expect(layerParts({ mla: latent, norms: 0 }, arch()).attention).toStrictEqual({ type: 'mla', ...latent });
  });
});
