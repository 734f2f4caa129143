/**
 * Fits the constants of the sizing to the rows of bench/accuracy/data and writes src/sizing/data/fitted.ts, all of them or the parts that are named:
 *
 * - times: of steps and queues, fitted again without each family of models, each GPU and each version of an engine (bench/accuracy/held-out.json);
 *   the intervals are derived from what was left out. A few minutes on one core.
 * - power: of what boards take. Seconds.
 * - hand-over: of instances that read prompts for others. A minute.
 *
 * The last two are fitted with the times that stand, without each family and each GPU too (bench/accuracy/held-out-few.json). Deterministic.
 *
 *   npx tsx scripts/fit-sizing.ts [times] [power] [hand-over] [--from-priors] [--ranges-only]
 */
import { fitAndLeaveOut } from '../bench/accuracy/few-held-out';
import { fit } from '../bench/accuracy/fit';
import { fitFolds, storedFolds } from '../bench/accuracy/folds';
import { HAND_OVER_FIT } from '../bench/accuracy/hand-over';
import { PARAMETERS, withValues } from '../bench/accuracy/parameters';
import { POWER_FIT } from '../bench/accuracy/power';
import { prepare } from '../bench/accuracy/predictions';
import { points, publishedPoints } from '../bench/accuracy/questions';
import { rangesOf } from '../bench/accuracy/ranges';
import { writeFitted } from '../bench/accuracy/write';
import { FITTED, HAND_OVER, POWER } from '../src/sizing/data/fitted';
import { Fitted } from '../src/sizing/fitted';

const log = (line: string) => console.log(line);
const PARTS = ['times', 'power', 'hand-over'];
const named = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const unknown = named.find((part) => !PARTS.includes(part));
if (unknown) { throw new Error(`there is no part '${unknown}'; use ${PARTS.join(', ')}, or none for all`); }
const asked = (part: string) => named.length === 0 || named.includes(part);

function times(): Fitted {
  const { prepared } = prepare(points().filter((point) => point.part !== 'memory'));
  let fitted = FITTED;
  if (!process.argv.includes('--ranges-only')) {
    const start = process.argv.includes('--from-priors') ? withValues(FITTED, PARAMETERS.map(({ prior }) => prior)) : FITTED;
    const rows = [...prepared, ...prepare(publishedPoints()).prepared];
    fitted = fit(rows, start, log).fitted;
    writeFitted(fitted);
    fitFolds(rows, fitted, log);
  }
  const folds = storedFolds(fitted);
  if (typeof folds === 'string') { throw new Error(folds); }
  fitted = { ...fitted, ranges: rangesOf(prepared, folds) };
  writeFitted(fitted);
  return fitted;
}

const fitted = asked('times') ? times() : FITTED;
const power = asked('power') ? fitAndLeaveOut(POWER_FIT, fitted, log) : POWER;
const handOver = asked('hand-over') ? fitAndLeaveOut(HAND_OVER_FIT, fitted, log) : HAND_OVER;
writeFitted(fitted, power, handOver);
log("the constants are written; 'npx tsx bench/accuracy/main.ts --write' writes the tables");
