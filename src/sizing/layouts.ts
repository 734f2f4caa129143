import { GPUS_PER_NODE, joined } from './communication';
import { EngineRules } from './engine-rules';
import { ParallelLayout, SizingPool } from './questions';
import { Degrees } from './shares';
import { Speculation } from './speculation';
import { SpeculationMethod } from './speculative-decoding';
import { count, either } from './words';
import { Precision } from '../catalog/precision';
import { ModelShape } from '../catalog/shape';

/** Nodes that one replica may span in a search; a stated layout may span more. */
const MOST_NODES = 4;
/** Values that share one scale in block formats: a rank must hold whole blocks. */
const BLOCK = 128;
/** Largest degree that a sentence proposes, and how many it proposes at most. */
const MOST_DEGREE = 256;
const MOST_DEGREES = 8;

/** Layouts worth looking at on a pool, simplest first. */
export function layoutsFor(shape: ModelShape, pool: SizingPool, rules: EngineRules): Degrees[] {
  const perNode = pool.gpusPerNode ?? GPUS_PER_NODE;
  const most = Math.min(pool.maxGpus ?? Infinity, perNode * (rules.severalNodes ? MOST_NODES : 1));
  const experts = shape.kinds.some((k) => k.feedForward.type === 'moe');
  const layouts: Degrees[] = [];
  for (const gpus of sizes(perNode, most)) {
    for (const tp of divisors(gpus)) {
      // Over several nodes, whole nodes make a pipeline; a scale-up link that joins them keeps them one.
      if (gpus > perNode ? tp !== perNode && !joined(pool, gpus) : false) { continue; }
      layouts.push({ tp, pp: gpus / tp, dp: 1, ep: 1 });
      if (!experts || gpus === 1 || gpus > perNode && !joined(pool, gpus)) { continue; }
      if (tp === gpus) {
        layouts.push({ tp, pp: 1, dp: 1, ep: gpus });
        const partly = rules.searchesPartlySpread ? divisors(gpus).filter((ep) => ep > 1 && ep < gpus) : [];
        layouts.push(...partly.map((ep) => ({ tp, pp: 1, dp: 1, ep })));
      } else if (tp === 1 || rules.splitsAttentionRanks) {
        layouts.push({ tp, pp: 1, dp: gpus / tp, ep: gpus });
      }
    }
  }
  return layouts.sort((a, b) => a.tp * a.pp * a.dp - b.tp * b.pp * b.dp || a.pp - b.pp || a.dp - b.dp || a.ep - b.ep);
}

/** GPU counts of a replica: powers of two in a node, then whole nodes. */
function sizes(perNode: number, most: number): number[] {
  const counts: number[] = [];
  for (let n = 1; n < perNode; n *= 2) { counts.push(n); }
  for (let nodes = 1; nodes <= MOST_NODES; nodes++) { counts.push(nodes * perNode); }
  return counts.filter((n) => n <= most);
}

function divisors(gpus: number): number[] {
  const found: number[] = [];
  for (let n = 1; n <= gpus; n *= 2) { if (gpus % n === 0) { found.push(n); } }
  if (!found.includes(gpus)) { found.push(gpus); }
  return found;
}

/** Why a model can't be laid out so on a pool, as a sentence; undefined if it can. */
export function layoutProblem(
  shape: ModelShape, precision: Precision, at: Degrees, pool: SizingPool, rules: EngineRules, speculation?: Speculation,
): string | undefined {
  return divisionProblem(shape, precision, at) ?? placementProblem(shape, at, pool, rules)
    ?? (speculation && speculationProblem(speculation, at, rules));
}

/** Why nothing can be guessed in this layout. */
function speculationProblem({ stated, drafter }: Speculation, at: Degrees, rules: EngineRules): string | undefined {
  if (at.pp > 1) { return `'engine.speculative' with 'pipelineParallel' ${at.pp} is not modelled; split the model by tensors, or leave it out`; }
  if (at.dp > 1 && rules.noRanksWith.includes(stated.method)) {
    return `'engine.speculative' of ${stated.method} with 'dataParallel' ${at.dp} is not something that ${rules.name} does; use another method, or leave it out`;
  }
  // Layers for multi-token prediction are split as the others are.
  if (!drafter || stated.method === SpeculationMethod.MTP) { return undefined; }
  const problem = divisionProblem(drafter.shape, drafter.precision, { tp: at.tp, pp: 1, dp: 1, ep: 1 });
  return problem && `of 'engine.speculative.model', ${problem}`;
}

