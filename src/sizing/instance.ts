import { adapterBytes } from './adapters';
import { Batching } from './batching';
import { GPUS_PER_NODE, joined, linkOf } from './communication';
import { StepQuestion, StepTimes } from './compute';
import { FITTED } from './data/fitted';
import { atLeast } from './engine-rules';
import { Fitted, Overheads } from './fitted';
import { ratesOf } from './hardware';
import { hostBytesPerSecond } from './host-link';
import { KvCache } from './kv-cache';
import { Spread, squaredVariation } from './lengths';
import { ledgerOf, positionBytes, reducesInNetwork } from './memory';
import { EngineSettings, MemoryLedger } from './plan';
import { PooledCache, hasPool } from './pooled-cache';
import { SizingPool } from './questions';
import { Subject } from './request';
import { Degrees, Shares, sharesOf, StageShare } from './shares';
import { Drafter } from './speculation';
import { SpeculativeStepTimes } from './speculative-steps';

/** One replica on one pool: what it holds. Speed is asked of it with the lengths of the requests. */
export class Instance {
  public readonly gpus: number;
  public readonly nodes: number;
  public readonly ledger: MemoryLedger;
  public readonly cache: KvCache;
  public readonly shares: Shares;
  /** What a rank goes through to guess a token; undefined where nothing is computed for it. */
  private readonly draft?: StageShare;
  /** Largest rank's weights and what else must fit beside the cache. */
  public readonly heldBytes: number;

  public constructor(
    public readonly subject: Subject, public readonly pool: SizingPool, public readonly at: Degrees, public readonly settings: EngineSettings,
  ) {
    const perNode = pool.gpusPerNode ?? GPUS_PER_NODE;
    this.gpus = at.tp * at.pp * at.dp;
    this.nodes = Math.ceil(this.gpus / perNode);
    const tile = subject.rules.tile?.(pool.accelerator, subject.memoryVersion);
    this.shares = sharesOf(subject.shape, subject.precision, at, tile);
    const drafter = subject.speculation?.drafter;
    const draft = drafter && sharesOf(drafter.shape, drafter.precision, at, tile).stages[0];
    this.draft = draft;
    const ledger = (stage: number) => ledgerOf({
      rules: subject.rules,
      version: subject.memoryVersion,
      stage: this.shares.stages[stage],
      deviceBytes: pool.accelerator.memoryBytes!,
      hiddenSize: subject.shape.hiddenSize,
      vocabSize: subject.shape.vocabSize,
      adapterBytes: subject.engine.adapters ? adapterBytes(subject.engine.adapters, subject.shape, at, stage) : 0,
      draft: subject.speculation && {
        bytes: draft ? draftBytes(drafter!, draft) : 0, layers: draft ? draft.layers * drafter!.modules : 0, tokens: subject.speculation.tokens,
      },
      positionBytes: positionBytes(subject.shape, subject.model.maxContextTokens),
      encodes: stage === 0 && subject.shape.first.some((t) => t.part === 'other'),
      memoryFraction: settings.memoryFraction,
      maxNumSeqs: settings.maxNumSeqs,
      maxNumBatchedTokens: settings.maxNumBatchedTokens,
      communicators: Math.max(at.tp, at.ep),
      reducingLinks: reducesInNetwork(pool.accelerator),
      nodes: this.nodes,
    });
    const drafts = draft && { attention: draft.attention.map((a) => ({ ...a, layers: a.layers * drafter!.modules })), states: this.queries };
    const pools = { modelType: subject.shape.modelType, maxNumSeqs: settings.maxNumSeqs, verified: subject.speculation ? this.queries : 0 };
    const pooled = subject.rules.fixedPools && this.shares.stages.some((stage) => stage.attention.some(hasPool));
    const cache = (stage: number, bytes: number) => {
      const of = [this.shares.stages[stage], subject.cacheBits, subject.rules, subject.version, settings.kvBlockSize, bytes] as const;
      return pooled ? new PooledCache(...of, pools, drafts) : new KvCache(...of, drafts);
    };
    const { stages, fullest } = this.shares;
    this.ledger = ledger(fullest);
    this.cache = cache(fullest, this.ledger.kvCacheBytes);
    let least = this.cache.requests(settings.maxModelLen, 1);
    for (let i = 0; i < stages.length; i++) {
      if (i === fullest || stages[i] === stages[i - 1]) { continue; }
      const other = cache(i, ledger(i).kvCacheBytes);
      const held = other.requests(settings.maxModelLen, 1);
      if (held < least) { [this.cache, least] = [other, held]; }
    }
    this.heldBytes = this.ledger.weightBytes + this.ledger.activationBytes + this.ledger.communicationBytes + this.ledger.graphBytes;
  }

