/**
 * The constants that measurements decide. `data/fitted.ts` holds their values; `scripts/fit-sizing.ts` writes it. These decide times. What is physics or stated by a
 * maker stands in the source that uses it.
 */
export interface Fitted {
  /** Shares of the peaks by architecture. */
  readonly kernels: { readonly [architecture: string]: Efficiency };
  readonly products: Products;
  readonly experts: Experts;
  /** Launches and gaps of a layer's experts over those among the engines' overheads, by architecture; 1 where none stands. */
  readonly expertLaunches: { readonly [architecture: string]: number };
  /** Memory bandwidth while INT4 weights are streamed over that while 4-bit floats are, by architecture; 1 where none stands. */
  readonly int4Stream: { readonly [architecture: string]: number };
  /** Times that are neither arithmetic nor traffic, by engine. */
  readonly overheads: { readonly [engine: string]: Overheads };
  /** From a request's arrival to its place in the queue, for each token of its prompt: text becomes tokens, by the same libraries in all engines. */
  readonly secondsPerPromptToken: number;
  readonly links: Links;
  readonly loops: Loops;
  readonly arrivals: Arrivals;
  /** Time of a step of latent attention over that of later versions, where an engine's support of it was new. */
  readonly newLatentAttention: number;
  /** Work of a request in a step over `secondsPerRequest`, where the scheduler was compiled or asked once in several steps. */
  readonly earlySchedulers: number;
  readonly ranges: Ranges;
}

/** How far measurements lay from predictions by constants that had not seen their like. */
export interface Ranges {
  /**
   * Factors from an expected figure to the ends of its 90 % interval, by regime, metric, kind of model and engine (`closedLoop firstToken experts
   * vllm`), or by the first of them where too few rows tell.
   */
  readonly factors: { readonly [what: string]: readonly number[] };
  /** Power of the factors where the engine was not measured on the architecture with weights of the format. */
  readonly uncovered: number;
  /** Measured combinations: architecture, engine, format of the weights. */
  readonly covered: readonly string[];
}

/** Requests of users that come by themselves. */
export interface Arrivals {
  /** Share of a prompt's tokens that vLLM found in its cache in the measured chats, which share a system prompt; nobody recorded it. */
  readonly prefixHitRatio: number;
  /** Share that those found which found least, the first of a conversation: the system prompt that all chats share. */
  readonly leastFound: number;
}

/** Shares of an accelerator's peaks that serving kernels reach. All at most 1. */
export interface Efficiency {
  /** Tensor rate in large matrix products: 16 bits, 8 bits, 4 bits. */
  readonly gemm16: number;
  readonly gemm8: number;
  readonly gemm4: number;
  /** Memory bandwidth while weights are streamed: 16 bits, 8 bits, 4 bits. */
  readonly stream16: number;
  readonly stream8: number;
  readonly stream4: number;
  /** Memory bandwidth while the KV cache is read. */
  readonly cache: number;
  /** Tensor rate of attention over prompts, and of latent attention in decode steps. */
  readonly attention: number;
}

/** Matrix products of one step. */
export interface Products {
  /** Rows that a product is filled up to: tiles are multiplied whole. */
  readonly tileRows: number;
  /** Times that a layer reads or writes the activations of a token besides its products: norms, residuals, conversions. Not split over ranks. */
  readonly activationPasses: number;
  /**
   * How traffic and arithmetic hide each other: 2 is the root of their squares (a fitted power was 2.02), infinite the larger alone, as
   * bounds have it. Not fitted, and no other.
   */
  readonly sharpness: number;
}

/** Routed experts against dense layers of the same size. */
export interface Experts {
  readonly stream: number;
  readonly gemm: number;
  /** Tokens of the busiest expert-parallel rank over the mean. */
  readonly imbalance: number;
  /** Rows that the product of one expert is filled up to. */
  readonly tileRows: number;
  /** Width of an expert's part on a rank at which its products reach half of their rate. */
  readonly halfWidth: number;
  /** Times that the activations of a token are moved for each of its experts: sorted, gathered, added up. */
  readonly copies: number;
}

/** Time of one engine that is neither arithmetic nor memory traffic. */
export interface Overheads {
  /** Kernel launches and gaps of one layer. */
  readonly secondsPerLayer: number;
  /** The same, besides, where the layer has routed experts. */
  readonly secondsPerExpertLayer: number;
  /** Scheduler, sampler and input preparation of one step. */
  readonly secondsPerStep: number;
  /** The same, for each request of the step. */
  readonly secondsPerRequest: number;
  /** From a request's arrival to its place in the queue, however long its prompt is. */
  readonly secondsPerArrival: number;
  /** Steps between the one that makes a token and the client's sight of the first, where each token is sent as it comes. */
  readonly stepsToClient: number;
  /**
   * Kernel launches of one layer of a step that reads prompts alone, which no graph holds: such a step takes as long as they do where its work is done
   * sooner. 0 where prompts are read in the steps that write completions.
   */
  readonly secondsPerPromptLayer: number;
}

/** Collectives. */
export interface Links {
  /** Start of a collective over a scale-up link, and the share of the link that it reaches. */
  readonly scaleUpLatency: number;
  readonly scaleUpShare: number;
  /** The same over a full mesh (Infinity Fabric): each pair has a link of its own, so that a group has the links between its members alone. */
  readonly meshLatency: number;
  /** Start of an all-reduce in two turns, which moves less than one in a single turn. */
  readonly meshTurnLatency: number;
  readonly meshShare: number;
  /** Over PCIe, by group size: 2, 4, 8. */
  readonly pcieLatency: readonly number[];
  readonly pcieShare: readonly number[];
}

/** How requests and steps meet. */
export interface Loops {
  /** Of engines that read prompts in the steps that write completions, and of those that read them in steps of their own. */
  readonly mixed: Waves;
  readonly separate: Waves;
  /** Deviation of the lengths of completions over their mean from which on half of the waves fall apart: who ends apart comes again apart. */
  readonly apart: number;
  /** What each further pipeline stage adds to the time of a step: stages are not quite alike and wait for each other. */
  readonly pipelineBubble: number;
}

/** How the prompts of a closed loop come together. */
export interface Waves {
  /** Share of requests that come in one wave with all others: those that start a benchmark, and those whose writers ended together. */
  readonly share: number;
  /** Of the rest, prompts that one finds before it: so many for each other request, times prompt tokens over completion tokens. */
  readonly clustering: number;
}

/** Board power over its highest while a part of a step takes its time. */
export interface Power {
  readonly memory: number;
  readonly compute: number;
  readonly communication: number;
  readonly overhead: number;
}

/** Prompts that are read on instances of their own. */
export interface HandOver {
  /** Seconds that an engine and its router take to hand a request over besides the transfer. */
  readonly seconds: { readonly [engine: string]: number };
  /** Share of the requests of a closed loop that arrive together, as all of the first do. */
  readonly wave: number;
}
