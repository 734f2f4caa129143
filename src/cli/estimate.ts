import { readCalibration } from './calibrate';
import { isFields } from './estimate-answer';
import { ExitCode, Io, isSentence, Output } from './io';
import { lines } from './lines';
import { Services } from './services';

/** Milliseconds of work after which what was written is given time to leave. */
const BREATH_MILLIS = 50;

/** Options of `estimate`, as commander names them. */
export interface EstimateOptions { readonly simulate?: boolean; readonly calibration?: string }

/**
 * Answers one JSON object a line with one JSON object a line, in the same order. Blank lines are skipped and get no
 * answer; a line that can't be answered gets its error as its answer. Memory stays bounded by the longest line.
 */
export async function estimateLines(options: EstimateOptions, io: Io, services: Services): Promise<ExitCode> {
  const calibration = options.calibration === undefined ? undefined : readCalibration(options.calibration);
  const ask = options.simulate ? services.simulate : services.estimate;
  const estimate: Services['estimate'] = (id, question) => ask(id, question, calibration);
  const output = new Output(io.stdout);
  let code = ExitCode.OK;
  let breath = Date.now();
  for await (const line of lines(io.stdin)) {
    if (output.closed) { break; }
    if (line !== undefined && !line.trim()) { continue; }
    const { text, failed } = answer(line, estimate);
    if (failed) { code = ExitCode.NO; }
    await output.write(`${text}\n`);
    if (Date.now() - breath > BREATH_MILLIS) {
      await new Promise(setImmediate);
      breath = Date.now();
    }
  }
  return code;
}

function answer(line: string | undefined, estimate: Services['estimate']): { text: string; failed: boolean } {
  let id: unknown = null;
  try {
    if (line === undefined) { throw new Error('the line is longer than 64 MiB'); }
    const question = parse(line);
    if (!isFields(question)) { throw new Error('the line is not a JSON object'); }
    id = question.id ?? null;
    return { text: JSON.stringify(estimate(id, question)), failed: false };
  } catch (error) {
    return { text: failure(id, isSentence(error) ? error.message : `fault in this program: ${(error as Error)?.message}`), failed: true };
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line.startsWith('\ufeff') ? line.slice(1) : line);
  } catch {
    throw new Error('the line is not JSON');
  }
}

function failure(id: unknown, error: string): string {
  try {
    return JSON.stringify({ id, error });
  } catch { // an id nested too deep to be written
    return JSON.stringify({ id: null, error });
  }
}
