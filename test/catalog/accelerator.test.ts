import * as fc from 'fast-check';
import { Accelerator, AcceleratorProps } from '../../src/catalog/accelerator';
import { ACCELERATORS } from '../../src/catalog/data/accelerators';
import { Precision } from '../../src/catalog/precision';

const GIB = 2 ** 30;
const FIVE_MEGABYTES = 'h'.repeat(5_000_000);

describe('the table', () => {
  test('has 48 accelerators with ids of their own', () => {
    expect(Accelerator.all()).toHaveLength(48);
    expect(new Set(Accelerator.all().map((one) => one.name)).size).toBe(48);
  });

  test.each(ACCELERATORS.map((row) => [row.id, row] as const))('%s says where its figures come from, and when they were taken', (_, row) => {
    expect(row.source.length).toBeGreaterThan(20);
    expect(row.asOf).toMatch(/^20\d\d-[01]\d-[0-3]\d$/);
    expect(`${row.source} ${row.caution ?? ''}`).not.toMatch(/undefined|null|\[object/);
  });

  // Marketed gigabytes stand in the title; a driver reports 22.06 GiB of 24 GB (A10) up to 288 GiB of 288 GB (MI355X).
  const marketed = ACCELERATORS.flatMap((row) => {
    const gigabytes = /(\d+)(?:-\d+)?GB/.exec(row.title)?.[1];
    return gigabytes && row.memoryBytes ? [[row.id, row.memoryBytes, Number(gigabytes)] as const] : [];
  });

  test('the memory of 33 accelerators can be held against their title', () => { expect(marketed).toHaveLength(33); });

  test.each(marketed)('%s reports memory close to what it is sold as', (_, bytes, gigabytes) => {
    expect(bytes / (gigabytes * 1e9)).toBeGreaterThan(0.95);
    expect(bytes / (gigabytes * 1e9)).toBeLessThan(1.08);
    expect(Number.isInteger(bytes)).toBe(true);
  });

  test.each(ACCELERATORS.map((row) => [row.id, row] as const))('%s has figures within what hardware can do', (_, row) => {
    if (row.memoryBytesPerSecond !== undefined) {
      expect(row.memoryBytesPerSecond).toBeGreaterThanOrEqual(270e9);
      expect(row.memoryBytesPerSecond).toBeLessThanOrEqual(8e12);
    }
    for (const [format, rate] of Object.entries(row.rates)) {
      expect(['fp16', 'bf16', 'fp8', 'int8', 'fp4']).toContain(format);
      expect(rate).toBeGreaterThanOrEqual(60e12);
      expect(rate).toBeLessThanOrEqual(15e15);
    }
    if (row.linkBytesPerSecond !== undefined) {
      expect(row.linkBytesPerSecond).toBeGreaterThanOrEqual(32e9);
      expect(row.linkBytesPerSecond).toBeLessThanOrEqual(900e9);
    }
    if (row.maxPowerWatts !== undefined) {
      expect(row.maxPowerWatts).toBeGreaterThanOrEqual(70);
      expect(row.maxPowerWatts).toBeLessThanOrEqual(1400);
    }
    expect(row.linkDomain).toBeGreaterThanOrEqual(1);
  });

  test.each(ACCELERATORS.filter((row) => row.rates.bf16 && row.rates.fp8).map((row) => [row.id, row.rates] as const))(
    '%s multiplies fp8 as fast as bf16 or at most 3.8 times as fast, and fp4 no slower', (_, rates) => {
      expect(rates.fp8 / rates.bf16).toBeGreaterThanOrEqual(1);
      expect(rates.fp8 / rates.bf16).toBeLessThan(3.8); // Trainium3: 2517 over 671
      if (rates.fp4) { expect(rates.fp4 / rates.fp8).toBeGreaterThanOrEqual(1.99); }
    });

  // [memory in bytes, bandwidth, bf16 or fp16, fp8, link, domain] by the makers' data sheets; memory by driver or vLLM logs.
  test.each<[string, (number | undefined)[]]>([
    ['t4', [Math.floor(14.56 * GIB), 320e9, undefined, undefined, undefined, 1]],
    ['l4', [Math.floor(22.06 * GIB), 300e9, 121e12, 242e12, 32e9, 1]],
    ['a10g', [22888 * 2 ** 20, 600e9, 70e12, undefined, 32e9, 1]],
    ['a100-sxm-80gb', [Math.floor(79.14 * GIB), 2039e9, 312e12, undefined, 300e9, 8]],
    ['h100-sxm', [Math.floor(79.1 * GIB), 3350e9, 989e12, 1979e12, 450e9, 8]],
    ['h200-sxm', [Math.floor(139.8 * GIB), 4800e9, 989e12, 1979e12, 450e9, 8]],
    ['b200-sxm', [183359 * 2 ** 20, 8000e9, 2250e12, 4500e12, 900e9, 8]],
    ['b300-sxm', [275040 * 2 ** 20, 8000e9, 2250e12, 4500e12, 900e9, 8]],
    ['gb200', [189471 * 2 ** 20, 8000e9, 2500e12, 5000e12, 900e9, 72]],
    ['mi300x', [206_141_652_992, 5300e9, 1307e12, 2615e12, 448e9, 8]],
    ['h100-nvl', [95830 * 2 ** 20, 3930e9, 835.5e12, 1670.5e12, 300e9, 2]],
    ['h200-nvl', [143771 * 2 ** 20, 4800e9, 835.5e12, 1670.5e12, undefined, 1]],
    ['l20', [46068 * 2 ** 20, 864e9, 119.5e12, undefined, undefined, 1]],
    ['rtx-3090', [Math.floor(23.58 * GIB), 936.2e9, 71e12, undefined, undefined, 1]],
    ['rtx-4090', [Math.floor(23.52 * GIB), 1008e9, 165.2e12, 330.3e12, undefined, 1]],
    ['rtx-5090', [Math.floor(31.37 * GIB), 1792e9, 209.5e12, 419e12, undefined, 1]],
    ['gaudi2', [undefined, 2450e9, 432e12, undefined, undefined, 1]],
    ['gaudi3', [undefined, 3675e9, 1835e12, 1835e12, 300e9, 8]],
    ['mi350x', [undefined, 8000e9, 2309.6e12, 4614e12, 537.6e9, 8]],
    ['gh200', [97871 * 2 ** 20, 4e12, 989e12, 1979e12, undefined, 1]],
    ['tpu-v6e', [undefined, 1638e9, 918e12, 918e12, 400e9, 256]],
  ])('%s has the figures of its sources', (name, figures) => {
    const one = Accelerator.named(name);
    expect([
      one.memoryBytes, one.memoryBytesPerSecond, one.tensorFlopsPerSecond(Precision.BF16), one.tensorFlopsPerSecond(Precision.FP8),
      one.linkBytesPerSecond, one.linkDomain,
    ]).toEqual(figures);
  });

  test('the memory of 13 accelerators is stated nowhere, and so absent', () => {
    expect(Accelerator.all().filter((one) => one.memoryBytes === undefined).map((one) => one.name)).toEqual([
      'mi350x', 'mi250x', 'mi210', 'gaudi3', 'gaudi2', 'tpu-v5e', 'tpu-v5p', 'tpu-v6e', 'tpu-7x', 'trainium2', 'trainium3', 'inferentia2', 'arc-pro-b60',
    ]);
  });

  test('the 16-bit tensor rate of 2 accelerators is stated nowhere, and so absent', () => {
    const unstated = (one: Accelerator) => [Precision.BF16, Precision.FP16].every((precision) => one.tensorFlopsPerSecond(precision) === undefined);
    expect(Accelerator.all().filter(unstated).map((one) => one.name)).toEqual(['rtx-pro-4500-server', 'gb10']);
  });

  test('newer generations read memory faster', () => {
    const speed = ['t4', 'a100-sxm-40gb', 'a100-sxm-80gb', 'h100-sxm', 'h200-sxm', 'b200-sxm'].map((name) => Accelerator.named(name).memoryBytesPerSecond!);
    expect([...speed].sort((a, b) => a - b)).toEqual(speed);
  });

  test('each maker has the resource of its device plugin', () => {
    const resources = new Set(Accelerator.all().map((one) => `${one.vendor} ${one.resourceName}`));
    expect([...resources].sort()).toEqual([
      'amd amd.com/gpu', 'aws aws.amazon.com/neuron', 'google google.com/tpu', 'intel gpu.intel.com/xe', 'intel habana.ai/gaudi', 'nvidia nvidia.com/gpu',
    ]);
  });

  test('labels give every value that a node may carry, and are copies', () => {
    const h100 = Accelerator.named('h100-sxm');
    expect(h100.nodeLabels).toEqual({
      'nvidia.com/gpu.product': ['NVIDIA-H100-80GB-HBM3'],
      'cloud.google.com/gke-accelerator': ['nvidia-h100-80gb', 'nvidia-h100-mega-80gb'],
      'karpenter.k8s.aws/instance-gpu-name': ['h100'],
    });
    h100.nodeLabels['nvidia.com/gpu.product'].push('other');
    expect(h100.nodeLabels['nvidia.com/gpu.product']).toEqual(['NVIDIA-H100-80GB-HBM3']);
    Accelerator.all().pop();
    expect(Accelerator.all()).toHaveLength(48);
  });
});

describe('names', () => {
  test('the same name gives the same object', () => {
    expect(Accelerator.named('L40S')).toBe(Accelerator.named('l40s'));
  });

  test.each([
    ['H100-SXM5-80GB', 'h100-sxm'],
    ['NVIDIA H100 80GB HBM3', 'h100-sxm'],
    ['nvidia-h100-mega-80gb', 'h100-sxm'],
    ['NVIDIA-H100-PCIe', 'h100-pcie'],
    ['H100 NVL', 'h100-nvl'],
    ['NVIDIA H100 NVL 94GB', 'h100-nvl'],
    ['NVIDIA-H200', 'h200-sxm'],
    ['nvidia-h200-141gb', 'h200-sxm'],
    ['h200_nvl', 'h200-nvl'],
    ['nvidia-tesla-a100', 'a100-sxm-40gb'],
    ['nvidia-a100-80gb', 'a100-sxm-80gb'],
    ['NVIDIA A100 80GB PCIe', 'a100-pcie-80gb'],
    ['NVIDIA A100 40GB SXM', 'a100-sxm-40gb'],
    ['Tesla-V100-SXM2-16GB', 'v100-sxm2-16gb'],
    ['nvidia-tesla-v100', 'v100-sxm2-16gb'],
    ['Tesla T4', 't4'],
    ['t4g', 't4'],
    ['NVIDIA-L4', 'l4'],
    ['NVIDIA GeForce RTX 4090', 'rtx-4090'],
    ['GeForce RTX 5090', 'rtx-5090'],
    ['RTXPRO6000BSE', 'rtx-pro-6000-server'],
    ['rtx-pro-server-6000', 'rtx-pro-6000-server'],
    ['B200', 'b200-sxm'],
    ['NVIDIA-B200', 'b200-sxm'],
    ['GB200 NVL72', 'gb200'],
    ['AMD Instinct MI300X', 'mi300x'],
    ['DGX Spark', 'gb10'],
    ['tpu-v5-lite-podslice', 'tpu-v5e'],
    ['tpu7x', 'tpu-7x'],
    ['Trillium', 'tpu-v6e'],
    ['trn2', 'trainium2'],
  ])('%p is %s', (name, id) => {
    expect(Accelerator.named(name).name).toBe(id);
  });

  const spelled = (name: string) => name.toLowerCase().replace(/[\s_-]/g, '');
  const holders = new Map<string, string[]>();
  for (const row of ACCELERATORS) {
    for (const name of new Set([row.id, row.title, ...Object.values(row.nodeLabels).flat(), ...row.aliases].map(spelled))) {
      holders.set(name, [...holders.get(name) ?? [], row.id]);
    }
  }

  test('names that stand for several accelerators are these and no others', () => {
    expect(Object.fromEntries([...holders].filter(([, ids]) => ids.length > 1))).toEqual({
      v100: ['v100-sxm2-16gb', 'v100-32gb'],
      a100: ['a100-sxm-40gb', 'a100-sxm-80gb', 'a100-pcie-80gb', 'a100-pcie-40gb'],
      a10040gb: ['a100-sxm-40gb', 'a100-pcie-40gb'],
      a10080gb: ['a100-sxm-80gb', 'a100-pcie-80gb'],
      a100sxm: ['a100-sxm-40gb', 'a100-sxm-80gb'],
      a100sxm4: ['a100-sxm-40gb', 'a100-sxm-80gb'],
      a100pcie: ['a100-pcie-80gb', 'a100-pcie-40gb'],
      h100: ['h100-sxm', 'h100-pcie', 'h100-nvl'],
      h10080gb: ['h100-sxm', 'h100-pcie'],
      h200: ['h200-sxm', 'h200-nvl'],
      h200141gb: ['h200-sxm', 'h200-nvl'],
    });
  });

  test.each([...holders])('%s is found, or refused with its choices', (name, ids) => {
    if (ids.length === 1) { return expect(Accelerator.named(name).name).toBe(ids[0]); }
    return expect(() => Accelerator.named(name)).toThrow(new Error(`'${name}' stands for several accelerators: ${ids.join(', ')}; name one of them`));
  });

  test('case, spaces, underscores and dashes do not matter', () => {
    const separator = fc.constantFrom('', ' ', '_', '-', ' - ');
    fc.assert(fc.property(fc.constantFrom(...ACCELERATORS.map((row) => row.id)), fc.boolean(), separator, (id, upper, between) => {
      const name = id.replace(/-/g, between);
      expect(Accelerator.named(upper ? name.toUpperCase() : name).name).toBe(id);
    }));
  });

  test.each<[string, unknown, string]>([
    ['an ambiguous name', 'h100', "'h100' stands for several accelerators: h100-sxm, h100-pcie, h100-nvl; name one of them"],
    ['a maker before an ambiguous name', 'NVIDIA H100', "'NVIDIA H100' stands for several accelerators: h100-sxm, h100-pcie, h100-nvl; name one of them"],
    ['a slip', 'h100-smx', "unknown accelerator 'h100-smx'; did you mean 'h100-sxm'?"],
    ['a slip in a label', 'NVIDIA-H100-80GB-HBM2', "unknown accelerator 'NVIDIA-H100-80GB-HBM2'; did you mean 'NVIDIA-H100-80GB-HBM3'?"],
    ['an empty name', '', "unknown accelerator ''"],
    ['spaces', '   ', "unknown accelerator '   '"],
    ['a word of JavaScript', 'constructor', "unknown accelerator 'constructor'"],
    ['control characters', 'h100\u0000\u202e', "unknown accelerator 'h100  '"],
    ['5 MB', FIVE_MEGABYTES, `unknown accelerator '${'h'.repeat(60)}…' (5000000 characters)`],
    ['undefined', undefined, 'unknown accelerator undefined'],
    ['a number', 100, 'unknown accelerator 100'],
    ['an object', { toString() { throw new Error('hostile'); } }, 'unknown accelerator a value of type object'],
  ])('refuses %s', (_, name, sentence) => {
    expect(() => Accelerator.named(name as string)).toThrow(new Error(sentence));
  });

  test('any text is a known name, or is refused in one sentence of less than 400 characters', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 250 }), fc.string({ maxLength: 12 }), fc.stringMatching(/^[a-z]{0,3}\d{1,3}[a-z-]{0,5}$/));
    fc.assert(fc.property(text, (name) => {
      try {
        expect(Accelerator.all()).toContain(Accelerator.named(name));
      } catch (error) {
        expect((error as Error).message).toMatch(/^(unknown accelerator '.*'|'.*' stands for several accelerators: .*; name one of them)/u);
        expect((error as Error).message).not.toMatch(/[\n\r\u0000]/);
        expect((error as Error).message.length).toBeLessThan(400);
      }
    }), { numRuns: 300 });
  });
});

