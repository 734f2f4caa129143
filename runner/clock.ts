/** Time, and waiting for it; tests have their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  sleep(millis: number): Promise<void>;
  /** From 0 to 1, to spread retries. */
  random(): number;
}

export const REAL_CLOCK: Clock = {
  now: () => Date.now(),
  sleep: (millis) => new Promise((resolve) => { setTimeout(resolve, millis); }),
  random: () => Math.random(),
};
