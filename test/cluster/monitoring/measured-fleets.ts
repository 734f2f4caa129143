/** Fleets of every engine and version that the signals tell apart: some fare well and some fail. */
import { Duration } from 'cdk8s';
import { EngineDoes } from './engine-metrics';
import { Engine } from '../../../src';
import { METRICS } from '../../../src/catalog/data/signals';
import { SGLANG_VERSIONS } from '../../../src/engines/data/sglang-versions';
import { VLLM_VERSIONS } from '../../../src/engines/data/vllm-versions';
import { ClusterApp } from '../support/apps';
import { fleetApp } from '../support/fleet-app';

/** A fleet and what its engines do, one after the other. */
export interface MeasuredFleet { readonly name: string; readonly engine: string; readonly version: string; readonly fails: boolean; readonly does: readonly EngineDoes[] }

export const MEASURED = 'measured';
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
    args: ['--port=8000'],
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
  return fleetApp({
    namespace: MEASURED,
    nodes: Math.ceil(MEASURED_FLEETS.reduce((sum, { does }) => sum + does.length, 0) / GPUS_PER_NODE),
    fleets: MEASURED_FLEETS.map(({ name, engine, version, does }) => ({
      id: name,
      replicas: does.length,
      layout: { tensorParallel: 1 },
      engine: engineOf(engine, version, metricsPaths[engine]),
      monitoring: { interval: Duration.seconds(INTERVAL) },
    })),
  });
}
