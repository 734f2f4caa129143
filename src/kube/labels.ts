import { shortHash } from './hash';

/** Prefix of the labels and annotations that belong to this library. */
export const PREFIX = 'cdk8s-inference/';

/** Name of the fleet's workload: with the component, what every selector reads. */
export const FLEET_LABEL = `${PREFIX}fleet`;
export const MODEL_LABEL = `${PREFIX}model`;
export const TEAM_LABEL = `${PREFIX}team`;
/** On the pods of a rollout: its runner, its evaluations, and both fleets where another controller owns them. */
export const ROLLOUT_LABEL = `${PREFIX}rollout`;
export const COST_CENTER_LABEL = `${PREFIX}cost-center`;

export const APP_NAME_LABEL = 'app.kubernetes.io/name';
export const APP_INSTANCE_LABEL = 'app.kubernetes.io/instance';
export const APP_VERSION_LABEL = 'app.kubernetes.io/version';
export const APP_COMPONENT_LABEL = 'app.kubernetes.io/component';
export const APP_PART_OF_LABEL = 'app.kubernetes.io/part-of';
export const APP_MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by';

/** Component of the pods that serve. Pods of a fleet's other objects (a download) carry another one, so that no Service selects them. */
export const SERVER_COMPONENT = 'model-server';
/** Component of what prepares the weights. */
export const WEIGHTS_COMPONENT = 'model-weights';

/** Index of a pod in its group, set by the LeaderWorkerSet controller; the leader has 0. */
export const WORKER_INDEX_LABEL = 'leaderworkerset.sigs.k8s.io/worker-index';
/** The same for all pods of one group, set by the LeaderWorkerSet controller. */
export const GROUP_KEY_LABEL = 'leaderworkerset.sigs.k8s.io/group-key';

const VALUE_MAX = 63;
const HASH_DIGITS = 8;

/** Whether a text is a legal label value. */
export function isLabelValue(value: unknown): boolean {
  return typeof value === 'string' && (value === '' || /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(value));
}

/** Whether a text is a legal key of a label or an annotation. */
export function isLabelKey(key: string): boolean {
  const [name, prefix, ...rest] = key.split('/').reverse();
  return rest.length === 0
    && /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(name)
    && (prefix === undefined || (prefix.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(prefix)));
}

/** Any text as a label value: itself if it is legal, else its legal characters and a hash of the whole. */
export function labelValue(text: string): string {
  if (isLabelValue(text)) { return text; }
  const room = VALUE_MAX - HASH_DIGITS - 1;
  const readable = text.slice(0, 4 * room).normalize('NFKD').replace(/[\u0300-\u036f]/g, '').replace(/[^A-Za-z0-9_.]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '').slice(0, room).replace(/[^A-Za-z0-9]+$/, '');
  return readable ? `${readable}-${shortHash(text)}` : shortHash(text);
}

/** What is wrong with labels (or annotations, whose values are free), as the end of a sentence; undefined if nothing is. */
export function labelsProblem(kind: 'label' | 'annotation', labels: { [key: string]: unknown }): string | undefined {
  for (const [key, value] of Object.entries(labels)) {
    const shown = key.length > 80 ? `${key.slice(0, 80)}…` : key;
    if (!isLabelKey(key)) { return `the ${kind} key '${shown}' is not a legal one (up to 63 letters, digits, '-', '_' and '.', after an optional DNS name and '/')`; }
    if (typeof value !== 'string') { return `the ${kind} '${shown}' is a value of type ${typeof value} but must be a string`; }
    if (kind === 'label' && !isLabelValue(value)) {
      return `the value of label '${shown}' is not a legal one (up to 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends)`;
    }
  }
  return undefined;
}

/** A copy in the order of its keys, which maps from other languages do not keep. */
export function sortedLabels(labels: { [key: string]: string }): { [key: string]: string } {
  return Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
