import { NameSet } from '../../src/catalog/name-set';

const Q = 'model.layers.3.self_attn.q_proj';
const DOWN = 'model.layers.3.mlp.down_proj';
const EXPERT = 'model.layers.3.mlp.experts.0.up_proj';
const has = (pattern: string, name: string, layer = 3) => new NameSet([pattern]).hasAny([name], layer);

describe('a name in a list stands for itself and all below it', () => {
  test.each<[string, string, boolean]>([
    [Q, Q, true],
    ['self_attn', Q, true],
    ['model.layers.3', Q, true],
    ['self_attn.q_proj', Q, true],
    ['q_proj', Q, true],
    ['lm_head', 'lm_head', true],
    ['lm_head', 'model.lm_head', true],
    ['attn', Q, false],
    ['model.layers.3.self_attn.q', Q, false],
    ['model.layers.33', Q, false],
    ['model.layers.3.self_attn.q_proj.weight', Q, false],
    ['', Q, false],
  ])('%j of %j: %p', (pattern, name, expected) => {
    expect(has(pattern, name)).toBe(expected);
  });

  test('the longest name sets how far is looked', () => {
    const set = new NameSet(['a', 'b.c.d']);
    expect([set.hasAny(['x.b.c.d.e'], 0), set.hasAny(['x.b.c'], 0), set.hasAny(['x.y', 'z.a'], 0), set.hasAny([], 0)]).toEqual([true, false, true, false]);
  });
});

describe('a glob in a list', () => {
  test.each<[string, string, boolean]>([
    // exclude_modules of modelopt's checkpoints.
    ['model.layers.3.self_attn*', Q, true],
    ['*.self_attn.*', Q, true],
    ['*self_attn*', Q, true],
    ['model.layers.*.mlp.gate', DOWN, false],
    ['*.mlp.shared_expert*', 'model.layers.3.mlp.shared_expert.up_proj', true],
    ['mtp*', 'mtp.layers.0.mlp.up_proj', true],
    ['mtp*', DOWN, false],
    ['model.layers.?.mlp', DOWN, true], // and what is below it
    ['model.layers.?.mlp', 'model.layers.13.mlp.down_proj', false],
    ['model.layers.3.mlp.*_proj', DOWN, true],
    ['model.layers.3.mlp.*_proj', EXPERT, true],
    ['model.layers.3.mlp.*_projs', DOWN, false],
    ['*down_proj', DOWN, true],
    ['*down', DOWN, false],
    ['model*mlp*proj', DOWN, true],
    ['model*mlp*q_proj', DOWN, false],
    ['*', DOWN, true],
    ['model.layers.3.*', 'model.layers.3', false],
    ['model.layers.3*', 'model.layers.3', true],
  ])('%j of %j: %p', (pattern, name, expected) => {
    expect(has(pattern, name)).toBe(expected);
  });
});