describe('tensor rates', () => {
  test.each<[string, Precision, number | undefined]>([
    ['h100-sxm', Precision.BF16, 989e12],
    ['h100-sxm', Precision.FP16, 989e12], // one figure is stated for both 16-bit formats
    ['h100-sxm', Precision.FP8, 1979e12],
    ['h100-sxm', Precision.INT8, 1979e12],
    ['h100-sxm', Precision.INT4, 989e12],
    ['h100-sxm', Precision.MXFP4, 989e12],
    ['h100-sxm', Precision.NVFP4, undefined],
    ['h100-sxm', Precision.FP32, undefined],
    ['b200-sxm', Precision.NVFP4, 9000e12],
    ['a100-sxm-80gb', Precision.FP8, undefined],
    ['a100-sxm-80gb', Precision.INT8, 624e12],
    ['t4', Precision.BF16, undefined],
    ['t4', Precision.FP16, 65e12],
    ['t4', Precision.INT4, 65e12],
    ['t4', Precision.MXFP4, 65e12],
    ['t4', Precision.FP8, undefined],
    ['v100-32gb', Precision.BF16, undefined],
    ['v100-32gb', Precision.INT4, 125e12],
    ['l40', Precision.FP8, undefined], // the card can, but no figure was found
    ['rtx-4090', Precision.INT8, 660.6e12],
    ['rtx-5090', Precision.NVFP4, 1676e12],
    ['rtx-5090', Precision.INT4, 209.5e12],
    ['mi350x', Precision.NVFP4, 9230e12],
    ['gb10', Precision.BF16, undefined],
    ['gb10', Precision.INT4, undefined],
  ])('%s multiplies %o at %p', (name, precision, rate) => {
    expect(Accelerator.named(name).tensorFlopsPerSecond(precision)).toBe(rate);
  });

  test('a custom weight-only format is multiplied in 16 bits', () => {
    const three = Precision.custom({ name: 'int3', weightBits: 3.2 });
    expect(Accelerator.named('t4').tensorFlopsPerSecond(three)).toBe(65e12);
    expect(Accelerator.named('l4').tensorFlopsPerSecond(three)).toBe(121e12);
  });
});

