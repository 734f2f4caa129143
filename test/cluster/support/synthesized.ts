import * as fs from 'fs';
import * as path from 'path';
import { parseAllDocuments } from 'yaml';
import { KubeObject } from './kube-object';

const golden = path.join(__dirname, '..', '..', 'golden');

/** The objects of a YAML stream, in its order, read as Kubernetes reads YAML: by version 1.1, in which `on` is no text. */
export function objectsIn(yaml: string): KubeObject[] {
  return parseAllDocuments(yaml, { version: '1.1' }).map((document: any) => document.toJS()).filter((object) => object !== null);
}

/** What the examples synthesize, by their names: the golden files, of which `examples.test.ts` holds that they are that. */
export function examples(): [name: string, objects: KubeObject[]][] {
  return fs.readdirSync(golden).sort().map((name) => [name, fs.readdirSync(path.join(golden, name)).sort()
    .flatMap((file) => objectsIn(fs.readFileSync(path.join(golden, name, file), 'utf8')))]);
}
