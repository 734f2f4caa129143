import { EnvValue } from 'cdk8s-plus-28';
import { IConstruct } from 'constructs';
import { textProblem } from './arguments';
import { fail, objectProblem, show } from '../errors';

/** Variables, and what refuses a user's value for one of them: the rest of a sentence that begins with the variable. */
export type RefusedVariables = { readonly [name: string]: string };

/** Names that no engine's user may set, whatever the engine. */
const REFUSED: RefusedVariables = {
  CUDA_VISIBLE_DEVICES: 'would change the GPUs that the plan counts on; leave it to the device plugin',
  NVIDIA_VISIBLE_DEVICES: 'would show the container GPUs that were not allocated to it; leave it to the device plugin',
  ...Object.fromEntries(['HIP_VISIBLE_DEVICES', 'ROCR_VISIBLE_DEVICES'].map((name) =>
    [name, 'would change the GPUs that the plan counts on; leave it to the device plugin'])),
  HF_TOKEN: 'is not needed by pods that serve from files; give it to \'weights\' of the fleet',
  HUGGING_FACE_HUB_TOKEN: 'is not needed by pods that serve from files; give it to \'weights\' of the fleet',
  LWS_GROUP_SIZE: 'is set by LeaderWorkerSet; leave it out',
  LWS_LEADER_ADDRESS: 'is set by LeaderWorkerSet; leave it out',
  LWS_WORKER_INDEX: 'is set by LeaderWorkerSet; leave it out',
  PYTHONOPTIMIZE: 'switches off checks that the engine relies on (CVE-2026-41523); leave it out',
};

/** Names that a fleet's user must not set for an engine, and why. */
export function reservedVariables(fixed: RefusedVariables): RefusedVariables { return { ...REFUSED, ...fixed }; }

/** Whether a variable is named like one that holds a secret. */
export function isSecretName(name: string): boolean { return SECRET_NAME.test(name); }

const NAME = /^[A-Za-z_][-._A-Za-z0-9]*$/;
const SECRET_NAME = /(TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|ACCESS_?KEY|CREDENTIALS?)$/i;

/**
 * The engine's variables with the user's over them, in the order of their names.
 *
 * @param fixed variables of the engine that a user's value would break
 */
export function environment(
  scope: IConstruct,
  own: { [name: string]: EnvValue },
  user: { [name: string]: EnvValue } | undefined,
  fixed: RefusedVariables,
): { [name: string]: EnvValue } {
  const problem = objectProblem('env', user, 'must be a map from names to EnvValue');
  if (user === null || problem) { fail(scope, problem ?? '\'env\' is null but must be a map from names to EnvValue'); }
  const given = user ?? {};
  for (const name of Object.keys(given).sort()) { check(scope, name, given[name], reservedVariables(fixed)); }
  const all = { ...own, ...given };
  return Object.fromEntries(Object.keys(all).sort().map((name) => [name, all[name]]));
}

function check(scope: IConstruct, name: string, value: EnvValue, refused: RefusedVariables): void {
  if (!NAME.test(name) || name.length > 253) {
    fail(scope, `'env' has a variable ${show(name)} but names are letters, digits, '_', '-' and '.' and do not begin with a digit`);
  }
  if (Object.prototype.hasOwnProperty.call(refused, name)) { fail(scope, `'env' sets '${name}', which ${refused[name]}`); }
  if (typeof value !== 'object' || value === null || (value.value === undefined && value.valueFrom === undefined)) {
    fail(scope, `'env' has ${show(value)} for '${name}' but must have an EnvValue, e.g. EnvValue.fromValue(…)`);
  }
  if (value.value === undefined) { return; }
  const problem = textProblem(`env.${name}`, value.value);
  if (problem) { fail(scope, problem); }
  if (isSecretName(name)) {
    fail(scope, `'env' holds '${name}' in clear text, and so would the manifest; use EnvValue.fromSecretValue`);
  }
}

/** A key that must come from a Secret. */
export function secretOnly(scope: IConstruct, prop: string, value: EnvValue): EnvValue {
  const reference = (value as EnvValue | null)?.valueFrom?.secretKeyRef;
  if (typeof value !== 'object' || reference === undefined || value.value !== undefined) {
    fail(scope, `'${prop}' must come from a Secret, so that no manifest holds it; use EnvValue.fromSecretValue({ secret, key })`);
  }
  return value;
}
