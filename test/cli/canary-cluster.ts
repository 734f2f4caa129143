import { join } from 'node:path';
import { stringify } from 'yaml';
import { command, Ran, Surroundings } from './fake-io';
import { folder } from './folder';
import { REAL_CLOCK } from '../../runner/clock';
import { HttpAnswer, HttpRequest } from '../../runner/http';
import { KubeClient } from '../../runner/kube-client';
import { Prometheus } from '../../runner/prometheus';
import { Runner } from '../../runner/runner';
import { noEvidence, RolloutState } from '../../runner/state';
import { statusOf, statusText } from '../../runner/status';
import { RolloutSpec } from '../../src/rollout/rollout-spec';
import { FakeApi } from '../runner/support/fake-api';
import { specWith } from '../runner/support/rollout';
import { serve, ServedApi } from '../runner/support/served-api';
import { PATHS } from '../runner/support/world';

export const NOW = Date.UTC(2026, 0, 1, 12);

/** A rollout in its second step, without trouble. */
export function stateWith(changes: Partial<RolloutState> = {}): RolloutState {
  const minutes = (ago: number) => NOW - ago * 60_000;
  return {
    version: 1, hash: 'abc123', phase: 'analysing', step: 1, carried: 1, epoch: 3, fallen: false, retiring: false, startedAt: minutes(20), phaseSince: minutes(5), stepSince: minutes(7),
    analysedSince: minutes(5), doubtMillis: 0, doubts: [], scores: {},
    evidence: { ...noEvidence(1), candidate: 900, stable: 2100, gates: { errors: { events: 1, total: 900, stableEvents: 0, stableTotal: 0 } } },
    history: [
      { at: minutes(20), phase: 'pending', step: 0, weight: 0, note: 'waiting for both fleets' },
      { at: minutes(18), phase: 'shifting', step: 0, weight: 50, note: '5 % of the requests' },
      { at: minutes(5), phase: 'analysing', step: 1, weight: 300, note: '' },
    ],
    verdicts: [{ at: minutes(4), step: 1, gate: 'errors', verdict: 'undecided', said: '0 of 20 requests, limit 1 %' }],
    ...changes,
  };
}

/** An API server in memory with one rollout, and a kubeconfig that leads there. */
export class CanaryCluster {
  public static async start(state?: RolloutState, spec = specWith(), realTime = false): Promise<CanaryCluster> {
    const api: FakeApi = new FakeApi({ now: () => realTime ? Date.now() : cluster.now, sleep: async () => undefined });
    const cluster = new CanaryCluster(api, spec);
    const workload = (name: string, replicas: number) => ({ metadata: { name, namespace: 'chat' }, spec: { replicas }, status: { readyReplicas: replicas } });
    api.put(PATHS.spec, { metadata: { name: 'canary', namespace: 'chat' }, data: { spec: JSON.stringify(spec) } });
    api.put(PATHS.stable, workload('stable', 4));
    api.put(PATHS.candidate, workload('candidate', 2));
    if (state !== undefined) {
      cluster.write(state);
      api.put(PATHS.lease, { metadata: { name: 'canary-lease' }, spec: { holderIdentity: 'runner-1', leaseDurationSeconds: 30, renewTime: new Date(NOW - 4000).toISOString() } });
    }
    const ask = api.transport();
    cluster.served = await serve(async (request) => {
      cluster.asked.push(request);
      return cluster.meddle?.(request) ?? ask(request);
    });
    const config = {
      'current-context': 'main',
      'contexts': [{ name: 'main', context: { cluster: 'c', namespace: 'chat' } }],
      'clusters': [{ name: 'c', cluster: { server: cluster.served.url } }],
    };
    cluster.kubeconfig = join(folder({ config: stringify(config) }), 'config');
    return cluster;
  }

  public readonly asked: HttpRequest[] = [];
  public now = NOW;
  /** Answers instead of the API server where it has an answer. */
  public meddle?: (request: HttpRequest) => HttpAnswer | undefined;
  private kubeconfig = '';
  private served?: ServedApi;

  private constructor(public readonly api: FakeApi, public readonly spec: RolloutSpec) {}

  public async stop(): Promise<void> { await this.served?.close(); }

  /** As the runner writes it. */
  public write(state: RolloutState): void {
    const { annotations } = this.api.objects.get(PATHS.state)?.metadata ?? {};
    const data = { 'state': JSON.stringify(state), 'status': statusText(this.spec, state), 'status.json': JSON.stringify(statusOf(this.spec, state)) };
    this.api.put(PATHS.state, { metadata: { name: 'canary-state', namespace: 'chat', annotations, labels: { 'cdk8s-inference/rollout': 'canary' } }, data });
  }

  public get command(): string | undefined { return this.api.objects.get(PATHS.state)?.metadata.annotations?.['cdk8s-inference/rollout-command']; }

  /** Runs `canary`; sentences without the port of this run. */
  public async canary(argv: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
    const ran = await command(['canary', ...argv], { ...surroundings, env: { KUBECONFIG: this.kubeconfig, ...surroundings.env } });
    return { ...ran, err: ran.err.replaceAll(this.served!.url, 'http://cluster') };
  }

  /** A real runner, in real time; ends with the rollout, or by `stop`. */
  public runner(): Runner {
    return new Runner({ namespace: 'chat', name: 'canary', hash: this.spec.hash, identity: 'runner-1' }, {
      kube: new KubeClient('http://api', this.api.transport(), REAL_CLOCK, () => undefined),
      prometheus: (url) => new Prometheus(url, async () => ({ status: 200, headers: {}, body: '{"status":"success","data":{"resultType":"matrix","result":[]}}' })),
      clock: REAL_CLOCK,
      log: () => undefined,
    });
  }
}
