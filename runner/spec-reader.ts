/** The spec as it comes from the ConfigMap. What synthesis wrote is sound; this finds what was edited since. */
import { copiesRequests } from './route';
import { RolloutSpec } from '../src/rollout/rollout-spec';

/** @throws a sentence about the first thing that is wrong */
export function readSpec(text: string | undefined): RolloutSpec {
  if (text === undefined) { throw new Error("the ConfigMap has no 'spec'"); }
  let spec: RolloutSpec;
  try { spec = JSON.parse(text); } catch (error) { throw new Error(`the spec is no JSON: ${(error as Error).message}`); }
  const problem = problemOf(spec);
  if (problem !== undefined) { throw new Error(problem); }
  return spec;
}

function problemOf(spec: RolloutSpec): string | undefined {
  if (spec?.version !== 1) { return `the spec has version ${JSON.stringify(spec?.version)} but this runner reads version 1`; }
  for (const part of ['stable', 'candidate', 'route', 'metrics', 'risk', 'timing', 'end'] as const) {
    if (typeof spec[part] !== 'object' || spec[part] === null) { return `the spec has no '${part}'`; }
  }
  const { steps, gates, route, end } = spec;
  if (!Array.isArray(steps) || steps.length === 0) { return "the spec has no 'steps'"; }
  for (const [i, { weight, mirrored, needs, runs }] of steps.entries()) {
    if (mirrored !== undefined && !(i === 0 && weight === 0 && Number.isInteger(mirrored) && mirrored > 0 && mirrored <= 1000)) { return `step ${i + 1} copies ${mirrored} of 1000 requests at weight ${weight}, but only the first step copies requests, at weight 0`; }
    if (mirrored === undefined && !(Number.isInteger(weight) && weight > (steps[i - 1]?.weight ?? 0) && weight <= 1000)) { return `step ${i + 1} has weight ${weight}, but weights rise from above 0 to 1000`; }
    if (!(needs >= 1 && runs >= needs)) { return `step ${i + 1} needs ${needs} replicas and runs ${runs}, but it needs at least 1 and runs what it needs`; }
  }
  if (steps[steps.length - 1].weight !== 1000) { return 'the last step does not carry all of the traffic'; }
  if (copiesRequests(route, route.template) !== (steps[0].mirrored !== undefined)) { return 'a first step copies requests if the template of the route has a filter that does, and only then'; }
  const rules: any = route.template?.spec?.rules;
  const pointless = (route.previewRules ?? []).find((rule) => rules?.[rule] === undefined);
  if (pointless !== undefined) { return `rule ${pointless} of the route previews the candidate but the template has no such rule`; }
  const unnumbered = Object.entries({ ...spec.timing, ...spec.risk }).find(([, value]) => !(typeof value === 'number' && value >= 0));
  if (unnumbered !== undefined) { return `'${unnumbered[0]}' is ${JSON.stringify(unnumbered[1])} but must be a number from 0`; }
  const names = (Array.isArray(gates) ? gates : []).map(({ name }) => name);
  if (new Set(names).size !== names.length) { return 'two gates have one name'; }
  if (route.leastWeight > 0 && (end.stableReplicas ?? 1) < 1) { return 'a gateway that keeps both weights needs a replica of the stable fleet at the end'; }
  return undefined;
}
