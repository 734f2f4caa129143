import { unknownFields } from '../../src/cli/schema';

const schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        size: { type: 'integer' },
        rules: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        free: { 'type': 'object', 'x-kubernetes-preserve-unknown-fields': true },
        port: { 'x-kubernetes-int-or-string': true },
      },
    },
  },
};

describe('unknownFields', () => {
  test('finds what the schema lacks, wherever it is', () => {
    expect(unknownFields(schema, { kind: 'X', metadata: {}, spec: { size: 1, colour: 1, rules: [{ name: 'a' }, { timeouts: {} }] }, extra: 1 }))
      .toEqual(['spec.colour', 'spec.rules[].timeouts', 'extra']);
  });

  test('lets maps, free parts and numbers-or-words be', () => {
    expect(unknownFields(schema, { spec: { labels: { any: 'thing' }, free: { any: { thing: 1 } }, port: 'http' } })).toEqual([]);
  });

  test('has nothing to say without a schema', () => {
    expect(unknownFields(undefined, { spec: { colour: 1 } })).toEqual([]);
  });
});
