import { simulationJson } from './simulation';
import { Accelerator } from '../catalog/accelerator';
import { Model } from '../catalog/model';
import { DisaggregatedPlan, PhasePlan } from '../sizing/disaggregated-plan';
import { CostEstimate, EnergyEstimate, EngineSettings, Estimate, LatencyEstimate, MemoryLedger, Range, SizingCandidate, SizingPlan } from '../sizing/plan';
import { ParallelLayout, SizingPool } from '../sizing/questions';
import { SimulatedEstimate } from '../sizing/simulated-estimate';
import { SpeculativeDecoding } from '../sizing/speculative-decoding';

/** Grows when a field is renamed, removed or changes its meaning; new fields do not change it. */
export const PLAN_JSON_VERSION = 1;

/**
 * A plan as plain data: the same plan gives the same keys in the same order. What is not known is absent; a figure
 * without bound (a queue that grows for ever) is null, as JSON has no infinity.
 */
export function planJson(plan: SizingPlan, simulated?: SimulatedEstimate): object {
  return compact({
    formatVersion: PLAN_JSON_VERSION,
    model: modelJson(plan.model),
    precision: plan.precision.name,
    kvCachePrecision: plan.kvCachePrecision.name,
    pool: poolJson(plan.pool),
    layout: layoutJson(plan.layout),
    replicas: plan.replicas,
    gpusPerReplica: plan.gpusPerReplica,
    nodesPerReplica: plan.nodesPerReplica,
    nodes: plan.nodes,
    gpus: plan.gpus,
    estimate: estimateJson(plan.estimate),
    simulated: simulated && simulatedJson(simulated),
    cost: costJson(plan.cost),
    energy: energyJson(plan.energy),
    explanation: [...plan.explanation],
    assumptions: [...plan.assumptions],
    alternatives: plan.alternatives.map(candidateJson),
  });
}

/** Prompts and completions on instances of their own, as plain data in the same way. */
export function disaggregatedJson(plan: DisaggregatedPlan): object {
  const phase = ({ layout, replicas, gpusPerReplica, gpus, utilization, settings, memory }: PhasePlan) => ({
    layout: layoutJson(layout), replicas, gpusPerReplica, gpus, utilization, settings: settingsJson(settings), memory: memoryJson(memory),
  });
  return compact({
    formatVersion: PLAN_JSON_VERSION,
    model: modelJson(plan.model),
    precision: plan.precision.name,
    kvCachePrecision: plan.kvCachePrecision.name,
    pool: poolJson(plan.pool),
    prefill: phase(plan.prefill),
    decode: phase(plan.decode),
    gpus: plan.gpus,
    timeToFirstTokenMillis: latencyJson(plan.timeToFirstToken),
    timePerOutputTokenMillis: latencyJson(plan.timePerOutputToken),
    endToEndMillis: latencyJson(plan.endToEnd),
    transferMillis: plan.transferMillis,
    cost: costJson(plan.cost),
    energy: energyJson(plan.energy),
    explanation: [...plan.explanation],
    aggregated: plan.aggregated && planJson(plan.aggregated),
  });
}

function poolJson(pool: SizingPool): object {
  return {
    name: pool.name ?? pool.accelerator.name,
    accelerator: acceleratorJson(pool.accelerator),
    gpusPerNode: pool.gpusPerNode ?? 8,
    maxGpus: pool.maxGpus,
    dollarsPerGpuHour: pool.dollarsPerGpuHour,
    interNodeBytesPerSecond: pool.interNodeBytesPerSecond,
    hostLinkBytesPerSecond: pool.hostLinkBytesPerSecond,
  };
}

/** All degrees of a layout, the defaults written out. */
export function layoutJson(layout: ParallelLayout): object {
  return {
    tensorParallel: layout.tensorParallel,
    pipelineParallel: layout.pipelineParallel ?? 1,
    dataParallel: layout.dataParallel ?? 1,
    expertParallel: layout.expertParallel ?? 1,
  };
}

/** A model without its internal shape. */
export function modelJson(model: Model): object {
  return compact({
    id: model.id,
    parameters: model.parameters,
    activeParameters: model.activeParameters,
    maxContextTokens: model.maxContextTokens,
    weightPrecision: model.weightPrecision.name,
    checkpointBytes: model.checkpointBytes,
    incomplete: model.incomplete,
    source: model.source,
    asOf: model.asOf,
  });
}

