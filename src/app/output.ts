import * as fs from 'fs';
import { IConstruct } from 'constructs';
import { jsonDocument } from './json-document';
import { OutputFormat } from './platform-app-props';
import { yamlDocument } from './yaml-document';

/** An object and the construct that it comes from. */
export interface Synthesized {
  readonly construct: IConstruct;
  readonly object: any;
}

/** How objects become the text of a file. */
export interface Output {
  readonly document: (object: unknown, from: IConstruct) => string;
  /** What stands before, between and after the documents of a file. */
  readonly start: string;
  readonly between: string;
  readonly end: string;
  /** What ends the document of a file that is called after its only object. */
  readonly endOfOne: string;
}

/** The formats. JSON that every reader takes is one value a file, so that several objects are a list. */
export const OUTPUTS: { [format in OutputFormat]: Output } = {
  [OutputFormat.YAML]: { document: yamlDocument, start: '', between: '---\n', end: '', endOfOne: '' },
  [OutputFormat.JSON]: { document: jsonDocument, start: '{"apiVersion":"v1","kind":"List","items":[\n', between: ',\n', end: '\n]}\n', endOfOne: '\n' },
};

function documents(objects: Synthesized[], { document, between }: Output): string {
  return objects.map(({ object, construct }) => document(object, construct)).join(between);
}

/** The text of a file with several objects. */
export function textOf(objects: Synthesized[], output: Output): string {
  return output.start + documents(objects, output) + output.end;
}

/** Writes objects to one file, group by group: no more than one group is held, and the file appears when it is whole. */
export function writeInGroups(file: string, groups: (() => Synthesized[])[], output: Output): void {
  const part = `${file}.part`;
  const descriptor = fs.openSync(part, 'w');
  try {
    try {
      fs.appendFileSync(descriptor, output.start);
      let before = '';
      for (const group of groups) {
        const objects = group();
        if (!objects.length) { continue; }
        fs.appendFileSync(descriptor, before + documents(objects, output));
        before = output.between;
      }
      fs.appendFileSync(descriptor, output.end);
    } finally {
      fs.closeSync(descriptor);
    }
    fs.renameSync(part, file);
  } catch (error) {
    fs.rmSync(part, { force: true });
    throw error;
  }
}
