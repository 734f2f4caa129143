import { Model } from '../catalog/model';

/** How many tokens are guessed, and how many of them are right. */
export interface SpeculationOptions {
  /** Draft tokens that one step verifies, from 1 to 16: vLLM's `num_speculative_tokens`, SGLang's `--speculative-num-steps`. */
  readonly tokens: number;
  /**
   * Tokens that a step gives a request in the mean, the one of the served model itself included: from 1 to `tokens` + 1, the 'mean acceptance
   * length' of vLLM's log and the 'accept len' of SGLang's. Each draft token is then as likely to be accepted as the one before it.
   *
   * @default - what was measured of this very model and method, where that is published
   */
  readonly acceptanceLength?: number;
  /**
   * For each draft token, the share of steps in which it and all before it are accepted, as vLLM's log lists them by position; none larger than the
   * one before it. Instead of `acceptanceLength`.
   *
   * @default - from `acceptanceLength`
   */
  readonly acceptanceRates?: number[];
}

/** Options of `SpeculativeDecoding.draftModel`. */
export interface DraftModelOptions extends SpeculationOptions {
  /** The small model that guesses, in the format that it is published in. It must have the vocabulary of the served one. */
  readonly model: Model;
}

/** Options of `SpeculativeDecoding.eagle3`. */
export interface Eagle3Options extends SpeculationOptions {
  /**
   * The head: a model of one layer, from `Model.fromHubConfig` or `Model.of`. It reads the served model's states besides its own, which are counted.
   *
   * @default - a layer like those of the served model, for models with grouped-query attention and dense feed-forward networks; others must name one
   */
  readonly model?: Model;
  /**
   * Tokens that the head can guess: `draft_vocab_size` of its configuration.
   *
   * @default 32000
   */
  readonly draftVocabulary?: number;
}

/** Where draft tokens come from. */
export enum SpeculationMethod {
  /** A smaller model of the same vocabulary. */
  DRAFT_MODEL = 'draft-model',
  /** A head of one layer that was trained for the served model. */
  EAGLE3 = 'eagle3',
  /** Layers for multi-token prediction that the served model is published with. */
  MTP = 'mtp',
  /** What followed the same words earlier in the prompt or the completion. */
  NGRAM = 'ngram',
}

/**
 * Tokens that are guessed cheaply and verified together by the served model, in chains (no trees). The answers stay those of the served model.
 *
 * Short steps of few requests gain; where arithmetic bounds the steps, what is guessed wrong costs as much as what is right. How much is guessed
 * right depends on the requests: measure it, or take the default where there is one, which is of code or chats in English.
 */
export class SpeculativeDecoding {
  /** By a smaller model. */
  public static draftModel(options: DraftModelOptions): SpeculativeDecoding {
    return new SpeculativeDecoding(SpeculationMethod.DRAFT_MODEL, options, options?.model);
  }
  /** By an EAGLE-3 head. */
  public static eagle3(options: Eagle3Options): SpeculativeDecoding {
    return new SpeculativeDecoding(SpeculationMethod.EAGLE3, options, options?.model, options?.draftVocabulary);
  }
  /** By the layers for multi-token prediction of the served model (DeepSeek-V3 and R1, GLM-4.5, Qwen3.5, MiMo). */
  public static mtp(options: SpeculationOptions): SpeculativeDecoding { return new SpeculativeDecoding(SpeculationMethod.MTP, options); }
  /** By looking the last words up in what was read and written before. Steps are planned as if there was always something to verify. */
  public static ngram(options: SpeculationOptions): SpeculativeDecoding { return new SpeculativeDecoding(SpeculationMethod.NGRAM, options); }

  /** Draft tokens that one step verifies. */
  public readonly tokens: number;
  /** Tokens of a step in the mean; undefined where they are stated by position, or not at all. */
  public readonly acceptanceLength?: number;
  private readonly rates?: readonly number[];

  private constructor(
    /** Where draft tokens come from. */
    public readonly method: SpeculationMethod,
    options: SpeculationOptions,
    /** The model or the head that guesses; undefined where there is none, or it is not named. */
    public readonly model?: Model,
    /** Tokens that a head can guess; undefined where there is none, or it is not stated. */
    public readonly draftVocabulary?: number,
  ) {
    this.tokens = options?.tokens;
    this.acceptanceLength = options?.acceptanceLength;
    this.rates = copied(options?.acceptanceRates) as number[] | undefined;
  }

  /** Shares of steps in which each draft token and all before it are accepted; undefined where they are not stated. Returns a copy. */
  public get acceptanceRates(): number[] | undefined { return copied(this.rates) as number[] | undefined; }
}

/** A copy of a list; whatever else was given, for whoever checks it. */
function copied(rates: unknown): unknown {
  return Array.isArray(rates) ? [...rates] : rates;
}
