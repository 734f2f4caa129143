import { Construct } from 'constructs';
import { Weights } from './weights';
import { DRAFT_PLACE, WeightsConfig, WeightsContext } from './weights-source';
import { needsDraftWeights } from '../engines/speculative';
import { fail } from '../errors';
import { EnvVar, Volume } from '../kube/pod';
import { SizingPlan } from '../sizing/plan';

/** What pods need to read all weights, and where those of what guesses tokens are. Internal. */
export interface BoundWeights {
  readonly weights: WeightsConfig;
  readonly draftModelPath?: string;
}

/** Binds the weights of a fleet, and those of the model that guesses tokens for it, if one does. Internal. */
export function boundWeights(
  fleet: Construct, plan: SizingPlan, sources: { weights: Weights; draftWeights?: Weights }, context: WeightsContext,
): BoundWeights {
  const weights = sources.weights._bind(new Construct(fleet, 'Weights'), context);
  const { draftWeights } = sources;
  if (!draftWeights) { return { weights }; }
  const model = plan.estimate.settings.speculative?.model;
  if (!needsDraftWeights(plan)) {
    fail(fleet, '\'draftWeights\' are given but the engine guesses no tokens with weights of their own; state \'settings.speculative\' of the engine, or leave them out');
  }
  if (!model) {
    fail(fleet, '\'draftWeights\' are given but \'settings.speculative\' names no head; describe it as \'model\' of SpeculativeDecoding.eagle3, so that its files are known');
  }
  const draft = draftWeights._bind(new Construct(fleet, 'DraftWeights'), {
    ...context, model, checkpointBytes: model.checkpointBytes ?? 0, name: `${context.name.slice(0, 33).replace(/[-.]+$/, '')}-draft`, place: DRAFT_PLACE,
  });
  if (draft.loadFormat !== weights.loadFormat) {
    fail(fleet, '\'draftWeights\' and \'weights\' are read by different loaders but an engine has one; take both from object stores, or neither');
  }
  return { weights: together(fleet, weights, draft), draftModelPath: draft.modelPath };
}

/** One after the other: an engine loads the model, then what guesses for it. */
function together(fleet: Construct, weights: WeightsConfig, draft: WeightsConfig): WeightsConfig {
  const checkpointBytes = weights.checkpointBytes + draft.checkpointBytes;
  const seconds = (one: WeightsConfig) => one.checkpointBytes / one.bytesPerSecond;
  const mounted = new Set(weights.volumeMounts.map(({ mountPath }) => mountPath));
  const reached = new Set(weights.metadataEndpoints.map(({ cidr }) => cidr));
  return {
    ...weights,
    env: union(fleet, weights.env, draft.env),
    volumes: union<Volume>(fleet, weights.volumes, draft.volumes),
    volumeMounts: [...weights.volumeMounts, ...draft.volumeMounts.filter(({ mountPath }) => !mounted.has(mountPath))],
    initContainers: [...weights.initContainers, ...draft.initContainers],
    bytesPerSecond: checkpointBytes / (seconds(weights) + seconds(draft)),
    waitSeconds: Math.max(weights.waitSeconds, draft.waitSeconds),
    egressPorts: [...new Set([...weights.egressPorts, ...draft.egressPorts])].sort((a, b) => a - b),
    notes: [...weights.notes, ...draft.notes.map((note) => `of 'draftWeights': ${note}`)],
    checkpointBytes,
    podLabels: { ...weights.podLabels, ...draft.podLabels },
    metadataEndpoints: [...weights.metadataEndpoints, ...draft.metadataEndpoints.filter(({ cidr }) => !reached.has(cidr))],
    loaderMemoryBytesPerGpu: Math.max(weights.loaderMemoryBytesPerGpu, draft.loaderMemoryBytesPerGpu),
    singleNode: weights.singleNode || draft.singleNode,
  };
}

/** Both lists, what they agree on once. */
function union<T extends EnvVar | Volume>(fleet: Construct, first: readonly T[], second: readonly T[]): T[] {
  const added = second.filter((one) => {
    const same = first.find(({ name }) => name === one.name);
    if (same && JSON.stringify(same) !== JSON.stringify(one)) {
      fail(fleet, `'draftWeights' and 'weights' each set '${one.name}' of the pods but to different values; read both with the same credentials and from the same store`);
    }
    return !same;
  });
  return [...first, ...added];
}