  /** Requests of the longest length that fit at once, per attention rank. */
  public get longestRequests(): number {
    return this.cache.requests(this.settings.maxModelLen, this.settings.maxNumBatchedTokens);
  }

  /** Tokens of the KV cache, as the engine prints them. */
  public get kvCacheTokens(): number {
    return this.cache.tokens(this.settings.maxModelLen, this.settings.maxNumBatchedTokens);
  }

  /** Requests of these lengths that can be in flight at once, all attention ranks together. */
  public slots(prompt: number, output: number): number {
    return Math.min(this.settings.maxNumSeqs, this.held(prompt, output)) * this.at.dp;
  }

  /** Whether the KV cache, not the engine's limit, bounds the requests in flight. */
  public cacheBound(prompt: number, output: number): boolean {
    return this.held(prompt, output) < this.settings.maxNumSeqs;
  }

  /** Tokens of one request that a step works on. */
  private get queries(): number { return 1 + (this.subject.speculation?.tokens ?? 0); }

  /** Requests of these lengths that the cache holds until all of them end, where the engine lets in more; all attention ranks together. */
  private slotsToTheEnd(prompt: number, output: number): number | undefined {
    const { rules } = this.subject;
    return rules.reservesWholeRequest ? undefined : this.heldAt(prompt, output) * this.at.dp;
  }

  private heldAt(prompt: number, written: number): number {
    return this.cache.requests(prompt + written + (this.queries - 1), this.cache.readStep(prompt, this.settings.maxNumBatchedTokens));
  }

  /** Requests of these lengths that the cache of a rank holds, with room for the tokens that are guessed next. */
  private held(prompt: number, output: number): number {
    const { rules } = this.subject;
    return this.heldAt(prompt, rules.reservesWholeRequest ? output : output / 2);
  }

  /** The constants, with what the user's own measurements corrected. */
  private get fitted(): Fitted {
    return this.subject.calibration?._constantsFor(this) ?? FITTED;
  }

