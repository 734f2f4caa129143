/**
 * Paths of an object's fields that a CRD's schema does not know: the API server drops those without a word. Items of
 * lists are written `[]`.
 */
export function unknownFields(schema: any, value: any, path = ''): string[] {
  if (!schema || typeof value !== 'object' || value === null || schema['x-kubernetes-preserve-unknown-fields']) { return []; }
  if (Array.isArray(value)) { return value.flatMap((item) => unknownFields(schema.items, item, `${path}[]`)); }
  const { properties, additionalProperties } = schema;
  if (additionalProperties) { return Object.values(value).flatMap((inner) => unknownFields(additionalProperties, inner, `${path}.*`)); }
  if (!properties) { return schema.type === 'object' && Object.keys(value).length ? [path] : []; }
  const embedded = !path || schema['x-kubernetes-embedded-resource'];
  return Object.entries(value).flatMap(([name, inner]) => {
    if (embedded && ['apiVersion', 'kind', 'metadata', 'status'].includes(name)) { return []; }
    const place = path ? `${path}.${name}` : name;
    return properties[name] ? unknownFields(properties[name], inner, place) : inner === undefined ? [] : [place];
  });
}
