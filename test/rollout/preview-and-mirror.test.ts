import { Duration, Testing } from 'cdk8s';
import * as fc from 'fast-check';
import { chart, existingPool, FakeFleet, messageOf } from './fakes';
import { CanaryDriver } from '../../src/rollout/canary-driver';
import { CanaryMirror } from '../../src/rollout/canary-mirror';
import { CanaryPreview } from '../../src/rollout/canary-preview';
import { ModelCanary, ModelCanaryProps } from '../../src/rollout/model-canary';
import { TrafficShift } from '../../src/rollout/traffic-shift';
import { ModelRoute } from '../../src/routing/model-route';

interface Setting { readonly step?: number; readonly paths?: string[]; readonly candidateNamespace?: string; readonly replicas?: number }

/** Candidates of ten replicas in two paths' route. */
function canary(props: Partial<ModelCanaryProps>, { step = 1, paths = ['/v1/chat/completions', '/v1/completions'], candidateNamespace = 'chat', replicas = 10 }: Setting = {}) {
  const at = chart('chat');
  const pool = existingPool(at, 'H100');
  const stable = new FakeFleet(at, 'Stable', { pool, namespace: 'chat', replicas: 4 });
  const candidate = new FakeFleet(at, 'Next', { pool, namespace: candidateNamespace, replicas, gpusPerReplica: 1 });
  const route = new ModelRoute(at, 'Route', { fleet: stable, hostnames: ['llm.example.com'], gateway: { name: 'public' }, paths });
  const made = new ModelCanary(at, 'Canary', { route, stable, candidate, driver: CanaryDriver.manual({ step }), ...props });
  const rules = (): any[] => Testing.synth(at).find(({ kind, spec }: any) => kind === 'HTTPRoute' && spec.rules[0].matches[0].method === 'POST').spec.rules;
  return { made, rules };
}

const weights = (rule: any): number[] => rule.backendRefs.map(({ weight }: any) => weight);
const POSTS = ['/v1/chat/completions', '/v1/completions'].map((value) => ({ path: { type: 'Exact', value }, method: 'POST' }));

describe('a preview', () => {
  test('is a rule of its own that names both fleets and sends everything to one', () => {
    const { rules } = canary({ preview: CanaryPreview.header('x-preview', 'yes') });
    expect(rules()[0].matches).toEqual(POSTS);
    expect(rules()[1]).toEqual({
      ...rules()[0],
      matches: POSTS.map((match) => ({ ...match, headers: [{ type: 'Exact', name: 'x-preview', value: 'yes' }] })),
      backendRefs: [{ name: 'stable', port: 8000, weight: 0 }, { name: 'next', port: 8000, weight: 1000 }],
    });
  });

  test('goes to the stable fleet in the step before the first share', () => {
    const preview = CanaryPreview.header('x-preview', 'yes');
    expect(weights(canary({ preview }, { step: 0 }).rules()[1])).toEqual([1000, 0]);
    expect(weights(canary({ preview }, { step: 5 }).rules()[1])).toEqual([0, 1000]);
  });

  test('of tenants matches any of their names', () => {
    const { rules } = canary({ preview: CanaryPreview.tenants('x-tenant', ['acme', 'globex']) });
    const matched = rules()[1].matches.map(({ path, headers }: any) => [path.value, headers[0].value]);
    expect(matched).toEqual(['acme', 'globex'].flatMap((tenant) => POSTS.map(({ path }) => [path.value, tenant])));
  });

  test('by a regular expression says so', () => {
    const { rules } = canary({ preview: CanaryPreview.headerMatching('x-tenant', '(beta|test)-.*') });
    expect(rules()[1].matches[0].headers).toEqual([{ type: 'RegularExpression', name: 'x-tenant', value: '(beta|test)-.*' }]);
  });

  test('takes no more matches than Gateway API lets a rule and a route have, whatever the tenants and paths', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 140 }), fc.integer({ min: 1, max: 64 }), (tenants, open) => {
      const paths = Array.from({ length: open }, (_, i) => `/v1/${i}`);
      const preview = CanaryPreview.tenants('x-tenant', Array.from({ length: tenants }, (_, i) => `t${i}`));
      const most = Math.floor(128 / open) - 1;
      if (tenants > most) {
        expect(messageOf(() => canary({ preview }, { paths }))).toMatch(/^\[chat\/Canary\] 'preview' has \d+ values of a header, which with \d+ paths? are? ?/);
        return;
      }
      const counts = canary({ preview }, { paths }).rules().map(({ matches }) => matches.length);
      expect(Math.max(...counts)).toBeLessThanOrEqual(64);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe((tenants + 1) * open);
      expect(counts.length).toBeLessThanOrEqual(16);
    }), { numRuns: 40 });
  });

  test('says how many tenants a route holds', () => {
    const preview = CanaryPreview.tenants('x-tenant', Array.from({ length: 64 }, (_, i) => `t${i}`));
    expect(messageOf(() => canary({ preview }))).toBe("[chat/Canary] 'preview' has 64 values of a header, which with 2 paths are 130 matches, but an HTTPRoute holds 128; name at most 63, or let the gateway set one header for all of them");
  });

  test('takes replicas beside those of the share', () => {
    const { made } = canary({ preview: CanaryPreview.header('x-preview', 'yes', { percentage: 20 }), shift: TrafficShift.steps([{ percentage: 10 }, { percentage: 50 }, { percentage: 100 }]) });
    expect(made.steps.map(({ leastReplicas }) => leastReplicas)).toEqual([2, 3, 6, 10]); // 20 %, 10 + 0.9 x 20 %, 50 + 0.5 x 20 %, 100 %
    expect(made.steps.map(({ candidateReplicas }) => candidateReplicas)).toEqual([3, 6, 10, 10]);
  });

  test.each<[string, () => unknown, string]>([
    ['no name', () => CanaryPreview.header('x preview', 'yes'), "the header of CanaryPreview.header is 'x preview' but must be the name of an HTTP header, e.g. 'x-preview'"],
    ['Host', () => CanaryPreview.header('Host', 'a.example.com'), "the header of CanaryPreview.header is 'Host' but gateways match hostnames by the route's own; let the gateway set a header that names the tenant"],
    ['no value', () => CanaryPreview.header('x-preview', ''), "CanaryPreview.header has the value '' but a header's value is 1 to 4096 printable characters of ASCII with single blanks between them"],
    ['no tenants', () => CanaryPreview.tenants('x-tenant', []), 'the tenants of CanaryPreview.tenants are a list of 0 but must be a list of one or more'],
    ['a tenant twice', () => CanaryPreview.tenants('x-tenant', ['a', 'a']), "CanaryPreview.tenants names 'a' twice"],
    ['a share above all', () => CanaryPreview.header('x-preview', 'yes', { percentage: 101 }), "'percentage' is 101 but must be a number from 0 to 100 in the options of CanaryPreview.header"],
    ['something else', () => canary({ preview: 'x-preview' as any }), "[chat/Canary] 'preview' is 'x-preview' but must be a CanaryPreview, e.g. CanaryPreview.header('x-preview', 'yes')"],
  ])('with %s is refused', (_what, body, sentence) => { expect(messageOf(body)).toBe(sentence); });
});

