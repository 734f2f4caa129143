import fc from 'fast-check';
import { lines } from '../../src/cli/lines';

async function read(chunks: (string | Buffer)[], maxBytes?: number): Promise<(string | undefined)[]> {
  const found: (string | undefined)[] = [];
  async function* input() { yield* chunks; }
  for await (const line of lines(input(), maxBytes)) { found.push(line); }
  return found;
}

describe('lines', () => {
  test('are the same however the stream is cut', async () => {
    await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary' }), fc.array(fc.nat(200)), async (text, cuts) => {
      const bytes = Buffer.from(text);
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort((a, b) => a - b);
      const chunks = places.slice(1).map((end, i) => bytes.subarray(places[i], end));
      const whole = bytes.toString('utf8').split('\n');
      expect(await read(chunks)).toEqual(whole.at(-1) === '' ? whole.slice(0, -1) : whole);
    }), { numRuns: 50 });
  });

  test('the last one needs no line feed', async () => {
    expect(await read(['a\nb'])).toEqual(['a', 'b']);
    expect(await read(['a\nb\n'])).toEqual(['a', 'b']);
  });

  test('one that is too long is passed over, and the next is read', async () => {
    expect(await read(['x'.repeat(5), 'x'.repeat(6), '\nshort\n', 'y'.repeat(11)], 10)).toEqual([undefined, 'short', undefined]);
  });

  test('one of exactly the longest length is read', async () => {
    expect(await read(['x'.repeat(10)], 10)).toEqual(['x'.repeat(10)]);
  });
});
