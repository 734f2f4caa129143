import { Construct } from 'constructs';
import { fail, numberProblem, NumberRule, show } from '../errors';
import { isLabelKey, isLabelValue, labelsProblem } from '../kube/labels';

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** Fails unless the number, if there is one, keeps to the rule. Internal. */
export function checkNumber(scope: Construct, prop: string, value: unknown, rule: NumberRule): void {
  const problem = value === undefined ? undefined : numberProblem(prop, value, rule);
  if (problem) { fail(scope, problem); }
}

/** Whether a value is an object with keys, and not a list. Internal. */
export function isMap(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Fails unless the value maps legal keys to legal values of labels. Internal. */
export function checkLabels(scope: Construct, prop: string, labels: unknown): void {
  if (!isMap(labels)) { fail(scope, `'${prop}' is ${show(labels)} but must map label keys to values`); }
  const problem = labelsProblem('label', labels);
  if (problem) { fail(scope, `in '${prop}', ${problem}`); }
}

/** Fails unless every taint is one that Kubernetes takes. Internal. */
export function checkTaints(scope: Construct, prop: string, taints: unknown): void {
  if (!Array.isArray(taints) || !taints.every(isMap)) { fail(scope, `'${prop}' is ${show(taints)} but must be a list of taints`); }
  for (const { key, value, effect } of taints) {
    if (typeof key !== 'string' || !isLabelKey(key)) { fail(scope, `a taint of '${prop}' has the key ${show(key)} but a key is a name of up to 63 letters, digits, '-', '_' and '.', after an optional DNS name and '/'`); }
    if (value !== undefined && (value === '' || !isLabelValue(value))) { fail(scope, `taint ${show(key)} of '${prop}' has the value ${show(value)} but a value has 1 to 63 letters, digits, '-', '_' and '.'`); }
    if (!EFFECTS.includes(effect as string)) { fail(scope, `taint ${show(key)} of '${prop}' has the effect ${show(effect)} but an effect is 'NoSchedule', 'PreferNoSchedule' or 'NoExecute'`); }
  }
}

/** A map with its keys in order, so that the same entries give the same bytes. Internal. */
export function sorted<T>(map: { [key: string]: T }): { [key: string]: T } {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}