describe('a regular expression of compressed-tensors', () => {
  test.each<[string, string, boolean]>([
    // ignore lists of moonshotai/Kimi-K2.5 and of RedHatAI's checkpoints.
    ['re:.*self_attn.*', Q, true],
    ['re:.*self_attn.*', DOWN, false],
    ['re:.*mlp\\.(gate|up|gate_up|down)_proj.*', DOWN, true],
    ['re:.*mlp\\.(gate|up|gate_up|down)_proj.*', EXPERT, false],
    ['re:.*shared_experts.*', 'model.layers.3.mlp.shared_experts.up_proj', true],
    ['re:.*lm_head', 'lm_head', true],
    ['re:.*gate$', 'model.layers.3.mlp.gate', true],
    ['re:.*gate$', 'model.layers.3.mlp.gate_proj', false],
    ['re:.*gate', 'model.layers.3.mlp.gate_proj', true],
    ['re:^model\\.layers\\.3\\..*', Q, true],
    ['re:model\\.layers\\.\\d+\\.self_attn\\.q_proj$', Q, true],
    ['re:model\\.layers\\.[0-9]+\\.self_attn\\.q_proj$', Q, true],
    ['re:model\\.layers\\.[0-9]\\.self_attn\\.q_proj$', Q, true],
    ['re:model\\.layers\\.\\d\\.self_attn\\.q_proj$', 'model.layers.13.self_attn.q_proj', false],
    ['re:model\\.layers\\.[^.]+\\.self_attn\\.q_proj$', Q, true],
    ['re:model\\.layers\\.[^.]*\\.self_attn\\.q_proj$', Q, true],
    ['re:model\\.layers\\.\\w+\\.self_attn\\.q_proj$', Q, true],
    ['re:model.layers.3.self.attn', Q, true],
    ['re:model\\.layers\\.3\\.self\\.attn', Q, false],
    ['re:.+q_proj', Q, true],
    ['re:.*(?:q|k)_proj', Q, true],
    ['re:.*(?:v|k)_proj', Q, false],
    ['re:.*((q|k)_proj|down_proj)', DOWN, true],
    ['re:.*q_proj|.*down_proj', DOWN, true],
    ['re:.*\\$', 'a$', true],
    // What is not simple matches nothing.
    ['re:.*(q|k)+_proj', Q, false],
    ['re:.*(q|k)?_proj', Q, false],
    ['re:.*[qk]_proj', Q, false],
    ['re:.*q{1}_proj', Q, false],
    ['re:.*(unclosed', Q, false],
    ['re:', Q, true], // as Python's re.match
    [`re:.*${'(a|b)'.repeat(7)}`, 'abababa', false],
    [`re:.*${'(a|b)'.repeat(6)}`, 'ababab', true],
  ])('%j of %j: %p', (pattern, name, expected) => {
    expect(has(pattern, name)).toBe(expected);
  });
});

describe('a layer is singled out', () => {
  test.each<[string, boolean]>([
    ['model.layers.3.mlp', true],
    ['model.layers.3', true],
    ['model.layers.3.self_attn*', true],
    ['re:model\\.layers\\.3\\.mlp.*', true],
    ['re:model\\.layers\\.(2|3)\\.mlp.*', true],
    ['re:.*layers\\.3\\..*', true],
    ['re:.*layers\\.(2|3)\\..*', true],
    ['*.layers.3.mlp', true],
    ['model.layers.33.mlp', false],
    ['model.layers.*.mlp', false],
    ['mlp', false],
  ])('by %j: %p', (pattern, expected) => {
    const set = new NameSet([pattern]);
    expect(set.singlesOut(3)).toBe(expected);
    expect(set.singlesOut(4)).toBe(false);
  });

  test.each<[string, number[]]>([
    ['model.layers.1?.mlp', [10, 11, 19]],
    ['model.layers.1*', [1, 10, 11, 19, 100, 1999]],
    ['model.layers.?.mlp', [0, 1, 9]],
    ['model.layers.61*', [61, 610]],
    ['re:.*layers\\.\\d\\.mlp.*', [0, 1, 9]],
    ['model.layers.*.mlp', []],
  ])('and so are those that %j tells apart by a digit', (pattern, singled) => {
    const set = new NameSet([pattern]);
    expect([0, 1, 9, 10, 11, 19, 20, 61, 100, 610, 1999, 2000].filter((layer) => set.singlesOut(layer))).toEqual(singled);
  });

  test('and its patterns are looked at for that layer alone', () => {
    const set = new NameSet(['model.layers.3.mlp.*', 'model.layers.3.self_attn*']);
    expect([set.hasAny([DOWN], 3), set.hasAny([DOWN], 4), set.hasAny([Q], 3)]).toEqual([true, false, true]);
  });
});

test('patterns are read up to 5000, plain names without end', () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => `re:x${i}$`);
  expect(() => new NameSet(many(5000))).not.toThrow();
  expect(() => new NameSet(many(5001))).toThrow(new Error('config.json: the quantisation config has more than 5000 patterns of module names'));
  expect(() => new NameSet(Array.from({ length: 20_000 }, (_, i) => `x${i}`))).not.toThrow();
});

test('a hostile pattern is answered without trying every way', () => {
  expect(has(`${'*a'.repeat(200)}*b`, 'a'.repeat(2000))).toBe(false);
  expect(has(`re:${'(a|a)'.repeat(100)}`, 'a'.repeat(100))).toBe(false);
});
