import { SizeRoundingBehavior } from 'cdk8s';
import { IConstruct } from 'constructs';
import { didYouMean, fail, numberProblem, objectProblem, prefixOf, show } from '../errors';
import { ObjectLimit, SynthesisBudget } from './platform-app-props';

/** Objects that a summary names as the largest. */
const LARGEST = 10;
const KIB = 1024;

/** Key of the annotation in which client-side apply keeps what it applied. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

interface LimitRule {
  readonly bytes: number;
  /** What of an object counts. */
  readonly measure: (object: any, bytes: number) => number;
  readonly sentence: (what: string, bytes: number, limit: number) => string;
}

/**
 * etcd: `--max-request-bytes`, 1.5 MiB by default. Data: `MaxSecretSize` of Kubernetes' API, which holds for ConfigMaps too; keys do not count.
 * Annotations: `TotalAnnotationSizeLimitB`, keys and values.
 */
const LIMITS: { [limit in ObjectLimit]: LimitRule } = {
  [ObjectLimit.ETCD_REQUEST]: {
    bytes: 1536 * KIB,
    measure: (_, bytes) => bytes,
    sentence: (what, bytes, limit) => `${what} has ${bytes} bytes but etcd takes at most ${limit} in one request; split it`,
  },
  [ObjectLimit.DATA]: {
    bytes: 1024 * KIB,
    measure: dataBytes,
    sentence: (what, bytes, limit) => `${what} holds ${bytes} bytes of data but may hold at most ${limit}; split it, or mount the data from a volume`,
  },
  [ObjectLimit.CLIENT_SIDE_APPLY]: {
    bytes: 256 * KIB,
    measure: annotationBytes,
    sentence: (what, bytes, limit) => `${what} would have ${bytes} bytes of annotations under client-side apply`
      + ` but may have at most ${limit}; apply on the server (kubectl apply --server-side), or split it`,
  },
};

/** What was synthesized, by the bytes that each object takes as JSON. */
export class Ledger {
  private readonly all: Count = { objects: 0, bytes: 0 };
  private readonly kinds = new Map<string, Count>();
  private readonly namespaces = new Map<string, Count>();
  private largest: Entry[] = [];
  private readonly over: Over[] = [];

  /** Counts an object that a construct synthesized to. */
  public add(construct: IConstruct, object: any): void {
    if (typeof object !== 'object' || object === null) { return; }
    const bytes = Buffer.byteLength(JSON.stringify(object, (_, value) => typeof value === 'bigint' ? Number(value) : value));
    const { apiVersion, kind, metadata } = object;
    const entry: Entry = {
      apiVersion: text(apiVersion),
      kind: text(kind),
      namespace: text(metadata?.namespace),
      name: text(metadata?.name),
      path: construct.node.path,
      bytes,
    };
    for (const count of [this.all, countOf(this.kinds, `${entry.apiVersion}\n${entry.kind}`), countOf(this.namespaces, entry.namespace)]) {
      count.objects++;
      count.bytes += bytes;
    }
    this.largest.push(entry);
    if (this.largest.length > 50 * LARGEST) { this.largest = largestOf(this.largest); }
    for (const limit of Object.values(ObjectLimit)) {
      const measured = LIMITS[limit].measure(object, bytes);
      if (measured > LIMITS[limit].bytes) { this.over.push({ construct, entry, limit, bytes: measured }); }
    }
  }

  /** The summary, the same for the same objects. */
  public summary(): object {
    return {
      version: 1,
      ...this.all,
      kinds: sorted(this.kinds).map(([key, count]) => ({ apiVersion: key.split('\n')[0], kind: key.split('\n')[1], ...count })),
      namespaces: sorted(this.namespaces).map(([namespace, count]) => ({ namespace, ...count })),
      largest: largestOf(this.largest),
      overLimits: this.over.map(({ entry, limit, bytes }) => ({ ...entry, limit, measuredBytes: bytes, limitBytes: LIMITS[limit].bytes })),
    };
  }

