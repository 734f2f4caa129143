import * as fs from 'fs';
import * as path from 'path';
import { KubeObject } from './kube-object';
import { objectsIn } from '../../support/objects';

const golden = path.join(__dirname, '..', '..', 'golden');

/** What the examples synthesize, by their names: the golden files, of which `examples.test.ts` holds that they are that. */
export function examples(): [name: string, objects: KubeObject[]][] {
  return fs.readdirSync(golden).sort().map((name) => [name, exampleObjects(name)]);
}

/** What an example synthesizes. */
export function exampleObjects(name: string): KubeObject[] {
  return fs.readdirSync(path.join(golden, name)).sort().flatMap((file) => objectsIn(fs.readFileSync(path.join(golden, name, file), 'utf8')));
}
