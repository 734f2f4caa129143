import { ApiObject, App, Chart, JsonPatch, Testing } from 'cdk8s';
import { EnvValue } from 'cdk8s-plus-28';
import { readSpec } from '../../runner/spec-reader';
import { InferenceFleet, InferenceFleetProps, ModelCanary, ModelRoute } from '../../src';
import { CanaryDriver } from '../../src/rollout/canary-driver';
import { fleet, groups, machines } from '../cluster/support/planted-apps';

type Props = Partial<InferenceFleetProps>;

interface Setting { readonly stable?: Props; readonly candidate?: Props; readonly grouped?: boolean; readonly after?: (fleets: { stable: InferenceFleet; candidate: InferenceFleet }) => void }

/** A rollout between real fleets, as it is synthesized. */
function rollout({ stable: ofStable, candidate: ofCandidate, grouped = false, after }: Setting = {}) {
  const at = new Chart(new App(), 'chat', { namespace: 'chat' });
  const pools = [machines(at, { maxGpus: 64 })];
  const one = (id: string, props: Props = {}): InferenceFleet => {
    const scope = new Chart(at, id, { namespace: 'chat' });
    return grouped ? groups(scope, { pools, servedModelName: 'model', ...props }) : fleet(scope, { pools, servedModelName: 'model', ...props });
  };
  const [stable, candidate] = [one('Stable', ofStable), one('Candidate', ofCandidate)];
  const route = new ModelRoute(at, 'Route', { fleet: stable, hostnames: ['llm.example.com'], gateway: { name: 'public', gatewayNamespace: 'gateways' } });
  new ModelCanary(at, 'Canary', { route, stable, candidate, driver: CanaryDriver.runner({ requestsPerSecond: 10 }), rolloutName: 'llm' });
  after?.({ stable, candidate });
  const objects: any[] = [at, ...at.node.children.filter((child): child is Chart => Chart.isChart(child))].flatMap((chart) => JSON.parse(JSON.stringify(Testing.synth(chart))));
  const find = (kind: string, name: RegExp) => objects.find((object) => object.kind === kind && name.test(object.metadata.name));
  return {
    spec: readSpec(find('ConfigMap', /^llm$/).data.spec), job: find('Job', /^llm-/), objects,
    workload: (side: 'stable' | 'candidate') => find('Deployment', side === 'stable' ? /stable/ : /candidate/) ?? find('LeaderWorkerSet', side === 'stable' ? /stable/ : /candidate/),
  };
}

const { hash } = rollout().spec;

test('the manifest of the candidate leaves its replicas out, that of the stable fleet keeps them', () => {
  for (const grouped of [false, true]) {
    const { workload, spec } = rollout({ grouped });
    expect(workload('candidate').spec).not.toHaveProperty('replicas');
    expect(workload('stable').spec.replicas).toBe(spec.stable.replicas);
    expect([spec.candidate.kind, spec.candidate.name]).toEqual([workload('candidate').kind, workload('candidate').metadata.name]);
  }
});

test('the runner waits for a start as long as the plan gives it', () => {
  const { workload, spec } = rollout();
  expect(spec.timing.startSeconds).toBe(workload('candidate').spec.progressDeadlineSeconds);
});

describe('a new rollout is', () => {
  test.each<[string, Setting]>([
    ['another argument of the candidate', { after: ({ candidate }) => ApiObject.of(candidate).addJsonPatch(JsonPatch.add('/spec/template/spec/containers/0/args/-', '--own')) }],
    ['a variable that is added to the candidate after the canary', { after: ({ candidate }) => candidate.addEnv('OWN', EnvValue.fromValue('1')) }],
    ['a variable of the stable fleet', { after: ({ stable }) => stable.addEnv('OWN', EnvValue.fromValue('1')) }],
    ['another image by a patch', { after: ({ candidate }) => ApiObject.of(candidate).addJsonPatch(JsonPatch.add('/spec/template/spec/containers/0/image', `example.com/own@sha256:${'0'.repeat(64)}`)) }],
  ])('%s', (_, setting) => {
    const { spec, job } = rollout(setting);
    expect(spec.hash).not.toBe(hash);
    expect(job.spec.template.spec.containers[0].env[0]).toEqual({ name: 'CANARY_HASH', value: spec.hash });
    expect(job.metadata.name).not.toBe(rollout().job.metadata.name);
  });

  test.each<[string, Setting]>([
    ['another team', { candidate: { ownership: { team: 'search' } } }],
    ['a label or an annotation of the fleet', { stable: { metadata: { labels: { tier: 'gold' }, annotations: { contact: 'chat' } } } }],
    ['an annotation of the pods by a patch', { after: ({ candidate }) => ApiObject.of(candidate).addJsonPatch(JsonPatch.add('/spec/template/metadata/annotations', { note: 'x' })) }],
    ['the same rollout again', {}],
  ])('not %s', (_, setting) => {
    expect(rollout(setting).spec.hash).toBe(hash);
  });
});
