import { IConstruct } from 'constructs';
import { flag, literal } from './arguments';
import { EngineContext } from './engine-config';
import { RefusedFlags } from './extra-args';
import { fail, show } from '../errors';
import { SizingPlan } from '../sizing/plan';
import { SpeculationMethod, SpeculativeDecoding } from '../sizing/speculative-decoding';

/** vLLM's words for the methods. */
const VLLM_METHODS: { readonly [method in SpeculationMethod]: string } = {
  [SpeculationMethod.DRAFT_MODEL]: 'draft_model',
  [SpeculationMethod.EAGLE3]: 'eagle3',
  [SpeculationMethod.MTP]: 'mtp',
  [SpeculationMethod.NGRAM]: 'ngram',
};

/** SGLang's. */
const SGLANG_METHODS: { readonly [method in SpeculationMethod]: string } = {
  [SpeculationMethod.DRAFT_MODEL]: 'STANDALONE',
  [SpeculationMethod.EAGLE3]: 'EAGLE3',
  [SpeculationMethod.MTP]: 'EAGLE',
  [SpeculationMethod.NGRAM]: 'NGRAM',
};

/** Whether a plan's engine reads weights besides those of the model. */
export function needsDraftWeights({ estimate: { settings: { speculative } } }: SizingPlan): boolean {
  return speculative !== undefined && [SpeculationMethod.DRAFT_MODEL, SpeculationMethod.EAGLE3].includes(speculative.method);
}

/** Arguments of vLLM for the tokens that the plan guesses. */
export function vllmSpeculativeArgs(scope: IConstruct, context: EngineContext): string[] {
  const { speculative } = context.plan.estimate.settings;
  if (!speculative) { return []; }
  const { method, tokens } = speculative;
  const modules = context.plan.model._shape?.predictedTokens ?? 1;
  if (method === SpeculationMethod.MTP && tokens > modules && tokens % modules !== 0) {
    fail(scope, `'settings.speculative' has ${tokens} 'tokens' but vLLM goes over the ${modules} modules of ${show(context.plan.model.id)} in turn; use a multiple of ${modules}, or fewer`);
  }
  const model = draftPath(scope, context, speculative, 'Engine.vllm');
  return [flag('--speculative-config', literal(JSON.stringify({ method: VLLM_METHODS[method], ...model === undefined ? {} : { model }, num_speculative_tokens: tokens })))];
}

/** Arguments of SGLang: chains, so that a step verifies one token more than there are guesses. */
export function sglangSpeculativeArgs(scope: IConstruct, context: EngineContext): string[] {
  const { speculative } = context.plan.estimate.settings;
  if (!speculative) { return []; }
  const { method, tokens } = speculative;
  const path = method === SpeculationMethod.MTP ? context.modelPath : draftPath(scope, context, speculative, 'Engine.sglang');
  const verified = flag('--speculative-num-draft-tokens', tokens + 1);
  return [
    flag('--speculative-algorithm', SGLANG_METHODS[method]),
    ...path === undefined ? [] : [flag('--speculative-draft-model-path', literal(path))],
    ...method === SpeculationMethod.NGRAM ? ['--speculative-ngram-max-bfs-breadth=1', verified]
      : [flag('--speculative-num-steps', tokens), '--speculative-eagle-topk=1', verified],
  ];
}

/** Flags that are the plan's to set where it guesses tokens. */
export function speculativeRefused({ estimate: { settings } }: SizingPlan, names: string, engine: string): RefusedFlags[] {
  return settings.speculative ? [{ names, because: `the plan sets; use 'settings.speculative' of ${engine}` }] : [];
}

/** Where the weights of what guesses are; undefined where it has none of its own. */
function draftPath(
  scope: IConstruct, { plan, draftModelPath }: EngineContext, { method, model }: SpeculativeDecoding, engine: string,
): string | undefined {
  if (needsDraftWeights(plan) && draftModelPath === undefined) {
    fail(scope, `'settings.speculative' of ${engine} is ${method}, which reads the weights of ${model ? show(model.id) : 'a head'} besides; give their source as 'draftWeights' of the fleet`);
  }
  return needsDraftWeights(plan) ? draftModelPath : undefined;
}
