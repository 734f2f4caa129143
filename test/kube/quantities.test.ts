import { amountOf, bytesUp, cpu, GIB, MIB } from '../../src/kube/quantities';

test.each([
  [0, '0Mi'], [1, '1Mi'], [MIB, '1Mi'], [1.5 * GIB, '1536Mi'], [16 * GIB, '16Gi'], [16e9, '15259Mi'],
])('%d bytes are at most %s', (bytes, quantity) => {
  expect(bytesUp(bytes)).toBe(quantity);
});

test.each([[500, '500m'], [2000, '2'], [2500, '2500m']])('%d thousandths of a CPU are %s', (millis, quantity) => {
  expect(cpu(millis)).toBe(quantity);
});

test.each([['1Gi', GIB], ['512Mi', 512 * MIB], ['1.5G', 1.5e9], [1024, 1024], ['a lot', undefined], ['', undefined], ['-1Gi', undefined]])('%p is %p bytes', (quantity, bytes) => {
  expect(amountOf(quantity)).toBe(bytes);
});
