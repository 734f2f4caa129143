import { Random } from './random';
import { Speculation } from './speculation';

/** What becomes of the guesses of a simulation: the tokens that each step gives a request, drawn alike for all. */
export class Guesses {
  /** Tokens of a request that a step works on. */
  public readonly queries: number;
  private readonly random: Random;

  public constructor(private readonly speculation: Speculation, seed: number) {
    this.queries = 1 + speculation.tokens;
    this.random = new Random(seed);
  }

  /** Tokens of so many steps. */
  public draw(steps: number): number {
    let tokens = steps;
    for (let i = 0; i < steps; i++) {
      const chance = this.random.uniform();
      for (const rate of this.speculation.rates) {
        if (chance >= rate) { break; }
        tokens++;
      }
    }
    return tokens;
  }
}