function divisionProblem(shape: ModelShape, precision: Precision, at: Degrees, instead = others): string | undefined {
  const { tp, pp, dp, ep } = at;
  const use = (degree: 'tp' | 'ep') => instead(shape, precision, at, degree);
  if (pp > shape.order.length) { return `'pipelineParallel' ${pp} is more than the ${count(shape.order.length, 'layer')}; use at most ${shape.order.length}`; }
  const blocks = needsWholeBlocks(shape, precision);
  const experts = shape.kinds.some((k) => k.feedForward.type === 'moe');
  if (ep > 1 && !experts) { return `'expertParallel' ${ep} needs routed experts, which the model does not have; leave it out`; }
  if (ep > 1 && (tp * dp) % ep !== 0) { return `'expertParallel' ${ep} does not divide the ${count(tp * dp, 'GPU')} of tensor and data parallelism${use('ep')}`; }
  for (const { attention, feedForward } of shape.kinds) {
    if (attention.type === 'gqa' || attention.type === 'mla') {
      if (attention.queryHeads % tp !== 0) { return `'tensorParallel' ${tp} does not divide ${count(attention.queryHeads, 'attention head')}${use('tp')}`; }
    }
    if (attention.type === 'gqa' && attention.kvHeads % tp !== 0 && tp % attention.kvHeads !== 0) {
      return `'tensorParallel' ${tp} neither divides ${count(attention.kvHeads, 'KV head')} nor is a multiple of them${use('tp')}`;
    }
    if (attention.type === 'state' && attention.heads % tp !== 0) {
      return `'tensorParallel' ${tp} does not divide ${count(attention.heads, 'head')} of the recurrent layers${use('tp')}`;
    }
    if (feedForward.type === 'dense') {
      const problem = widthProblem('the FFN width', feedForward.intermediateSize, tp, blocks, precision);
      if (problem) { return problem; }
    }
    if (feedForward.type === 'moe') {
      if (ep > 1 && feedForward.experts % ep !== 0) { return `'expertParallel' ${ep} does not divide ${count(feedForward.experts, 'expert')}${use('ep')}`; }
      const problem = widthProblem('the expert width', feedForward.expertIntermediateSize, tp * dp / ep, blocks, precision);
      if (problem) { return problem; }
    }
  }
  return undefined;
}

/** The smallest degrees instead of one that does not divide, as many as a sentence bears. */
function others(shape: ModelShape, precision: Precision, at: Degrees, degree: 'tp' | 'ep'): string {
  const fits = (n: number) => divisionProblem(shape, precision, { ...at, [degree]: n }, () => '') === undefined;
  const found = Array.from({ length: MOST_DEGREE }, (_, i) => i + 1).filter(fits).slice(0, MOST_DEGREES);
  return found.length ? `; use ${either(found)}` : '';
}

/** Block-scaled checkpoints (DeepSeek's FP8) and grouped integers must be cut between blocks. */
function needsWholeBlocks(shape: ModelShape, precision: Precision): boolean {
  const own = shape.quantization?.precision === precision.name;
  return (own && shape.quantization!.method === 'fp8') || precision.name === 'int4';
}

function widthProblem(what: string, width: number, ways: number, blocks: boolean, precision: Precision): string | undefined {
  if (width % ways !== 0) { return `${ways} ways do not divide ${what} ${width}; split it over fewer GPUs`; }
  return blocks && ways > 1 && (width / ways) % BLOCK !== 0
    ? `${what} ${width} over ${ways} GPUs is ${width / ways}, which cuts the ${BLOCK}-wide blocks of the ${precision.name} weights; split it over fewer GPUs`
    : undefined;
}

function placementProblem(shape: ModelShape, at: Degrees, pool: SizingPool, rules: EngineRules): string | undefined {
  const perNode = pool.gpusPerNode ?? GPUS_PER_NODE;
  const gpus = at.tp * at.pp * at.dp;
  if (at.dp > 1 && !rules.dataParallelAttention) { return `'dataParallel' ${at.dp} is not something that ${rules.name} does; leave it out`; }
  if (at.dp > 1 && !shape.kinds.some((k) => k.feedForward.type === 'moe')) {
    return `'dataParallel' ${at.dp} gains nothing without routed experts; use replicas instead`;
  }
  if (at.dp > 1 && at.tp > 1 && !rules.splitsAttentionRanks) {
    return `'dataParallel' ${at.dp} with 'tensorParallel' ${at.tp} is not something that ${rules.name} does, whose attention ranks are one GPU each; use 'dataParallel' ${at.dp * at.tp} alone`;
  }
  if (at.ep > 1 && !rules.expertParallel) { return `'expertParallel' ${at.ep} is not something that ${rules.name} does; leave it out`; }
  if (at.ep > 1 && at.ep !== at.tp * at.dp && rules.expertsOverAll) {
    return `'expertParallel' ${at.ep} is not something that ${rules.name} does, which spreads experts over all ${at.tp * at.dp} GPUs of tensor and data parallelism or none; use ${at.tp * at.dp}, or leave it out`;
  }
  if (at.tp > perNode && !joined(pool, at.tp)) {
    return `'tensorParallel' ${at.tp} is more than the ${count(perNode, 'GPU')} of a node; split over nodes with 'pipelineParallel'`;
  }
  if (gpus > perNode) {
    if (gpus % perNode !== 0) { return `${gpus} GPUs do not fill whole nodes of ${perNode}; use a multiple of ${perNode} GPUs per replica, or at most ${perNode}`; }
    if (!rules.severalNodes) { return `${gpus} GPUs are more than one node of ${perNode}, and ${rules.name} stays within one; use fewer GPUs per replica`; }
  }
  return pool.maxGpus !== undefined && gpus > pool.maxGpus ? `one replica takes ${count(gpus, 'GPU')} but the pool has ${pool.maxGpus}; allow more GPUs or use fewer per replica` : undefined;
}

/** A layout as people write it: `TP 8`, `TP 8 x PP 2`, `DP 8 + EP 8`. */
export function layoutName(at: Degrees): string {
  const ways = [at.tp > 1 || (at.pp === 1 && at.dp === 1) ? `TP ${at.tp}` : '', at.pp > 1 ? `PP ${at.pp}` : '', at.dp > 1 ? `DP ${at.dp}` : ''].filter(Boolean);
  return `${ways.join(' x ')}${at.ep > 1 ? ` + EP ${at.ep}` : ''}`;
}

/** The public form of a layout. */
export function toLayout(at: Degrees): ParallelLayout {
  return { tensorParallel: at.tp, pipelineParallel: at.pp, dataParallel: at.dp, expertParallel: at.ep };
}
