/** The runner's own metrics, for Prometheus. docs/canary.md lists them. */
import * as http from 'http';
import { Transport } from './http';
import { silentTraffic } from './judge';
import { RolloutState } from './state';
import { statusOf } from './status';
import { GateVerdict, RolloutPhase } from '../src/report/rollout-status';
import { RolloutSpec } from '../src/rollout/rollout-spec';

/** Further labels, and the value. */
type Sample = readonly [string, number];

const PHASES: readonly RolloutPhase[] = [
  'pending', 'warming', 'shifting', 'analysing', 'holding', 'paused', 'promoting', 'rolling-back', 'promoted', 'rolled-back', 'aborted',
];
const VERDICTS: readonly GateVerdict[] = ['good', 'bad', 'undecided', 'no-data', 'not-applicable'];

export class Exposition {
  private looks = 0;
  /** Answers by server and status. */
  private readonly answers = new Map<string, number>();
  private observed = '';
  private readonly labels: string;

  /** The namespace is that of the pod, which Prometheus knows. */
  constructor(rollout: string) { this.labels = `rollout=${quoted(rollout)}`; }

  /** Told after each look that was whole. */
  public observe(spec: RolloutSpec, state: RolloutState, now: number): void {
    this.looks += 1;
    const status = statusOf(spec, state);
    const { doubt, gates } = status;
    const doubtMillis = state.doubtMillis + Math.max(0, now - (state.doubtSince ?? now));
    this.observed = [
      this.metric('phase', 'gauge', 'Phase of the rollout: 1 for the one that it is in.', PHASES.map((phase) => [`,phase="${phase}"`, phase === status.phase ? 1 : 0])),
      this.metric('step', 'gauge', 'Step of the rollout, from 1.', [['', status.step]]),
      this.metric('steps', 'gauge', 'Steps that the rollout has.', [['', status.steps.length]]),
      this.metric('weight_ratio', 'gauge', 'Share of the requests that the candidate is to get.', [['', status.weight]]),
      this.metric('doubt_seconds', 'gauge', 'Doubt of this step, added up.', [['', doubtMillis / 1000]]),
      this.metric('doubt_limit_seconds', 'gauge', 'Doubt of one step that ends in a rollback.', [['', doubt.limitSeconds]]),
      this.metric('silent', 'gauge', 'Whether the candidate gets far less than its share.', [['', silentTraffic(spec, state.evidence) === undefined ? 0 : 1]]),
      this.metric('gate_verdict', 'gauge', 'What a gate says of the candidate at this step: 1 for its verdict.', gates.flatMap(({ gate, verdict }) => (
        VERDICTS.map((one): Sample => [`,gate=${quoted(gate)},verdict="${one}"`, one === verdict ? 1 : 0])))),
      this.metric('gate_samples', 'gauge', 'Requests or readings of the candidate that a gate has counted at this step.', gates.flatMap(({ gate, samples }): Sample[] => (
        samples === undefined ? [] : [[`,gate=${quoted(gate)}`, samples]]))),
      this.metric('evidence', 'gauge', 'Logarithm of the evidence of a gate, as a share of what a verdict takes.', gates.flatMap(({ gate, evidence }): Sample[] => {
        if (evidence === undefined) { return []; }
        const good: Sample[] = evidence.good === undefined ? [] : [[`,gate=${quoted(gate)},for="good"`, evidence.good]];
        return [[`,gate=${quoted(gate)},for="bad"`, evidence.bad], ...good];
      })),
      this.metric('last_look_timestamp_seconds', 'gauge', 'When the runner last saw the cluster whole.', [['', now / 1000]]),
    ].join('');
  }

  /** Counts the answers of a server; `none` where there was none. */
  public counting(server: 'kubernetes' | 'prometheus', transport: Transport): Transport {
    const count = (code: string) => {
      const labels = `,server="${server}",code="${code}"`;
      this.answers.set(labels, (this.answers.get(labels) ?? 0) + 1);
    };
    return async (request) => {
      const answer = await transport(request).catch((error) => {
        count('none');
        throw error;
      });
      count(String(answer.status));
      return answer;
    };
  }

  public render(): string {
    const answers = [...this.answers].sort(([one], [other]) => one < other ? -1 : 1);
    return [
      this.observed,
      this.metric('looks_total', 'counter', 'Looks at the cluster that were whole.', [['', this.looks]]),
      this.metric('answers_total', 'counter', 'Answers of the API server and of Prometheus by status; code none: there was no answer.', answers),
    ].join('');
  }

  public listen(port: number): http.Server {
    const server = http.createServer((request, answer) => {
      const found = request.url === '/metrics' || request.url === '/healthz';
      answer.writeHead(found ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4' });
      answer.end(request.url === '/metrics' ? this.render() : '');
    });
    server.listen(port);
    server.unref();
    return server;
  }

  private metric(name: string, type: string, help: string, samples: readonly Sample[]): string {
    const full = `cdk8s_inference_canary_${name}`;
    return [`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, ...samples.map(([more, value]) => `${full}{${this.labels}${more}} ${value}`), ''].join('\n');
  }
}

function quoted(value: string): string { return `"${value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`; }