  /** A sentence for each thing that is over the budget. */
  public problems(budget: SynthesisBudget): string[] {
    const { maxObjects = Infinity, maxObjectsPerNamespace = Infinity, maxSize, refuseObjectsOver = [] } = budget;
    const maxBytes = (maxSize?.toKibibytes({ rounding: SizeRoundingBehavior.NONE }) ?? Infinity) * KIB;
    const found: string[] = [];
    const { objects, bytes } = this.all;
    const otherwise = 'raise it, or give charts an app of their own';
    if (objects > maxObjects) { found.push(`the app has ${objects} objects but 'maxObjects' is ${maxObjects}; ${otherwise}`); }
    for (const [namespace, { objects: count }] of sorted(this.namespaces)) {
      if (count <= maxObjectsPerNamespace) { continue; }
      const what = namespace ? `namespace ${show(namespace)} has ${count} objects` : `${count} objects state no namespace`;
      found.push(`${what} but 'maxObjectsPerNamespace' is ${maxObjectsPerNamespace}; raise it, or use more namespaces`);
    }
    if (bytes > maxBytes) { found.push(`the objects have ${bytes} bytes but 'maxSize' is ${maxBytes}; ${otherwise}`); }
    for (const over of this.over.filter(({ limit }) => refuseObjectsOver.includes(limit))) {
      const rule = LIMITS[over.limit];
      found.push(`${prefixOf(over.construct)}${rule.sentence(`${over.entry.kind} ${show(over.entry.name)}`, over.bytes, rule.bytes)}`);
    }
    return found;
  }
}

/** Refuses a budget that can't be meant. */
export function checkBudget(budget: SynthesisBudget | undefined): void {
  const { maxObjects, maxObjectsPerNamespace, refuseObjectsOver = [] } = budget ?? {};
  const problem = objectProblem('budget', budget)
    ?? Object.entries({ maxObjects, maxObjectsPerNamespace })
      .map(([prop, value]) => value === undefined ? undefined : numberProblem(prop, value, { min: 0, integer: true }))
      .find(Boolean);
  if (problem) { fail(undefined, problem); }
  for (const limit of refuseObjectsOver) {
    if (!Object.values(ObjectLimit).includes(limit)) { fail(undefined, didYouMean('limit', limit, Object.values(ObjectLimit))); }
  }
}

interface Count { objects: number; bytes: number }
interface Entry {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
}
interface Over { readonly construct: IConstruct; readonly entry: Entry; readonly limit: ObjectLimit; readonly bytes: number }

function countOf(counts: Map<string, Count>, key: string): Count {
  const count = counts.get(key) ?? { objects: 0, bytes: 0 };
  counts.set(key, count);
  return count;
}

function sorted(counts: Map<string, Count>): [string, Count][] {
  return [...counts].sort(([a], [b]) => a < b ? -1 : 1);
}

/** The largest first; of equal ones those that come first in the app. */
function largestOf(entries: Entry[]): Entry[] {
  return [...entries].sort((a, b) => b.bytes - a.bytes).slice(0, LARGEST);
}

function text(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function dataBytes({ apiVersion, kind, data, stringData, binaryData }: any): number {
  if (apiVersion !== 'v1' || !['ConfigMap', 'Secret'].includes(kind)) { return 0; }
  const size = (values: any, encoding: BufferEncoding) => sum(Object.values(values ?? {}).map((value) => Buffer.byteLength(text(value), encoding)));
  return size(data, kind === 'Secret' ? 'base64' : 'utf8') + size(stringData, 'utf8') + size(binaryData, 'base64');
}

/** Client-side apply ends what it writes with a line break. */
function annotationBytes({ metadata }: any, bytes: number): number {
  const own = Object.entries(metadata?.annotations ?? {}).map(([key, value]) => Buffer.byteLength(key) + Buffer.byteLength(text(value)));
  return sum(own) + LAST_APPLIED.length + bytes + 1;
}
