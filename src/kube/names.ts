import { IConstruct } from 'constructs';
import { shortHash } from './hash';

/** Longest name of a workload: Kueue and LeaderWorkerSet put their own suffixes behind it. */
export const WORKLOAD_NAME_MAX = 39;
/** Longest name of a Service, and of most other things that become part of a host name. */
export const NAME_MAX = 63;

/** Characters of one construct id that a name can show; the hash still reads the whole id. */
const SHOWN_OF_ID = 80;
const HASH_DIGITS = 8;
/** Ids that say nothing to a reader. */
const SILENT_IDS = new Set(['Resource', 'Default', '']);

/**
 * A DNS label for a construct: the end of its path, readable, and a hash of the whole path.
 *
 * It depends on the construct's own path alone, so nothing that is added or removed beside it renames it.
 */
export function nameOf(scope: IConstruct, maxLength = NAME_MAX): string {
  const ids = scope.node.scopes.map((s) => s.node.id);
  const hash = shortHash(JSON.stringify(ids), HASH_DIGITS);
  const readable = slug(ids.filter((id) => !SILENT_IDS.has(id)).map((id) => id.slice(0, SHOWN_OF_ID)).join('-'));
  const room = maxLength - HASH_DIGITS - 1;
  const shown = trimDashes(readable.length > room ? readable.slice(readable.length - room) : readable);
  const head = /^[a-z]/.test(shown) ? shown : trimDashes(`x-${shown}`.slice(0, room));
  return `${head}-${hash}`;
}

/** A name with something behind it, shortened in the middle by a hash where it would be too long. */
export function nameWith(base: string, suffix: string, maxLength = NAME_MAX): string {
  const whole = `${base}-${suffix}`;
  if (whole.length <= maxLength) { return whole; }
  const tail = `-${shortHash(whole)}-${suffix}`;
  return `${trimDashes(base.slice(0, Math.max(1, maxLength - tail.length)))}${tail}`;
}

/** Whether a text can name any object of ours: a DNS label that starts with a letter. */
export function isDnsLabel(name: unknown, maxLength = NAME_MAX): name is string {
  return typeof name === 'string' && name.length <= maxLength && /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name);
}

/** Whether a text can name an object of most kinds, ours or not: a DNS subdomain. */
export function isObjectName(name: unknown): name is string {
  return typeof name === 'string' && name.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name);
}

/** Lower-case letters, digits and single dashes of a text; accents are dropped, other scripts leave nothing. */
function slug(text: string): string {
  return trimDashes(text.normalize('NFKD').replace(/[\u0300-\u036f]/g, '').toLowerCase().replace(/[^a-z0-9]+/g, '-'));
}

function trimDashes(text: string): string {
  return text.replace(/^-+|-+$/g, '');
}
