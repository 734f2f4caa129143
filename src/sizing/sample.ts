/** Batches of consecutive values whose means give the standard error. */
const BATCHES = 20;

/** Values in the order in which they were observed. */
export class Sample {
  private readonly values: number[] = [];
  private sum = 0;
  private sorted?: number[];

  public add(value: number): void {
    this.values.push(value);
    this.sum += value;
    this.sorted = undefined;
  }

  public get size(): number { return this.values.length; }

  public get mean(): number { return this.values.length > 0 ? this.sum / this.values.length : 0; }

  /** Value that a share `p` stays under. */
  public at(p: number): number {
    this.sorted ??= [...this.values].sort((a, b) => a - b);
    return this.sorted[Math.min(this.sorted.length - 1, Math.floor(p * this.sorted.length))] ?? 0;
  }

  /** Standard error of the mean over the mean, by batch means: neighbours are alike, so single values would make it too small. */
  public get relativeError(): number {
    const length = Math.floor(this.values.length / BATCHES);
    if (length === 0) { return Infinity; }
    if (this.sum === 0) { return 0; }
    const means = Array.from({ length: BATCHES }, (_, batch) => {
      let sum = 0;
      for (let i = batch * length; i < (batch + 1) * length; i++) { sum += this.values[i]; }
      return sum / length;
    });
    const mean = means.reduce((sum, x) => sum + x, 0) / BATCHES;
    const squares = means.reduce((sum, x) => sum + (x - mean) ** 2, 0);
    return Math.sqrt(squares / (BATCHES - 1) / BATCHES) / mean;
  }
}
