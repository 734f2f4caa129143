import { createHash } from 'crypto';

/** The first hexadecimal digits of a text's SHA-256: the same on every machine and in every language. */
export function shortHash(text: string, digits = 8): string {
  return createHash('sha256').update(text, 'utf8').digest('hex').slice(0, digits);
}
