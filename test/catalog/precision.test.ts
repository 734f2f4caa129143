import * as fc from 'fast-check';
import { Precision } from '../../src/catalog/precision';

/** Bits per weight with the scales that the format stores beside its values. */
const BITS: [string, number, string, number | undefined][] = [
  ['fp32', 32, 'fp32', 32],
  ['fp16', 16, 'fp16', 16],
  ['bf16', 16, 'bf16', 16],
  ['fp8', 8.001953125, 'fp8', 8], // a 4-byte scale per 128 x 128 block
  ['int8', 8, 'int8', 8],
  ['nvfp4', 4.5, 'fp4', undefined], // a byte per 16 values
  ['mxfp4', 4.25, 'bf16', undefined], // a byte per 32 values
  ['int4', 4.15625, 'bf16', undefined], // 16 + 4 bits per 128 values
];

test.each(BITS)('%s takes %d bits a weight, is multiplied as %s and holds a cache in %p bits', (name, bits, computeFormat, cacheBits) => {
  const precision = Precision.named(name);
  expect([precision.name, precision.weightBits, precision.computeFormat, precision.cacheBits]).toEqual([name, bits, computeFormat, cacheBits]);
});

test('all formats are listed once, widest first', () => {
  expect(Precision.all().map((p) => p.name)).toEqual(BITS.map(([name]) => name));
});

test.each([
  ['BF16', 'bf16'], [' fp8 ', 'fp8'], ['bfloat16', 'bf16'], ['float16', 'fp16'], ['half', 'fp16'], ['float32', 'fp32'], ['fp8_e4m3', 'fp8'], ['W8A8', 'int8'],
])('%p is understood as %s', (spelling, name) => {
  expect(Precision.named(spelling)).toBe(Precision.named(name));
});

test.each<[unknown, string]>([
  ['FP4', "'FP4' stands for several precisions: nvfp4, mxfp4; name one of them"],
  ['fpp8', "unknown precision 'fpp8'; did you mean 'fp8'?"],
  ['bf61', "unknown precision 'bf61'; did you mean 'bf16'?"],
  ['', "unknown precision ''"],
  ['constructor', "unknown precision 'constructor'"],
  [undefined, 'unknown precision undefined'],
  [{ toString() { throw new Error('hostile'); } }, 'unknown precision a value of type object'],
  ['f'.repeat(5_000_000), `unknown precision '${'f'.repeat(60)}…' (5000000 characters)`],
])('refuses the name %p', (name, sentence) => {
  expect(() => Precision.named(name as string)).toThrow(new Error(sentence));
});

test('a name is known or refused in one short sentence', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
    try {
      expect(Precision.all()).toContain(Precision.named(name));
    } catch (error) {
      expect((error as Error).message).toMatch(/^(unknown precision )?'[^\n\r]{0,300}$/u);
    }
  }));
});

test('a custom format keeps what it is given and multiplies in bf16 unless told otherwise', () => {
  const six = Precision.custom({ name: 'fp6', weightBits: 6.25 });
  expect([six.name, six.weightBits, six.computeFormat, six.cacheBits]).toEqual(['fp6', 6.25, 'bf16', undefined]);
  const seven = Precision.custom({ name: 'fp7', weightBits: 7, computeFormat: 'fp8', cacheBits: 7 });
  expect([seven.computeFormat, seven.cacheBits]).toEqual(['fp8', 7]);
});

test.each<[unknown, string]>([
  [undefined, 'the properties of a precision are undefined but must be an object'],
  [null, 'the properties of a precision are null but must be an object'],
  [{ weightBits: 6 }, "'name' is undefined but must be a text of 1 to 60 characters, none of them a control character"],
  [{ name: ' ', weightBits: 6 }, "'name' is ' ' but must be a text of 1 to 60 characters, none of them a control character"],
  [{ name: 'fp6' }, "'weightBits' is undefined but must be a number of bits above 0 and at most 64"],
  [{ name: 'fp6', weightBits: 0 }, "'weightBits' is 0 but must be a number of bits above 0 and at most 64"],
  [{ name: 'fp6', weightBits: NaN }, "'weightBits' is NaN but must be a number of bits above 0 and at most 64"],
  [{ name: 'fp6', weightBits: 65 }, "'weightBits' is 65 but must be a number of bits above 0 and at most 64"],
  [{ name: 'fp6', weightBits: 6, cacheBits: -1 }, "'cacheBits' is -1 but must be a number of bits above 0 and at most 64"],
  [
    { name: 'fp6', weightBits: 6, computeFormat: 'fp6' },
    "'computeFormat' is 'fp6' but must be one of 'fp32', 'fp16', 'bf16', 'fp8', 'int8', 'fp4'",
  ],
])('refuses the custom format %p', (props, sentence) => {
  expect(() => Precision.custom(props as { name: string; weightBits: number })).toThrow(new Error(sentence));
});
