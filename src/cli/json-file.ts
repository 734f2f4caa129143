import { readFileSync } from 'node:fs';
import { show } from '../errors';
import { Refusal } from './io';

/** Text of a file that an option names. */
export function readText(option: string, file: string, maxMebibytes: number): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new Refusal(`'${option}' ${show(file)} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`);
  }
  if (bytes.length > maxMebibytes * 2 ** 20) { throw new Refusal(`'${option}' ${show(file)} is larger than ${maxMebibytes} MiB, which no such file is`); }
  return bytes.toString('utf8').replace(/^\ufeff/, '');
}

/** A JSON file that an option names. */
export function readJson(option: string, file: string): unknown {
  try {
    return JSON.parse(readText(option, file, 64));
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(`'${option}' ${show(file)} is not JSON`);
  }
}
