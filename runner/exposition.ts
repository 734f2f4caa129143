/** The runner's own metrics, for Prometheus. */
import * as http from 'http';
import { wantedWeight } from './decide';
import { evidenceOf, silentTraffic } from './judge';
import { Phase, RolloutState } from './state';
import { testsOf, thresholdsOf } from '../src/rollout/analysis/thresholds';
import { RolloutSpec } from '../src/rollout/rollout-spec';

/** Further labels, and the value. */
type Sample = readonly [string, number];

const PHASES: readonly Phase[] = [
  'pending', 'warming', 'shifting', 'analysing', 'holding', 'paused', 'promoting', 'rolling-back', 'promoted', 'rolled-back', 'aborted',
];

export class Exposition {
  private looks = 0;
  private text = '';

  public observe(spec: RolloutSpec, state: RolloutState, now: number): void {
    this.looks += 1;
    const labels = `rollout=${quoted(spec.name)},namespace=${quoted(spec.namespace)}`;
    const thresholds = thresholdsOf(spec.risk, testsOf(spec), spec.steps.length);
    const lines: string[] = [];
    const metric = (name: string, type: string, help: string, samples: readonly Sample[]) => lines.push(
      `# HELP cdk8s_inference_canary_${name} ${help}`, `# TYPE cdk8s_inference_canary_${name} ${type}`,
      ...samples.map(([more, value]) => `cdk8s_inference_canary_${name}{${labels}${more}} ${value}`),
    );
    metric('phase', 'gauge', 'Phase of the rollout: 1 for the one that it is in.', PHASES.map((phase) => [`,phase="${phase}"`, phase === state.phase ? 1 : 0]));
    metric('step', 'gauge', 'Step of the rollout, from 1.', [['', state.step + 1]]);
    metric('weight_ratio', 'gauge', 'Share of the requests that the candidate is to get.', [['', wantedWeight(spec, state) / 1000]]);
    metric('doubt_seconds', 'gauge', 'Doubt of this step, added up.', [['', (state.doubtMillis + Math.max(0, now - (state.doubtSince ?? now))) / 1000]]);
    metric('silent', 'gauge', 'Whether the candidate gets far less than its share.', [['', silentTraffic(spec, state.evidence) === undefined ? 0 : 1]]);
    metric('evidence', 'gauge', 'Logarithm of the evidence of a gate, as a share of what a verdict takes.', spec.gates.flatMap((gate): Sample[] => {
      const found = state.evidence.gates[gate.name];
      if (found === undefined) { return []; }
      const { worse, fine } = evidenceOf(gate, found);
      const good: Sample[] = fine === -Infinity ? [] : [[`,gate=${quoted(gate.name)},for="good"`, fine / thresholds.good]];
      return [[`,gate=${quoted(gate.name)},for="bad"`, worse / thresholds.bad], ...good];
    }));
    metric('looks_total', 'counter', 'Looks at the cluster.', [['', this.looks]]);
    this.text = `${lines.join('\n')}\n`;
  }

  public render(): string { return this.text; }

  public listen(port: number): http.Server {
    const server = http.createServer((request, answer) => {
      const found = request.url === '/metrics' || request.url === '/healthz';
      answer.writeHead(found ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4' });
      answer.end(request.url === '/metrics' ? this.text : '');
    });
    server.listen(port);
    server.unref();
    return server;
  }
}

function quoted(value: string): string { return `"${value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`; }
