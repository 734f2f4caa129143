import { Command } from 'commander';
import { Refusal } from './io';
import { readJson } from './json-file';
import { degree, number, word } from './options';
import { Model } from '../catalog/model';
import { show } from '../errors';
import { SpeculationMethod, SpeculationOptions, SpeculativeDecoding } from '../sizing/speculative-decoding';

const METHODS: readonly string[] = Object.values(SpeculationMethod);

/** Options of tokens that are guessed, as commander names them. */
export interface SpeculativeOptions {
  readonly speculative?: string;
  readonly speculativeTokens?: number;
  readonly acceptanceLength?: number;
  readonly draftModel?: string;
  readonly draftConfig?: string;
}

/** Adds the options of tokens that are guessed and verified. */
export function speculativeOptions(command: Command): Command {
  return command
    .option('--speculative <method>', `guess tokens and verify them: ${METHODS.join(', ')}`, word('speculative', METHODS))
    .option('--speculative-tokens <n>', '… draft tokens of a step', degree('speculative-tokens'))
    .option('--acceptance-length <n>', '… tokens that a step gives a request, as the engine logs it (default: where it was published)', number('acceptance-length', { min: 1 }))
    .option('--draft-model <id>', '… the model that guesses')
    .option('--draft-config <file>', '… its config.json; of a draft model, or of an EAGLE-3 head');
}

/** The field of a question that the options are; undefined where nothing is guessed. */
export function speculativeField(options: SpeculativeOptions): object | undefined {
  const { speculative: method, speculativeTokens: tokens, acceptanceLength, draftModel, draftConfig } = options;
  const more = Object.entries({ '--speculative-tokens': tokens, '--acceptance-length': acceptanceLength, '--draft-model': draftModel, '--draft-config': draftConfig })
    .find(([, value]) => value !== undefined);
  if (method === undefined) {
    if (more) { throw new Refusal(`'${more[0]}' goes with '--speculative'; give both`); }
    return undefined;
  }
  if (tokens === undefined) { throw new Refusal("'--speculative-tokens' is missing; give the draft tokens of a step"); }
  if (draftModel !== undefined && draftConfig !== undefined) { throw new Refusal("both '--draft-model' and '--draft-config' are given; give one of them"); }
  return { method, tokens, acceptanceLength, model: draftModel ?? (draftConfig === undefined ? undefined : readJson('--draft-config', draftConfig)) };
}

/** Reads the field; what its numbers must be is the sizing's to say. @throws a sentence where it is none. */
export function speculativeOf(field: unknown): SpeculativeDecoding | undefined {
  if (field === undefined || field === null) { return undefined; }
  if (typeof field !== 'object' || Array.isArray(field)) { throw new Error(`'speculative' is ${show(field)} but must be an object with method and tokens`); }
  const { method, tokens, acceptanceLength, acceptanceRates, model, draftVocabulary } = field as { [name: string]: unknown };
  const options = { tokens, acceptanceLength: acceptanceLength ?? undefined, acceptanceRates: acceptanceRates ?? undefined } as SpeculationOptions;
  const draft = modelOf(model);
  switch (method) {
    case SpeculationMethod.DRAFT_MODEL:
      if (!draft) { throw new Error("'speculative.model' is missing; name the model that guesses"); }
      return SpeculativeDecoding.draftModel({ ...options, model: draft });
    case SpeculationMethod.EAGLE3:
      return SpeculativeDecoding.eagle3({ ...options, model: draft, draftVocabulary: (draftVocabulary ?? undefined) as number | undefined });
    case SpeculationMethod.MTP: return SpeculativeDecoding.mtp(options);
    case SpeculationMethod.NGRAM: return SpeculativeDecoding.ngram(options);
    default: throw new Error(`'speculative.method' is ${show(method)} but must be one of ${METHODS.join(', ')}`);
  }
}

function modelOf(model: unknown): Model | undefined {
  if (model === undefined || model === null) { return undefined; }
  return typeof model === 'string' ? Model.named(model) : Model.fromHubConfig(model, { id: 'draft' });
}
