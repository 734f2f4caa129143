import { Construct } from 'constructs';
import { fail, numberProblem, NumberRule, show } from '../errors';
import { isLabelKey, isLabelValue, labelsProblem } from '../kube/labels';

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** Fails unless the number, if there is one, keeps to the rule. Internal. */
export function checkNumber(scope: Construct, prop: string, value: unknown, rule: NumberRule): void {
  const problem = value === undefined ? undefined : numberProblem(prop, value, rule);
  if (problem) { fail(scope, problem); }
}

/** Whether a value is an object with keys, and not a list, a Map or a Date. Internal. */
export function isMap(value: unknown): value is { [key: string]: unknown } {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** Fails unless the value maps legal keys to legal values of labels. Internal. */
export function checkLabels(scope: Construct, prop: string, labels: unknown): void {
  if (!isMap(labels)) { fail(scope, `'${prop}' is ${show(labels)} but must map label keys to values`); }
  const problem = labelsProblem('label', labels);
  if (problem) { fail(scope, `in '${prop}', ${problem}`); }
}

/** Fails unless the value maps extended resources to how many there are of them. Internal. */
export function checkResources(scope: Construct, prop: string, resources: unknown): void {
  if (!isMap(resources)) { fail(scope, `'${prop}' is ${show(resources)} but must map resources to numbers`); }
  for (const [resource, amount] of Object.entries(resources)) {
    if (!isLabelKey(resource) || !resource.includes('/')) { fail(scope, `'${prop}' has ${show(resource)} but a resource is a domain and a name, e.g. 'rdma/hca'`); }
    checkNumber(scope, `${prop}.${resource.slice(0, 80)}`, amount, { min: 1, max: 1e6, integer: true });
  }
}

/** Fails unless every taint is one that Kubernetes takes. Internal. */
export function checkTaints(scope: Construct, prop: string, taints: unknown): void {
  if (!Array.isArray(taints) || !taints.every(isMap)) { fail(scope, `'${prop}' is ${show(taints)} but must be a list of taints`); }
  for (const { key, value, effect } of taints) {
    if (typeof key !== 'string' || !isLabelKey(key)) { fail(scope, `a taint of '${prop}' has the key ${show(key)} but a key is a name of up to 63 letters, digits, '-', '_' and '.', after an optional DNS name and '/'`); }
    if (value !== undefined && (value === '' || !isLabelValue(value))) { fail(scope, `taint ${show(key)} of '${prop}' has the value ${show(value)} but a value has 1 to 63 letters, digits, '-', '_' and '.'`); }
    if (taints.filter((other) => other.key === key && other.effect === effect).length > 1) { fail(scope, `'${prop}' has two taints ${show(key)} with the effect ${show(effect)} but a node has one of a key and an effect; leave one out`); }
    if (!EFFECTS.includes(effect as string)) { fail(scope, `taint ${show(key)} of '${prop}' has the effect ${show(effect)} but an effect is 'NoSchedule', 'PreferNoSchedule' or 'NoExecute'`); }
  }
}

/** A map with its keys in order, so that the same entries give the same bytes. Internal. */
export function sorted<T>(map: { [key: string]: T }): { [key: string]: T } {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}
