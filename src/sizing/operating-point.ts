/** What an instance does at one number of requests in flight. */
export interface OperatingPoint {
  /** Requests that are writing their completion. */
  readonly decoding: number;
  readonly requestsPerSecond: number;
  readonly secondsPerToken: number;
  /** Squared standard deviation over mean of a typical request's time per token, for the prompts of others that are read meanwhile. */
  readonly prompted: number;
  /** Mean wait before the prompt is read: for the step under way, behind other prompts, for a place. */
  readonly stepWait: number;
  /** From the step that makes the first token until the client sees it. */
  readonly delivery: number;
  readonly promptWait: number;
  readonly promptLoad: number;
  /** Wait for the link to the host, and the share of the time that it is busy. */
  readonly linkWait: number;
  readonly linkLoad: number;
  readonly slotWait: number;
  /** Share of requests that find no place free. */
  readonly slotBusy: number;
  /** Wait of a closed loop's or an overloaded instance's queue, and how much it differs between requests: 0 not at all, 1 from nothing to double. */
  readonly backlog: number;
  readonly backlogSwing: number;
  /** Requests that there are, where they do not arrive: those of a closed loop or a batch. */
  readonly requests?: number;
  /** Seconds that the prompts of a whole batch take, where all are read before any completion goes on. */
  readonly promptsTogether?: number;
}

/** A point of requests that do not come at random: nobody waits for what others happen to ask. */
export function fixedPoint(
  requests: number, { decoding, requestsPerSecond, secondsPerToken, stepWait = 0, delivery = 0, backlog, promptsTogether }:
  Pick<OperatingPoint, 'decoding' | 'requestsPerSecond' | 'secondsPerToken' | 'backlog'> & Partial<OperatingPoint>,
): OperatingPoint {
  return {
    requests,
    decoding,
    requestsPerSecond,
    secondsPerToken,
    prompted: 0,
    stepWait,
    delivery,
    promptWait: 0,
    promptLoad: 0,
    linkWait: 0,
    linkLoad: 0,
    slotWait: 0,
    slotBusy: 0,
    backlog,
    backlogSwing: 0,
    promptsTogether,
  };
}
