import * as crypto from 'crypto';
import * as fs from 'fs';
import * as path from 'path';

/** A published run: what was asked of a server, in the form of a question to `estimate`, and what was printed. */
export interface PublishedRun {
  readonly source: string;
  /** Date of the publication. */
  readonly asOf: string;
  /** A: all of the question is printed in the source; B: some of it is inferred. */
  readonly trust: 'A' | 'B';
  /** What is inferred, and from what. */
  readonly inferred: string;
  readonly question: {
    readonly model: string | object;
    readonly accelerator: string;
    readonly engine: string;
    readonly engineVersion?: string;
    readonly precision?: string;
    readonly layout?: { readonly tensorParallel?: number; readonly pipelineParallel?: number; readonly dataParallel?: number };
    readonly load: { readonly [kind: string]: number | boolean };
  };
  readonly measured: { readonly [figure: string]: number | { readonly [statistic: string]: number } };
}

const DATA = path.join(__dirname, 'data');

/** Files of published runs. */
export function publishedFiles(): string[] {
  return fs.readdirSync(DATA).filter((name) => name.startsWith('published-')).sort();
}

/** Every published run. */
export function publishedRuns(): PublishedRun[] {
  return publishedFiles().flatMap((name) => JSON.parse(fs.readFileSync(path.join(DATA, name), 'utf8')) as PublishedRun[]);
}

/** Whether the runs of a source are fitted: half of the sources are, by their hash; those of the others nobody has ever fitted. */
export function isFitted(source: string): boolean {
  return crypto.createHash('sha256').update(source).digest()[31] % 2 === 0;
}