describe('accelerators of the user\'s own', () => {
  const least: AcceleratorProps = { name: 'my-card', memoryBytes: 40e9, memoryBytesPerSecond: 1e12, bf16FlopsPerSecond: 200e12 };

  test('need four facts; the rest has defaults', () => {
    const one = Accelerator.of(least);
    expect({ ...one, row: undefined }).toEqual({
      name: 'my-card', title: 'my-card', vendor: 'nvidia', memoryBytes: 40e9, memoryBytesPerSecond: 1e12, linkTechnology: 'PCIe 4',
      linkBytesPerSecond: 32e9, linkDomain: 1, maxPowerWatts: undefined, computeCapability: undefined, resourceName: 'nvidia.com/gpu',
      caution: undefined, source: 'stated by the caller', asOf: '', row: undefined,
    });
    expect(one.nodeLabels).toEqual({});
    const rates = [Precision.BF16, Precision.FP16, Precision.INT4, Precision.FP8, Precision.INT8, Precision.NVFP4].map((p) => one.tensorFlopsPerSecond(p));
    expect(rates).toEqual([200e12, 200e12, 200e12, undefined, undefined, undefined]);
  });

  test('keep what they are given', () => {
    const one = Accelerator.of({
      ...least, fp8FlopsPerSecond: 4e14, int8OpsPerSecond: 5e14, fp4FlopsPerSecond: 8e14, linkBytesPerSecond: 450e9, maxPowerWatts: 600,
      resourceName: 'amd.com/gpu',
    });
    expect([Precision.FP8, Precision.INT8, Precision.NVFP4].map((p) => one.tensorFlopsPerSecond(p))).toEqual([4e14, 5e14, 8e14]);
    expect([one.linkBytesPerSecond, one.linkDomain, one.linkTechnology, one.maxPowerWatts, one.vendor]).toEqual([450e9, 8, undefined, 600, 'amd']);
    expect(Accelerator.of({ ...least, linkBytesPerSecond: 450e9, linkDomain: 72 }).linkDomain).toBe(72);
  });

  test.each([
    ['habana.ai/gaudi', 'intel'], ['gpu.intel.com/xe', 'intel'], ['google.com/tpu', 'google'], ['aws.amazon.com/neuron', 'aws'], ['example.com/npu', 'example.com'],
  ])('the resource %s tells the maker %s', (resourceName, vendor) => {
    expect(Accelerator.of({ ...least, resourceName }).vendor).toBe(vendor);
  });

  const bytes = 'must be a number of bytes from 1000000 to 1000000000000000';
  test.each<[unknown, string]>([
    [undefined, 'the properties of an accelerator are undefined but must be an object'],
    ['h100', "the properties of an accelerator are 'h100' but must be an object"],
    [{ ...least, name: '' }, "'name' is '' but must be a text of 1 to 100 characters, none of them a control character"],
    [
      { ...least, name: FIVE_MEGABYTES },
      `'name' is '${'h'.repeat(60)}…' (5000000 characters) but must be a text of 1 to 100 characters, none of them a control character`,
    ],
    [{ ...least, memoryBytes: 80 }, `'memoryBytes' is 80 but ${bytes}`],
    [{ ...least, memoryBytes: undefined }, `'memoryBytes' is undefined but ${bytes}`],
    [{ ...least, memoryBytes: -1 }, `'memoryBytes' is -1 but ${bytes}`],
    [{ ...least, memoryBytes: '80e9' }, `'memoryBytes' is '80e9' but ${bytes}`],
    [{ ...least, memoryBytesPerSecond: NaN }, "'memoryBytesPerSecond' is NaN but must be a number of bytes per second from 1000000 to 1000000000000000000"],
    [{ ...least, bf16FlopsPerSecond: 989 }, "'bf16FlopsPerSecond' is 989 but must be a number of FLOP per second from 1000000 to 1e+21"],
    [{ ...least, fp8FlopsPerSecond: Infinity }, "'fp8FlopsPerSecond' is Infinity but must be a number of FLOP per second from 1000000 to 1e+21"],
    [{ ...least, int8OpsPerSecond: 0 }, "'int8OpsPerSecond' is 0 but must be a number of operations per second from 1000000 to 1e+21"],
    [{ ...least, fp4FlopsPerSecond: null }, "'fp4FlopsPerSecond' is null but must be a number of FLOP per second from 1000000 to 1e+21"],
    [{ ...least, linkBytesPerSecond: 450 }, "'linkBytesPerSecond' is 450 but must be a number of bytes per second from 1000000 to 1000000000000000000"],
    [{ ...least, linkDomain: 1.5 }, "'linkDomain' is 1.5 but must be a whole number of accelerators from 1 to 100000"],
    [{ ...least, linkDomain: 0 }, "'linkDomain' is 0 but must be a whole number of accelerators from 1 to 100000"],
    [{ ...least, maxPowerWatts: 0 }, "'maxPowerWatts' is 0 but must be a number of watts above 0 and at most 1000000"],
    [{ ...least, resourceName: 'gpu' }, "'resourceName' is 'gpu' but must be a domain and a name, e.g. 'nvidia.com/gpu'"],
    [{ ...least, resourceName: 'a.com/b\nc' }, "'resourceName' is 'a.com/b c' but must be a domain and a name, e.g. 'nvidia.com/gpu'"],
  ])('refuses %p', (props, sentence) => {
    expect(() => Accelerator.of(props as AcceleratorProps)).toThrow(new Error(sentence));
  });
});

test('a rate is one of a precision', () => {
  expect(() => Accelerator.named('l4').tensorFlopsPerSecond('fp8' as any)).toThrow(new Error("'precision' is 'fp8' but must be a Precision, e.g. Precision.FP8"));
});
