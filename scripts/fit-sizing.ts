/**
 * Fits the constants of the sizing to the rows of bench/accuracy/data, writes src/sizing/data/fitted.ts, fits them again without each family of
 * models, each GPU and each version of an engine (bench/accuracy/held-out.json), derives the intervals from what was left out, and writes the
 * table of docs/sizing.md. Deterministic; a few minutes on one core.
 *
 *   npx tsx scripts/fit-sizing.ts [--from-priors] [--ranges-only]
 */
import { fit } from '../bench/accuracy/fit';
import { fitFolds, storedFolds } from '../bench/accuracy/folds';
import { PARAMETERS, withValues } from '../bench/accuracy/parameters';
import { prepare } from '../bench/accuracy/predictions';
import { points } from '../bench/accuracy/questions';
import { rangesOf } from '../bench/accuracy/ranges';
import { writeFitted } from '../bench/accuracy/write';
import { FITTED } from '../src/sizing/data/fitted';

const log = (line: string) => console.log(line);
const { prepared } = prepare(points().filter((point) => point.part !== 'memory'));
let fitted = FITTED;
if (!process.argv.includes('--ranges-only')) {
  const start = process.argv.includes('--from-priors') ? withValues(FITTED, PARAMETERS.map(({ prior }) => prior)) : FITTED;
  fitted = fit(prepared, start, 30, log).fitted;
  writeFitted(fitted);
  fitFolds(prepared, fitted, log);
}
const folds = storedFolds(fitted);
if (typeof folds === 'string') { throw new Error(folds); }
writeFitted({ ...fitted, ranges: rangesOf(prepared, folds) });
log("constants and intervals are written; 'npx tsx bench/accuracy/main.ts --write' writes the table");
