import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { show } from '../errors';
import { Refusal } from './io';

/** One object of the synthesized YAML. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  /** Empty for the namespace of whoever applies it, and for kinds without one. */
  readonly namespace: string;
  readonly name: string;
  readonly body: any;
}

/** Reads every `.yaml`, `.yml` and `.json` file under a folder, in the order of their names. */
export function readManifests(folder: string): Manifest[] {
  const objects = filesIn(folder).flatMap(readObjects);
  if (!objects.length) { throw new Refusal(`no Kubernetes objects in ${show(folder)}; synthesize first`); }
  return objects;
}

/** `apps` of `apps/v1`; empty for the core group. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}

/** `v1` of `apps/v1`. */
export function versionOf(apiVersion: string): string {
  return apiVersion.slice(apiVersion.indexOf('/') + 1);
}

/** `Deployment chat/llama`. */
export function titleOf({ kind, namespace, name }: { kind: string; namespace?: string; name: string }): string {
  return `${kind} ${namespace ? `${namespace}/` : ''}${name}`;
}

/** Every `.yaml`, `.yml` and `.json` file under a folder, in the order of their names; a file is itself. */
export function filesIn(folder: string): string[] {
  try {
    if (statSync(folder).isFile()) { return [folder]; }
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.name !== 'node_modules' && !entry.name.startsWith('.'))
      .sort((a, b) => a.name < b.name ? -1 : 1)
      .flatMap((entry) => entry.isDirectory() ? filesIn(join(folder, entry.name)) : /\.(ya?ml|json)$/.test(entry.name) ? [join(folder, entry.name)] : []);
  } catch (error) {
    throw new Refusal(`${show(folder)} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`);
  }
}

function readObjects(file: string): Manifest[] {
  const documents = parseAllDocuments(readFileSync(file, 'utf8'));
  return [...documents].flatMap((document) => {
    if ('errors' in document && document.errors.length) {
      throw new Refusal(`${show(file)} is not YAML: ${document.errors[0].message.split('\n')[0].replace(/:$/, '')}`);
    }
    return objectsIn(toValue(document, file));
  });
}

/** Aliases that multiply ("billion laughs") are refused by the parser. */
function toValue(document: { toJS: () => unknown }, file: string): unknown {
  try {
    return document.toJS();
  } catch {
    throw new Refusal(`${show(file)} has aliases that can't be resolved`);
  }
}

function objectsIn(body: any): Manifest[] {
  if (typeof body !== 'object' || body === null) { return []; }
  if (body.kind === 'List' && Array.isArray(body.items)) { return body.items.flatMap(objectsIn); }
  const { apiVersion, kind, metadata } = body;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') { return []; }
  return [{ apiVersion, kind, namespace: String(metadata?.namespace ?? ''), name: String(metadata?.name ?? metadata?.generateName ?? ''), body }];
}
