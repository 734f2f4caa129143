/** Fleets of every engine and version that the signals tell apart: some fare well and some fail. */
import { Chart, Duration, Testing } from 'cdk8s';
import { EngineDoes } from './engine-metrics';
import { Capacity, Engine, GpuNodePool, InferenceFleet, Model, Weights } from '../../../src';
import { METRICS } from '../../../src/catalog/data/signals';
import { SGLANG_VERSIONS } from '../../../src/engines/data/sglang-versions';
import { VLLM_VERSIONS } from '../../../src/engines/data/vllm-versions';
import { objectsIn } from '../../support/objects';
import { ClusterApp } from '../support/apps';
import { fakeNode } from '../support/fake-nodes';

/** A fleet and what its engines do, one after the other. */
export interface MeasuredFleet { readonly name: string; readonly engine: string; readonly version: string; readonly fails: boolean; readonly does: readonly EngineDoes[] }

export const MEASURED = 'measured';
export const MODEL = 'llama-8b';
/** Seconds between two scrapes. */
export const INTERVAL = 1;

const WELL: readonly EngineDoes[] = [
  {
    waiting: 3, running: 40, cacheUsed: 0.5, requests: 20, refusals: 0, broken: 0, promptTokens: 4000, outputTokens: 900, tokensFromCache: 1000, preemptions: 0.5,
    seconds: { firstToken: 0.2, betweenTokens: 0.02, perToken: 0.03, whole: 3, inQueue: 0.04 },
  },
  {
    waiting: 4, running: 20, cacheUsed: 0.2, requests: 10, refusals: 0, broken: 0, promptTokens: 1000, outputTokens: 600, tokensFromCache: 250, preemptions: 0,
    seconds: { firstToken: 0.7, betweenTokens: 0.04, perToken: 0.07, whole: 8, inQueue: 0.4 },
  },
];
const FAILING: readonly EngineDoes[] = [{ ...WELL[0], waiting: 90, refusals: 10, broken: 20 }];

const TAINT = { key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' };
const GPUS_PER_NODE = 8;

/** Versions at which a name changes, and those that the library can start. */
function versionsOf(engine: string): string[] {
  const known = [...engine === 'vllm' ? VLLM_VERSIONS : engine === 'sglang' ? SGLANG_VERSIONS : []].map(({ version }) => version);
  const changes = METRICS.filter((row) => row.engine === engine).flatMap(({ since, before }) => [since, ...before ? [before] : []]);
  return [...new Set([...changes, ...known])];
}

/** The library's own engine where it knows the version; else one that is described by hand. */
function engineOf(name: string, version: string, metricsPath: string): Engine {
  if (VLLM_VERSIONS.some((row) => name === 'vllm' && row.version === version)) { return Engine.vllm({ version, allowMutableTag: true }); }
  if (SGLANG_VERSIONS.some((row) => name === 'sglang' && row.version === version)) { return Engine.sglang({ version, allowMutableTag: true }); }
  return Engine.custom({
    name,
    image: `example.com/${name}:${version}`,
    allowMutableTag: true,
    args: ['--port=8000', `--served-model-name=${MODEL}`],
    port: 8000,
    readyPath: '/health',
    metricsPath,
  });
}

export const MEASURED_FLEETS: readonly MeasuredFleet[] = ['vllm', 'sglang', 'trtllm'].flatMap((engine) => versionsOf(engine).flatMap((version) => [false, true].map((fails) => ({
  name: `${engine}-${version.replaceAll('.', '-')}-${fails ? 'fails' : 'fares-well'}`, engine, version, fails, does: fails ? FAILING : WELL,
}))));

/** The fleets and the nodes that they just fit on. */
export function measuredFleets(metricsPaths: { readonly [engine: string]: string }): ClusterApp {
  const gpus = MEASURED_FLEETS.reduce((sum, { does }) => sum + does.length, 0);
  const nodes = Math.ceil(gpus / GPUS_PER_NODE);
  const app = Testing.app();
  const chart = new Chart(app, MEASURED, { namespace: MEASURED });
  const pool = GpuNodePool.fromGpuNodePoolAttributes(chart, 'Pool', {
    instanceType: 'p5.48xlarge', nodeLabels: { 'example.com/pool': MEASURED }, taints: [TAINT], maxGpus: nodes * GPUS_PER_NODE,
  });
  for (const { name, engine, version, does } of MEASURED_FLEETS) {
    new InferenceFleet(chart, name, {
      model: Model.named('meta-llama/Llama-3.1-8B-Instruct'),
      servedModelName: MODEL,
      pools: [pool],
      engine: engineOf(engine, version, metricsPaths[engine]),
      capacity: Capacity.manual({ replicas: does.length, layout: { tensorParallel: 1 } }),
      weights: Weights.fromClaim({ claimName: 'weights' }),
      monitoring: { interval: Duration.seconds(INTERVAL) },
      metadata: { name },
    });
  }
  return {
    name: MEASURED,
    objects: objectsIn(app.synthYaml()),
    claims: [`${MEASURED}/weights`],
    nodes: Array.from({ length: nodes }, (_, i) => fakeNode({ name: `${MEASURED}-${i}`, instanceType: 'p5.48xlarge', labels: { 'example.com/pool': MEASURED }, taints: [TAINT] })),
  };
}
