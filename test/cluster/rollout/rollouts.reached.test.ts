/**
 * Whole rollouts: the bundled runner as a process with a service account's rights, a real API server, a real Contour and Envoy, a real Prometheus that
 * scrapes engines without a model, and users who count what happens to them. All of them run side by side. Runs where the addresses of KWOK's pods
 * are local: `tsx test/cluster/gateway/run.ts`.
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EvaluationPods } from './evaluation-pods';
import { GuardedPrometheus } from './guarded-prometheus';
import { Behaviour, MeteredEngines } from './metered-engines';
import { Rollout, RolloutOptions } from './rollout';
import { rolloutTrial } from './rollout-trial';
import { REPLICAS } from './trial-fleets';
import { tally } from '../gateway/client';
import { FakeEngines } from '../gateway/fake-engines';
import { Gateway, GATEWAY_CLASS, gatewayObject, installCrds } from '../gateway/gateway';
import { gatewayPrograms } from '../gateway/programs';
import { checkPodsAreLocal } from '../local-pods';
import { Prometheus } from '../monitoring/prometheus';
import { eventually } from '../support/api-server';
import { applyClientSide } from '../support/client-side-apply';
import { KubeObject } from '../support/kube-object';
import { useCluster } from '../support/use-cluster';

/** `token` is what the runner shows to a Prometheus that wants one. */
interface Case extends Partial<Omit<RolloutOptions, 'apply' | 'env'>> { readonly behaviour?: Behaviour; readonly evaluated?: boolean; readonly clientSide?: boolean; readonly token?: string }

const TOKEN = 'of-the-runner';
const GUARDED_PORT = 9443;

const CASES: { readonly [name: string]: Case } = {
  'sound': { perSecond: 150, reapplied: true, evaluated: true },
  'sound-by-client': { reapplied: true, clientSide: true, token: TOKEN },
  'slow': { perSecond: 150, behaviour: { slower: 1.3 } },
  'failing': { behaviour: { errors: 0.02 }, reapplied: true },
  'crashing': { behaviour: { crashesAfter: 6 } },
  'never-ready': { full: true },
  'unscraped': { behaviour: { scraped: false } },
  'denied': { token: 'of somebody else' },
  'bypassed': { without: ({ kind, metadata }) => kind === 'Service' && /candidate/.test(metadata.name) },
  'unused': { perSecond: 0 },
  'wrong': { evaluated: true, behaviour: { answer: 'Berlin.' } },
};
const PER_SECOND = 30;
const ENDS_IN_SECONDS = 400;
const HOST = '127.0.1.1';

const cluster = useCluster({ controllers: ['leaderworkerset'] });
const rollouts: { [name: string]: Rollout } = {};
let gateway: Gateway | undefined;
let engines: FakeEngines | undefined;
let prometheus: Prometheus | undefined;
let guarded: GuardedPrometheus | undefined;
let evaluations: EvaluationPods | undefined;

beforeAll(async () => {
  await checkPodsAreLocal('tsx test/cluster/gateway/run.ts');
  const { api, controlPlane } = cluster;
  const programs = path.resolve('bin');
  execFileSync(process.execPath, ['scripts/bundle-runner.mjs']);
  const behaviours = new Map<string, Behaviour>();
  const metered = new MeteredEngines(behaviours);
  engines = new FakeEngines(controlPlane, (pod, page) => metered.page(pod, page), metered);
  await engines.start();
  const gateways = await gatewayPrograms();
  await installCrds(api, gateways.crds);
  await api.namespace('gateways');
  const object = gatewayObject('public', 'gateways', { from: 'All' });
  await api.applyAll([GATEWAY_CLASS, object]);
  gateway = await Gateway.start(api, controlPlane, gateways, object, HOST);
  evaluations = new EvaluationPods(api, programs, path.join(controlPlane.directory, 'evaluations'));
  evaluations.start();
  for (const [name, { behaviour = {}, evaluated, clientSide, token, ...options }] of Object.entries(CASES)) {
    const trial = rolloutTrial({ name, gateway: 'public', runner: { prometheusUrl: token ? `https://localhost:${GUARDED_PORT}` : 'http://127.0.0.1:9090', requestsPerSecond: PER_SECOND }, evaluated });
    behaviours.set(trial.spec.candidate.name, behaviour);
    const apply = clientSide ? (one: KubeObject) => applyClientSide(api, one) : async (one: KubeObject) => (await api.applyAll([one]))[0];
    rollouts[name] = new Rollout({ api, controlPlane, gateway: { host: HOST, port: 8080 } }, trial, {
      perSecond: PER_SECOND, reapplied: false, full: false, without: () => false, env: token ? filesFor(controlPlane.directory, name, token, controlPlane.ca) : {}, apply, ...options,
    });
    await rollouts[name].deploy();
  }
  prometheus = await Prometheus.start(api, controlPlane);
  const certificates = path.join(controlPlane.directory, 'certs');
  guarded = new GuardedPrometheus({ cert: fs.readFileSync(path.join(certificates, 'tls.crt')), key: fs.readFileSync(path.join(certificates, 'tls.key')) }, TOKEN, prometheus.url);
  await guarded.start(GUARDED_PORT);
  for (const rollout of Object.values(rollouts)) { rollout.begin(); }
  await sleep(5000); // the first scrapes
  for (const rollout of Object.values(rollouts)) { await rollout.start(); }
}, 400_000);

