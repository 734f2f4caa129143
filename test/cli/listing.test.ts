import { command } from './fake-io';
import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';

/** First column of a table; lines that only go on with the last column are indented further. */
const names = (out: string) => out.split('\n').slice(1).filter((line) => /^ {2}\S/.test(line)).map((line) => line.trim().split(/ {2,}/)[0]);

describe('accelerators', () => {
  test('lists the whole catalogue', async () => {
    const { code, out } = await command(['accelerators']);
    expect(code).toBe(0);
    expect(names(out)).toEqual(Accelerator.all().map(({ name }) => name));
  });

  test('finds by parts of names, titles and labels', async () => {
    expect(names((await command(['accelerators', 'h100'])).out)).toEqual(['h100-sxm', 'h100-pcie', 'h100-nvl']);
    expect(names((await command(['accelerators', 'sxm 80gb'])).out)).toEqual(expect.arrayContaining(['a100-sxm-80gb']));
  });

  test('filters by vendor and memory', async () => {
    const found = names((await command(['accelerators', '--vendor', 'AMD', '--min-memory-gib', '200'])).out);
    expect(found).toEqual(Accelerator.all().filter(({ vendor, memoryBytes }) => vendor === 'amd' && (memoryBytes ?? 0) >= 200 * 2 ** 30).map(({ name }) => name));
    expect(found).toContain('mi325x');
  });

  test('shows all about one, with where the figures come from', async () => {
    const { out } = await command(['accelerators', 'l4']);
    const l4 = Accelerator.named('l4');
    for (const part of ['nvidia.com/gpu', 'NVIDIA-L4', 'g6.xlarge (aws): 1 GPU', '300 GB/s', l4.asOf]) { expect(out).toContain(part); }
    expect(out.replace(/\s+/g, '')).toContain(l4.source.replace(/\s+/g, ''));
  });

  test('takes an alias for a name', async () => {
    expect((await command(['accelerators', 'NVIDIA-H100-80GB-HBM3'])).out).toMatch(/^h100-sxm \(/);
  });

  test('prints JSON without internals', async () => {
    const list = JSON.parse((await command(['accelerators', 'h100', '--json'])).out);
    expect(list.map(({ name }: any) => name)).toEqual(['h100-sxm', 'h100-pcie', 'h100-nvl']);
    expect(list[0]).not.toHaveProperty('row');
    const one = JSON.parse((await command(['accelerators', 'h100-sxm', '--json'])).out);
    expect(one.tensorFlopsPerSecond.bf16).toBe(989e12);
    expect(one.machines.map(({ name }: any) => name)).toContain('p5.48xlarge');
  });

  test.each([
    [['accelerators', 'h100-smx'], "unknown accelerator 'h100-smx'; did you mean 'h100-sxm'?"],
    [['accelerators', '--vendor', 'acme'], 'no accelerator of the catalogue meets these options'],
  ])('finds nothing for %j', async (argv, sentence) => {
    expect(await command(argv)).toEqual({ code: 1, out: '', err: `error: ${sentence}\n` });
  });
});

describe('models', () => {
  test('lists the whole catalogue', async () => {
    expect(names((await command(['models'])).out)).toEqual(Model.all().map(({ id }) => id));
  });

  test('finds by words, in any order and case', async () => {
    const found = names((await command(['models', 'INSTRUCT llama-3.1'])).out);
    expect(found).toContain('meta-llama/Llama-3.1-8B-Instruct');
    expect(found.every((id) => /llama-3\.1/i.test(id) && /instruct/i.test(id))).toBe(true);
  });

  test('filters by what can be sized, and by size', async () => {
    const found = names((await command(['models', '--complete', '--max-parameters', '9e9'])).out);
    const small = Model.all().filter(({ incomplete, parameters }) => incomplete === undefined && (parameters ?? Infinity) <= 9e9);
    expect(found).toEqual(small.map(({ id }) => id));
    expect(found.length).toBeGreaterThan(5);
  });

  test('shows all about one: layers, cache, weights and source', async () => {
    const { out } = await command(['models', 'meta-llama/llama-3.1-8b-instruct']);
    const rows = out.split('\n').map((line) => line.trim().replace(/\s{2,}/, ': '));
    expect(rows[0]).toBe('meta-llama/Llama-3.1-8B-Instruct');
    expect(rows).toContain('Layers: 32 x attention with 32 query and 8 KV heads of 128, FFN 14,336');
    expect(rows).toContain('KV cache: 131,072 bytes a token in 16 bits, 65,536 in fp8 (below every window)');
    expect(out).toContain(Model.named('meta-llama/Llama-3.1-8B-Instruct').asOf);
  });

  test('counts the cache of latent attention by its latent', async () => {
    expect(JSON.parse((await command(['models', 'deepseek-ai/DeepSeek-R1', '--json'])).out).kvCacheElementsPerToken).toBe(61 * 576); // vLLM prints 70,272 bytes
  });

  test('says why a model can not be sized', async () => {
    const incomplete = Model.all().find((model) => model.incomplete !== undefined)!;
    expect((await command(['models', incomplete.id])).out.replace(/\s+/g, ' ')).toContain(`Can be sized no: ${incomplete.incomplete!.replace(/\s+/g, ' ')}`);
  });

  test('finds nothing for a name that nobody has', async () => {
    const { code, out, err } = await command(['models', 'meta-llama/Llama-3.1-8B-Instrukt']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^error: unknown model 'meta-llama\/Llama-3\.1-8B-Instrukt'; did you mean 'meta-llama\/Llama-3\.1-8B-Instruct'/);
  });
});
