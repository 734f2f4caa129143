import { writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { CanaryRollout } from './canary-rollout';
import { ExitCode, Io, Output, Refusal } from './io';
import { show } from '../errors';
import { rolloutHtml, rolloutMarkdown } from '../report/rollout-page';
import { rolloutPicture } from '../report/rollout-picture';
import { RolloutView } from '../report/rollout-view';

/** Options of `report`, as commander names them. */
export interface CanaryReportOptions { readonly output: string }

const FORMATS: { readonly [ending: string]: (view: RolloutView) => string } = { '.html': rolloutHtml, '.svg': rolloutPicture, '.md': rolloutMarkdown };

/** Writes what a rollout went through into a file. */
export async function canaryReport(rollout: CanaryRollout, { output }: CanaryReportOptions, io: Io): Promise<ExitCode> {
  const format = Object.hasOwn(FORMATS, extname(output)) ? FORMATS[extname(output)] : undefined;
  if (format === undefined) { throw new Refusal(`'--output' is ${show(output)} but must end in ${Object.keys(FORMATS).join(', ')}`); }
  const found = await rollout.find();
  if ('unbegun' in found) { throw new Refusal(`no runner has begun ${rollout.said} yet, so there is nothing to report`, ExitCode.NO); }
  try {
    writeFileSync(output, format(found.view));
  } catch (error) {
    throw new Refusal(`'--output' ${show(output)} can't be written (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`);
  }
  await new Output(io.stdout).write(`${output}\n`);
  return ExitCode.OK;
}