afterAll(async () => {
  await Promise.all(Object.values(rollouts).map((rollout) => rollout.stop()));
  evaluations?.stop();
  await guarded?.stop();
  await prometheus?.stop();
  await gateway?.stop();
  await engines?.stop();
}, 60_000);

/** What a Secret and a ConfigMap bring into the runner's pod. */
function filesFor(folder: string, name: string, token: string, ca: string): NodeJS.ProcessEnv {
  const files = { CANARY_PROMETHEUS_TOKEN_FILE: path.join(folder, `${name}.token`), CANARY_PROMETHEUS_CA_FILE: path.join(folder, `${name}.ca`) };
  fs.writeFileSync(files.CANARY_PROMETHEUS_TOKEN_FILE, `${token}\n`);
  fs.writeFileSync(files.CANARY_PROMETHEUS_CA_FILE, ca);
  return files;
}

/** Waits for its end; what is the same for all holds. */
async function ended(name: string): Promise<Rollout> {
  const rollout = rollouts[name];
  await rollout.over();
  expect(rollout.job!.starts).toBe(1);
  expect(rollout.job!.log.filter(({ level }) => level === 'error')).toEqual([]);
  expect(rollout.changes).toEqual([]);
  return rollout;
}

/** For docs/canary.md. */
function report({ trial: { name }, state, seconds, most, load: { replies, streams }, ofCandidate, lost }: Rollout): void {
  process.stdout.write(`${JSON.stringify({ name, ended: state.phase, because: state.reason, seconds: Math.round(seconds), most, asked: replies.length, streams, ofCandidate: ofCandidate.length, lost: lost.length })}\n`);
}

const weights = ({ spec }: any) => spec.rules[0].backendRefs.map(({ weight }: any) => weight);

describe('a sound candidate', () => {
  test.each(['sound', 'sound-by-client'])('(%s) takes over in the cluster and then in Git, without a lost request; applying Git again changes nothing in any phase', async (name) => {
    const rollout = await ended(name);
    expect([rollout.state.phase, rollout.state.reason]).toEqual(['promoted', 'the candidate has taken over']);
    const { stable, candidate, route } = await rollout.live();
    expect([weights(route), stable.spec.replicas, candidate.spec.replicas]).toEqual([[0, 1000], REPLICAS, REPLICAS]);
    expect(rollout.reapplications).toEqual(expect.arrayContaining(['warming of step 1', 'analysing of step 1', 'analysing of step 2', 'analysing of step 3', 'promoted of step 3']));

    const pods = await rollout.podsOf('candidate');
    await rollout.promoteInGit();
    await eventually('the overlay is gone', async () => (await rollout.live()).route === undefined);
    await eventually('the stable fleet is gone', async () => (await rollout.podsOf('stable')).length === 0);
    await sleep(2000);
    await rollout.load.stop();
    const after = (await rollout.live()).candidate;
    expect([after.spec, await rollout.podsOf('candidate')]).toEqual([candidate.spec, pods]);
    report(rollout);
    expect(tally(rollout.lost.map(({ status }) => status))).toEqual({});
    if (name === 'sound-by-client') { expect(guarded!.seen.let).toBeGreaterThan(100); }
    if (name === 'sound') { expect(rollout.load.replies.length).toBeGreaterThan(10_000); }
  }, ENDS_IN_SECONDS * 1000);
});

describe('a candidate is rolled back', () => {
  test.each<[string, RegExp]>([
    ['slow', /^gate '(time-to-first-token|time-per-output-token)-beside-stable' at \d+ %: 1\.[234]\d* times the stable fleet/],
    ['failing', /^gate 'error-ratio-(below-0.01|beside-stable)-http' at \d+ %: \d+ of \d+ requests, (limit 1 %|stable \d of \d+)$/],
    ['crashing', /^(\d+ restarts of the candidate's processes at \d+ %$|in doubt for \d+ s: the candidate has no series)/],
    ['never-ready', /^in doubt for \d+ s: 0 of 1 replicas of the candidate are ready after 20 s$/],
    ['unscraped', /^in doubt for \d+ s: the candidate has no series for /],
    ['denied', /^in doubt for \d+ s: measurements can't be read: Prometheus at https:\/\/localhost:9443 answers 401$/],
    ['bypassed', /^in doubt for \d+ s: .*the candidate got 0 of \d+ requests but its weight is 100 of 1000/],
    ['unused', /^in doubt for \d+ s: after 120 s nothing is decided by /],
    ['wrong', /^gate 'evaluation': the score is 0, at least 1 is wanted$/],
  ])('that is %s', async (name, reason) => {
    const rollout = await ended(name);
    await rollout.load.stop();
    report(rollout);
    expect([rollout.state.phase, rollout.state.reason]).toEqual(['rolled-back', expect.stringMatching(reason)]);
    const { stable, candidate, route } = await rollout.live();
    expect([weights(route), stable.spec.replicas, candidate.spec.replicas]).toEqual([[1000, 0], REPLICAS, 0]);
    expect(JSON.stringify(route.spec.rules[0].matches)).toContain('x-cdk8s-inference-asleep');
    if (name !== 'crashing') { expect(tally(rollout.lost.map(({ status }) => status))).toEqual({}); }
    if (name === 'slow') { expect(rollout.load.replies.length).toBeGreaterThan(10_000); }
    if (['never-ready', 'wrong'].includes(name)) { expect([rollout.most, rollout.ofCandidate.filter(({ status }) => status > 0).length]).toEqual([0, 0]); }
  }, ENDS_IN_SECONDS * 1000);
});