/** An accelerator's figures. */
export function acceleratorJson(accelerator: Accelerator): object {
  return compact({
    name: accelerator.name,
    title: accelerator.title,
    vendor: accelerator.vendor,
    memoryBytes: accelerator.memoryBytes,
    memoryBytesPerSecond: accelerator.memoryBytesPerSecond,
    linkTechnology: accelerator.linkTechnology,
    linkBytesPerSecond: accelerator.linkBytesPerSecond,
    linkDomain: accelerator.linkDomain,
    maxPowerWatts: accelerator.maxPowerWatts,
    computeCapability: accelerator.computeCapability,
    resourceName: accelerator.resourceName,
    caution: accelerator.caution,
    source: accelerator.source,
    asOf: accelerator.asOf,
  });
}

function estimateJson(estimate: Estimate): object {
  return compact({
    fits: estimate.fits,
    reason: estimate.reason,
    gpus: estimate.gpus,
    memory: memoryJson(estimate.memory),
    kvCacheTokens: estimate.kvCacheTokens,
    concurrentRequests: estimate.concurrentRequests,
    settings: settingsJson(estimate.settings),
    tokensPerStep: estimate.tokensPerStep,
    outputTokensPerSecond: rangeJson(estimate.outputTokensPerSecond),
    timeToFirstTokenMillis: latencyJson(estimate.timeToFirstToken),
    timePerOutputTokenMillis: latencyJson(estimate.timePerOutputToken),
    endToEndMillis: latencyJson(estimate.endToEnd),
    boundBy: estimate.boundBy,
    utilization: estimate.utilization,
    wattsPerGpu: estimate.energy && estimate.energy.watts / estimate.gpus,
    cost: costJson(estimate.cost),
    energy: energyJson(estimate.energy),
  });
}

function memoryJson(memory: MemoryLedger): object {
  return {
    deviceBytes: memory.deviceBytes,
    weightBytes: memory.weightBytes,
    kvCacheBytes: memory.kvCacheBytes,
    activationBytes: memory.activationBytes,
    graphBytes: memory.graphBytes,
    communicationBytes: memory.communicationBytes,
    freeBytes: memory.freeBytes,
  };
}

function settingsJson(settings: EngineSettings): object {
  return {
    maxModelLen: settings.maxModelLen,
    maxNumSeqs: settings.maxNumSeqs,
    maxNumBatchedTokens: settings.maxNumBatchedTokens,
    memoryFraction: settings.memoryFraction,
    kvBlockSize: settings.kvBlockSize,
    ...settings.speculative && { speculative: speculativeJson(settings.speculative) },
  };
}

function speculativeJson({ method, tokens, acceptanceLength, acceptanceRates, model, draftVocabulary }: SpeculativeDecoding): object {
  return compact({ method, tokens, acceptanceLength, acceptanceRates, model: model?.id, draftVocabulary });
}

function simulatedJson(simulated: SimulatedEstimate): object {
  return compact({ ...estimateJson(simulated), simulation: simulated.simulation && simulationJson(simulated.simulation) });
}

function costJson(cost: CostEstimate | undefined): object | undefined {
  return cost && {
    dollarsPerHour: cost.dollarsPerHour,
    dollarsPerMillionOutputTokens: cost.dollarsPerMillionOutputTokens,
    dollarsPerMillionPromptTokens: cost.dollarsPerMillionPromptTokens,
    dollarsPerMillionCompletionTokens: cost.dollarsPerMillionCompletionTokens,
  };
}

function energyJson(energy: EnergyEstimate | undefined): object | undefined {
  return energy && {
    watts: energy.watts,
    joulesPerOutputToken: energy.joulesPerOutputToken,
    joulesPerPromptToken: energy.joulesPerPromptToken,
    joulesPerCompletionToken: energy.joulesPerCompletionToken,
  };
}

function latencyJson(latency: LatencyEstimate): object {
  return {
    mean: rangeJson(latency.mean),
    p50: rangeJson(latency.p50),
    p90: rangeJson(latency.p90),
    p99: rangeJson(latency.p99),
    atTarget: rangeJson(latency.atTarget),
  };
}

function rangeJson(range: Range): object {
  return { low: range.low, expected: range.expected, high: range.high };
}

/** A layout that was looked at. */
export function candidateJson(candidate: SizingCandidate): object {
  return compact({
    pool: candidate.pool,
    layout: layoutJson(candidate.layout),
    kvCachePrecision: candidate.kvCachePrecision.name,
    replicas: candidate.replicas,
    gpus: candidate.gpus,
    rejection: candidate.rejection,
    cost: costJson(candidate.cost),
    energy: energyJson(candidate.energy),
    estimate: candidate.estimate && estimateJson(candidate.estimate),
  });
}

/** Without the keys whose value is not known. */
function compact(object: { [key: string]: unknown }): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
