import { Checked } from './checked';
import { GPUS_PER_NODE, joined, NODE_NETWORK_BYTES_PER_SECOND, PCIE_BYTES_PER_SECOND } from './communication';
import { gib } from './estimate';
import { architectureOf } from './hardware';
import { hostLinkOf } from './host-link';
import { Objective, ObjectiveKind } from './objective';
import { Found, Miss, nameOf } from './placement';
import { wanted } from './problem';
import { Speculation } from './speculation';
import { SpeculationMethod } from './speculative-decoding';
import { count, rate, showMillis } from './words';

const BOUNDS: { readonly [bound: string]: string } = {
  'memory-bandwidth': 'reading weights and KV cache from memory',
  'compute': 'arithmetic',
  'interconnect': 'communication between GPUs',
  'kv-capacity': 'room in the KV cache',
  'queue': 'waiting for a place',
};

/** What was assumed, one sentence each. */
export function assumptionsOf(checked: Checked, found: Found): string[] {
  const { lengths, request, headroom, spareReplicas, subject } = checked;
  const { pool } = found;
  const { accelerator } = pool;
  const instance = found.instance!;
  const said: string[] = [];
  const stated = request.load.lengths;
  if (stated.promptTokensP99 === undefined) { said.push(`99 % of prompts stay under ${Math.round(lengths.promptP99)} tokens (four times the mean, within the model's context).`); }
  if (stated.outputTokensP99 === undefined) { said.push(`99 % of completions stay under ${Math.round(lengths.outputP99)} tokens (four times the mean, within the model's context).`); }
  said.push('Requests arrive independently of each other (Poisson), and prompt and completion lengths are lognormal.');
  const { prefixHitRatio = 0 } = stated;
  if (prefixHitRatio > 0) { said.push(`${rate(prefixHitRatio * 100)} % of prompt tokens are found in the prefix cache, which only a router that knows the cache keeps up over several replicas.`); }
  const readBack = instance.readBackSeconds(lengths.prompt.mean);
  if (readBack > 0) {
    const link = hostLinkOf(pool)! / 1e9;
    said.push(`${rate(subject.hostHitRatio * 100)} % of prompt tokens come back from the KV cache on the host, in ${showMillis(readBack * 1000)} for a mean prompt over a link of ${rate(link)} GB/s of each GPU alone; no measurement of it went into this.`);
  }
  if (headroom > 0) { said.push(`${rate(headroom * 100)} % of each replica's capacity is left free for bursts.`); }
  if (spareReplicas > 0) { said.push(`${spareReplicas} of the replicas ${spareReplicas === 1 ? 'is a spare that takes' : 'are spares that take'} no load.`); }
  if (pool.gpusPerNode === undefined) { said.push(`A node has ${GPUS_PER_NODE} GPUs.`); }
  if (instance.nodes > 1 && pool.interNodeBytesPerSecond === undefined) {
    said.push(`Nodes are joined by ${rate(NODE_NETWORK_BYTES_PER_SECOND * 8 / 1e9)} Gbit/s each.`);
  }
  if (instance.gpus > 1 && instance.nodes === 1 && !joined(pool, instance.gpus)) {
    const link = accelerator.linkBytesPerSecond ?? PCIE_BYTES_PER_SECOND;
    said.push(`GPUs of a replica talk over PCIe at ${rate((accelerator.linkDomain > 1 ? PCIE_BYTES_PER_SECOND : link) / 1e9)} GB/s, which differs between machines.`);
  }
  if (['other', 'older'].includes(architectureOf(accelerator))) {
    said.push(`No serving measurements of ${accelerator.name} went into this; its efficiency is a guess and the ranges are wider.`);
  }
  if (accelerator.caution) { said.push(`${accelerator.name}: ${accelerator.caution}.`); }
  if (subject.engine.adapters) { said.push("Steps are as long as without adapters: only their slots' memory is counted."); }
  if (subject.speculation) { said.push(...guessing(subject.speculation)); }
  if (subject.precision !== subject.model.weightPrecision) {
    said.push(`Weights are served in ${subject.precision.name} although they are published in ${subject.model.weightPrecision.name}: a checkpoint in that format exists or the engine quantises on loading.`);
  }
  if (found.converted) {
    said.push(`The KV cache is kept in ${found.kvCachePrecision.name}, which neither the request nor the checkpoint asks for: it changes answers, more so with scales that nobody calibrated, so measure them before users get them.`);
  }
  return said;
}

/** What is assumed of tokens that are guessed. */
function guessing({ stated, tokens, perStep, measured }: Speculation): string[] {
  const given = `A step gives a request ${rate(perStep)} tokens of the ${tokens + 1} that it works on (${stated.method}, ${count(tokens, 'draft token')})`;
  return [
    measured ? `${given}, which was measured of ${measured.of} (${measured.source}); state what the engine's log has of your own requests.` : `${given}, as stated.`,
    ...stated.method === SpeculationMethod.NGRAM ? ['Every step verifies as many tokens as it may, although there is not always something to look up.'] : [],
  ];
}