describe('a mirror', () => {
  test('copies requests to the candidate in a step of its own, before the first share', () => {
    const { rules, made } = canary({ mirror: { percentage: 20, interval: Duration.minutes(20) } });
    expect(rules()[0].filters).toEqual([{ type: 'RequestMirror', requestMirror: { backendRef: { name: 'next', port: 8000 }, percent: 20 } }]);
    expect(weights(rules()[0])).toEqual([1000, 0]);
    expect(made.steps.map(({ percentage, mirroredPercentage }) => [percentage, mirroredPercentage]).slice(0, 3)).toEqual([[0, undefined], [0, 20], [1, undefined]]);
    expect(made.steps[1].interval?.toMinutes()).toBe(20);
  });

  test.each([0, 2, 6])('copies nothing in step %d', (step) => {
    expect(canary({ mirror: { percentage: 100 } }, { step }).rules()[0]).not.toHaveProperty('filters');
  });

  test('of all requests needs no share, which every gateway understands', () => {
    expect(canary({ mirror: { percentage: 100 } }).rules()[0].filters[0].requestMirror).toEqual({ backendRef: { name: 'next', port: 8000 } });
  });

  test('names the namespace of a candidate elsewhere', () => {
    expect(canary({ mirror: { percentage: 100 } }, { candidateNamespace: 'next' }).rules()[0].filters[0].requestMirror.backendRef).toEqual({ name: 'next', namespace: 'next', port: 8000 });
  });

  test('copies no preview', () => {
    const { rules } = canary({ mirror: { percentage: 100 }, preview: CanaryPreview.header('x-preview', 'yes') });
    expect(rules().map(({ filters }) => filters?.length)).toEqual([1, undefined]);
  });

  test('takes replicas as real requests do, which then stay', () => {
    const { made } = canary({ mirror: { percentage: 40 }, shift: TrafficShift.steps([{ percentage: 10 }, { percentage: 100 }]) });
    expect(made.steps.map(({ leastReplicas, candidateReplicas, gpus }) => [leastReplicas, candidateReplicas, gpus])).toEqual([[1, 4, 20], [4, 4, 20], [1, 10, 26], [10, 10, 26]]);
  });

  test('that the budget can not hold is refused', () => {
    expect(messageOf(() => canary({ mirror: { percentage: 100 }, gpuBudget: 25, shift: TrafficShift.steps([{ percentage: 10 }, { percentage: 100 }]) })))
      .toBe("[chat/Canary] step 0 (0 %) needs 26 GPUs (stable 16, candidate 10) but 'gpuBudget' is 25; raise it, or plan fewer replicas");
  });

  test.each<[unknown, string]>([
    [{ percentage: 0 }, "[chat/Canary] 'mirror.percentage' is 0 but must be a whole number from 1 to 100"],
    [{ percentage: 0.5 }, "[chat/Canary] 'mirror.percentage' is 0.5 but must be a whole number from 1 to 100"],
    [20, "[chat/Canary] 'mirror' is 20 but must be an object such as { percentage: 100 }"],
    [null, "[chat/Canary] 'mirror' is null but must be an object such as { percentage: 100 }"],
    [{ percentage: 20, interval: 5 }, "[chat/Canary] 'mirror.interval' is 5 but must be a Duration above zero"],
  ])('of %j is refused', (mirror, sentence) => { expect(messageOf(() => canary({ mirror: mirror as CanaryMirror }))).toBe(sentence); });
});
