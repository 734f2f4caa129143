/** A request on its way through an engine. */
export interface Flight {
  readonly arrival: number;
  readonly prompt: number;
  readonly output: number;
  /** Tokens of the prompt that the prefix cache holds. */
  readonly found: number;
  /** Tokens whose keys and values are in the cache, or will be once the steps under way are done. */
  computed: number;
  /** Tokens to be read before the next one is written: the prompt, and after a preemption what was written too. */
  toRead: number;
  written: number;
  firstTokenAt: number;
  /** Units of the KV cache that it holds. */
  units: number;
  /** Length up to which `units` and `attention` are good. */
  good: number;
  /** Seconds of attention that writing a token takes now. */
  attention: number;
  /** Seconds in which its part of the KV cache comes back from the host, in the step that begins to read it; 0 once it has. */
  readBack: number;
  /** The step under way that will give it a token. */
  awaited?: Step;
}

/** One step of one rank. */
export interface Step {
  readonly requests: Flight[];
  readonly tokens: number;
  /** Requests that get a token from it. */
  readonly rows: number;
  /** Of these, requests that only write; and tokens that are verified for them besides. */
  readonly decodes: number;
  readonly guessed: number;
  /** Seconds of attention. */
  readonly attention: number;
  /** Seconds in which KV cache comes back from the host for it, layer by layer. */
  readonly readBack: number;
  /** Times that it is run before anything changes. */
  readonly times: number;
}
