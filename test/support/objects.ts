import { parseAllDocuments } from 'yaml';

/** The objects of a YAML stream, in its order, read as Kubernetes reads YAML: by version 1.1, in which `on` is no text. */
export function objectsIn(yaml: string): any[] {
  return parseAllDocuments(yaml, { version: '1.1' }).map((document: any) => document.toJS()).filter((object) => object !== null);
}