const SOUGHT: { readonly [kind in ObjectiveKind]: string } = {
  [ObjectiveKind.FEWEST_GPUS]: 'the fewest GPUs',
  [ObjectiveKind.LOWEST_COST]: 'the lowest cost',
  [ObjectiveKind.LOWEST_ENERGY]: 'the lowest energy',
  [ObjectiveKind.LOWEST_LATENCY]: 'the lowest end-to-end time',
};

function budgetOf({ maxGpus, maxDollarsPerHour }: Objective): string {
  const limits = [maxGpus === undefined ? '' : count(maxGpus, 'GPU'), maxDollarsPerHour === undefined ? '' : `${money(maxDollarsPerHour)} per hour`].filter(Boolean);
  return limits.length ? ` with at most ${limits.join(' and ')}` : '';
}

/** Dollars as people read them. */
function money(dollars: number): string {
  return `${dollars < 0.995 ? Number(dollars.toPrecision(2)) : Number(dollars.toFixed(2))} dollars`;
}

/** Why this plan, in sentences. */
export function explanationOf(checked: Checked, best: Found, others: readonly Found[]): string[] {
  const { subject, percentile } = checked;
  const e = best.estimate!;
  const { memory } = e;
  const name = best.pool.name ?? best.pool.accelerator.name;
  const said: string[] = [];
  said.push(`${best.replicas} x (${nameOf(best)}) on ${name}, ${count(best.gpus, 'GPU')} in all, ${best.replicas === 1 ? 'serves' : 'serve'} ${wanted(checked)}.`);
  said.push(`Each GPU holds ${gib(memory.weightBytes)} of weights and ${gib(memory.kvCacheBytes)} of KV cache of its ${gib(memory.deviceBytes)}; a replica has room for about ${count(Math.floor(best.instance!.slots(checked.lengths.prompt.mean, checked.lengths.output.mean)), 'request')} in flight and is expected to have ${rate(e.concurrentRequests)}.`);
  const parts = [
    `first token after ${showMillis(e.timeToFirstToken.atTarget.expected)}`,
    `a token every ${showMillis(e.timePerOutputToken.atTarget.expected)}`,
    `done after ${showMillis(e.endToEnd.atTarget.expected)}`,
  ];
  said.push(`At p${percentile}: ${parts.join(', ')}; ${BOUNDS[e.boundBy]} sets the pace, and a replica uses ${Math.round(e.utilization * 100)} % of what it could carry.`);
  const { cost, energy } = best;
  if (cost) {
    said.push(`It costs ${money(cost.dollarsPerHour)} per hour, ${money(cost.dollarsPerMillionOutputTokens)} per million output tokens; where prompts pay for the ${Math.round(best.promptTimeShare! * 100)} % of the time that they take, ${money(cost.dollarsPerMillionPromptTokens)} per million prompt tokens and ${money(cost.dollarsPerMillionCompletionTokens)} per million output tokens.`);
  }
  if (energy) {
    said.push(`The GPUs take ${rate(energy.watts / 1000)} kW, ${rate(energy.joulesPerOutputToken)} joules per output token; where prompts pay for their time, ${rate(energy.joulesPerPromptToken)} per prompt token and ${rate(energy.joulesPerCompletionToken)} per output token.`);
  }
  const { objective } = checked.request;
  if (objective) { said.push(`Sought was ${SOUGHT[objective.kind]}${budgetOf(objective)}.`); }
  const runnerUp = others.find((f) => f.meets && (f.at !== best.at || f.converted !== best.converted));
  if (runnerUp) {
    const instead = checked.priced ? `, ${rate(runnerUp.dollarsPerHour)} instead of ${rate(best.dollarsPerHour)} dollars per hour` : '';
    said.push(`The runner-up is ${runnerUp.replicas} x (${nameOf(runnerUp)}) on ${runnerUp.pool.name ?? runnerUp.pool.accelerator.name} with ${count(runnerUp.gpus, 'GPU')}${instead}.`);
  }
  const missing = (miss: Miss) => others.filter((f) => f.miss === miss).length;
  const turned = [
    [Miss.LATENCY, 'misses a latency', 'miss a latency'], [Miss.POOL, 'takes more GPUs than allowed', 'take more GPUs than allowed'],
    [Miss.MEMORY, 'does not fit into memory', 'do not fit into memory'], [Miss.LAYOUT, 'does not divide the model or the nodes', 'do not divide the model or the nodes'],
    [Miss.HARDWARE, 'lacks the hardware', 'lack the hardware'],
  ] as const;
  const why = turned.filter(([miss]) => missing(miss) > 0).map(([miss, one, several]) => count(missing(miss), one, several));
  if (why.length) { said.push(`Of the other layouts, ${why.join(', ')}.`); }
  if (subject.calibration) { said.push(subject.calibration._sentenceFor(best.instance!)); }
  if (subject.rules.name !== 'vllm') { said.push(`Memory is divided as ${subject.rules.name} does.`); }
  return said;
}
