import { normalQuantile } from './lengths';

const M1 = 4294967087;
const M2 = 4294944443;

/** Numbers that look random and are the same for the same seed: MRG32k3a (L'Ecuyer 1999), whose own seed is 12345. */
export class Random {
  private a: number[];
  private b: number[];

  public constructor(seed: number) {
    this.a = [seed, seed, seed];
    this.b = [seed, seed, seed];
  }

  /** Between 0 and 1, never one of the two. */
  public uniform(): number {
    const [a0, a1, a2] = this.a;
    const [b0, b1, b2] = this.b;
    const a = positive(1403580 * a1 - 810728 * a0, M1);
    const b = positive(527612 * b2 - 1370589 * b0, M2);
    this.a = [a1, a2, a];
    this.b = [b1, b2, b];
    return (a > b ? a - b : a - b + M1) / (M1 + 1);
  }

  /** Standard normal. */
  public normal(): number {
    return normalQuantile(this.uniform());
  }

  /** Gamma with mean 1: exponential at a variation (standard deviation over mean) of 1, always 1 at 0. Marsaglia and Tsang 2000. */
  public gamma(variation: number): number {
    if (variation === 0) { return 1; }
    if (variation === 1) { return -Math.log(this.uniform()); }
    const shape = 1 / (variation * variation);
    // Shapes below one are drawn one higher and scaled by a power of a uniform number.
    const scaled = shape < 1 ? Math.pow(this.uniform(), 1 / shape) : 1;
    const d = (shape < 1 ? shape + 1 : shape) - 1 / 3;
    for (;;) {
      const x = this.normal();
      const v = Math.pow(1 + x / Math.sqrt(9 * d), 3);
      if (v > 0 && Math.log(this.uniform()) < x * x / 2 + d - d * v + d * Math.log(v)) { return scaled * d * v / shape; }
    }
  }
}

function positive(x: number, modulus: number): number {
  const rest = x % modulus;
  return rest < 0 ? rest + modulus : rest;
}
