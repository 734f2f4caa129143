import { isMirror, mirrored } from '../../src/fleet/images';

test.each([
  ['images.example.com/org/engine:1', 'mirror.example.com/m/org/engine:1'],
  ['images.example.com:5000/engine@sha256:00', 'mirror.example.com/m/engine@sha256:00'],
  ['localhost/engine', 'mirror.example.com/m/engine'],
  ['org/engine:1', 'mirror.example.com/m/org/engine:1'],
  ['python:3', 'mirror.example.com/m/python:3'],
  ['mirror.example.com/m/org/engine:1', 'mirror.example.com/m/org/engine:1'],
])('%s is pulled as %s', (reference, pulled) => {
  expect(mirrored(reference, 'mirror.example.com/m')).toBe(pulled);
  expect(mirrored(reference)).toBe(reference);
});

test.each([
  ['registry.example.com', true], ['registry.example.com:5000/a/b-c', true], ['localhost', true],
  ['https://registry.example.com', false], ['registry.example.com/', false], ['', false], ['a b', false], ['$(id)', false], [7, false],
])('%p may stand before an image: %p', (mirror, legal) => {
  expect(isMirror(mirror)).toBe(legal);
});