  /** How it serves requests of these lengths; undefined where the accelerator's speed is not known. */
  public batching(prompt: Spread, output: Spread, prefixHitRatio: number, fitted: Fitted = this.fitted): Service | undefined {
    const { subject, pool, at, settings } = this;
    const rates = ratesOf(pool.accelerator, subject.precision, fitted);
    if (!rates) { return undefined; }
    const perNode = Math.min(pool.gpusPerNode ?? GPUS_PER_NODE, this.gpus);
    const link = (gpus: number) => linkOf(pool, gpus, perNode, fitted.links);
    const overheads = this.overheads(fitted);
    const newLatent = !atLeast(subject.version, subject.rules.latentAttentionFrom) && this.shares.stages[0].attention.some((a) => a.type === 'mla');
    const computedTokens = Math.max(1, prompt.mean * (1 - prefixHitRatio));
    const readBack = this.readBackSeconds(prompt.mean);
    const byLayer = subject.rules.readsBack === 'byLayer';
    const question: StepQuestion = {
      stage: this.shares.stages[this.shares.slowest],
      at,
      rates,
      hiddenSize: subject.shape.hiddenSize,
      cacheBits: subject.cacheBits,
      tensorLink: link(at.tp),
      expertLink: link(Math.max(at.ep, at.tp * at.dp)),
      pipelineLink: this.nodes > 1 && !joined(pool, this.gpus) ? link(this.gpus) : link(Math.min(2, at.pp)),
      overheads,
      products: fitted.products,
      experts: fitted.experts,
      promptTokens: prompt.mean,
      attendedTokens: prompt.mean * (1 + squaredVariation(prompt)),
      computedTokens,
      outputTokens: output.mean * (1 + squaredVariation(output)),
      slowdown: newLatent ? fitted.newLatentAttention : 1,
      readBackSeconds: byLayer ? readBack / computedTokens : 0,
    };
    const { speculation } = subject;
    const steps = speculation ? this.speculativeSteps(question, fitted) : new StepTimes(question);
    const batching = new Batching({
      steps,
      at,
      prompt,
      output,
      computedShare: computedTokens / prompt.mean,
      maxNumBatchedTokens: settings.maxNumBatchedTokens,
      mixesPrefill: subject.rules.mixesPrefill,
      speculation,
      lockstep: at.dp > 1 && this.shares.stages.some((stage) => stage.expertBytes > 0),
      slots: Math.max(1e-6, this.slots(prompt.mean, output.mean * (1 + squaredVariation(output)))),
      slotsToTheEnd: this.slotsToTheEnd(prompt.mean, output.mean),
      secondsPerArrival: overheads.secondsPerArrival,
      secondsPerPromptToken: fitted.secondsPerPromptToken,
      stepsToClient: overheads.stepsToClient + (subject.engine.streamInterval ?? 1) - 1,
      readBackSeconds: byLayer ? 0 : readBack,
      unreadSteps: byLayer && readBack > 0 ? new StepTimes({ ...question, readBackSeconds: 0 }) : undefined,
      loops: fitted.loops,
      mostComputedShare: 1 - fitted.arrivals.leastFound,
    });
    return { steps, batching };
  }

  /** Seconds in which what a prompt finds on the host comes back to each GPU, all of which have a link of their own. */
  public readBackSeconds(promptTokens: number): number {
    const found = promptTokens * this.subject.hostHitRatio;
    return found > 0 ? this.cache.bytesFor(found, 1) / hostBytesPerSecond(this.pool)! : 0;
  }

  /** Times of the engine that are neither arithmetic nor traffic. */
  private overheads(fitted: Fitted): Overheads {
    const { rules, version } = this.subject;
    const found = fitted.overheads[rules.name];
    if (atLeast(version, rules.interpretedFrom(this.pool.accelerator))) { return found; }
    return { ...found, secondsPerRequest: found.secondsPerRequest * fitted.earlySchedulers };
  }

  /** The same steps with guesses to verify, and what guesses. */
  private speculativeSteps(question: StepQuestion, fitted: Fitted): SpeculativeStepTimes {
    const { subject, draft, queries } = this;
    const verify = { ...question, queries, logits: queries };
    const drafter = subject.speculation!.drafter;
    if (!drafter || !draft) { return new SpeculativeStepTimes(verify); }
    const next: StepQuestion = {
      ...question,
      stage: draft,
      at: { ...this.at, pp: 1 },
      rates: ratesOf(this.pool.accelerator, drafter.precision, fitted)!,
      hiddenSize: drafter.shape.hiddenSize,
      // Requests are prepared once, for the step that verifies.
      overheads: { ...question.overheads, secondsPerRequest: 0 },
    };
    const later = subject.rules.guessesInOneGraph ? { ...next, overheads: { ...next.overheads, secondsPerStep: 0 } } : next;
    return new SpeculativeStepTimes(verify, { first: { ...next, queries }, next: later, passes: queries - 1 });
  }
}

/** Weights that a rank holds to guess with. */
function draftBytes({ modules, sharesHead }: Drafter, { weightBytes, headBytes }: StageShare): number {
  return modules * (weightBytes - (sharesHead ? headBytes : 0));
}

/** An instance's speed at one kind of request. */
export interface Service {
  readonly steps: StepTimes;
  readonly batching: Batching;
}
