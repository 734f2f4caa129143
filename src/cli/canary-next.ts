import { readFileSync, writeFileSync } from 'node:fs';
import { Document, isMap, parseAllDocuments } from 'yaml';
import { ExitCode, Io, Output, Refusal } from './io';
import { filesIn } from './manifests';
import { show } from '../errors';
import { unifiedDiff } from '../report/unified-diff';

/** Options of `next`, as commander names them. */
export interface CanaryNextOptions { readonly rollout?: string; readonly write?: boolean }

/** What CanaryDriver.manual writes on each object that steps change; the value of every field in each step, null where it is not there. */
interface Steps { readonly rollout: string; readonly step: number; readonly steps: string[]; readonly fields: { readonly [path: string]: unknown[] } }

const ANNOTATION = ['metadata', 'annotations', 'cdk8s-inference/steps'];

/** Prints what the next step of a rollout changes in its manifests, or writes it. */
export async function canaryNext(folder: string, { rollout, write }: CanaryNextOptions, io: Io): Promise<ExitCode> {
  const files = filesIn(folder).filter((file) => /\.ya?ml$/.test(file)).map((file) => {
    const text = readFileSync(file, 'utf8');
    const documents = [...parseAllDocuments(text)].filter((one): one is Document.Parsed => 'getIn' in one && stepsOf(one) !== undefined);
    return { file, text, documents: documents.filter((one) => rollout === undefined || stepsOf(one)!.rollout === rollout) };
  });
  const { rollout: name, step, steps } = only(folder, rollout, files.flatMap(({ documents }) => documents.map((one) => stepsOf(one)!)));
  const errors = new Output(io.stderr);
  if (step === steps.length - 1) {
    await errors.write(`${name} is at its last step (${steps[step]}): give its ModelRoute the candidate as 'fleet', and take the ModelCanary away\n`);
    return ExitCode.NO;
  }
  for (const { file, text, documents } of files) {
    const next = documents.reduceRight((all, document) => {
      const [start, , end] = document.range;
      return `${all.slice(0, start)}${advanced(document)}${all.slice(end)}`;
    }, text);
    if (write) { writeFileSync(file, next); } else { await new Output(io.stdout).write(unifiedDiff(file, text, next)); }
  }
  await errors.write(`${name}: step ${step} (${steps[step]}) to ${step + 1} (${steps[step + 1]}); in the program: CanaryDriver.manual({ step: ${step + 1} })\n`);
  return ExitCode.OK;
}

function stepsOf(document: Document): Steps | undefined {
  const text = document.getIn(ANNOTATION);
  return typeof text === 'string' ? JSON.parse(text) : undefined;
}

/** The steps of the one rollout that is meant; all of its objects are at the same one. */
function only(folder: string, rollout: string | undefined, found: Steps[]): Steps {
  const names = [...new Set(found.map((one) => one.rollout))].sort();
  if (names.length === 0) {
    throw new Refusal(`no object in ${show(folder)} has the annotation '${ANNOTATION[2]}'${rollout === undefined ? '' : ` of rollout ${show(rollout)}`}; CanaryDriver.manual writes it`);
  }
  if (names.length > 1) { throw new Refusal(`${show(folder)} has the rollouts ${names.map(show).join(', ')}; name one with '--rollout'`); }
  const apart = found.find(({ step }) => step !== found[0].step);
  if (apart) { throw new Refusal(`the objects of rollout ${show(names[0])} are at the steps ${found[0].step} and ${apart.step}; synthesize them anew`); }
  return found[0];
}

/** The text of an object one step further. */
function advanced(document: Document): string {
  const steps = stepsOf(document)!;
  for (const [path, values] of Object.entries(steps.fields)) {
    const keys = path.split('/').slice(1).map((key) => /^\d+$/.test(key) ? Number(key) : key);
    const value = values[steps.step + 1];
    if (value === null) { document.deleteIn(keys); } else { document.setIn(keys, sorted(value)); }
    const parent = document.getIn(keys.slice(0, -1));
    if (isMap(parent)) { parent.items.sort((one, other) => String(one.key) < String(other.key) ? -1 : 1); } // as synthesis writes it
  }
  document.setIn(ANNOTATION, JSON.stringify({ ...steps, step: steps.step + 1 }));
  return document.toString({ lineWidth: 0 });
}

/** With the keys of every map in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) { return value.map(sorted); }
  if (typeof value !== 'object' || value === null) { return value; }
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => one < other ? -1 : 1).map(([key, below]) => [key, sorted(below)]));
}
