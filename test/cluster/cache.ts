import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { CACHES, once } from '../support/once';

export const CACHE = path.join(CACHES, 'control-plane');

/** Name of something in the cache: the same parts, the same name. */
export function keyed(name: string, ...parts: (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) { hash.update(createHash('sha256').update(part).digest()); }
  return `${name}-${hash.digest('hex').slice(0, 16)}`;
}

/** Path of something in the cache, which is made if it is not there. It appears whole or not at all. */
export async function cached(name: string, make: (at: string) => Promise<void>): Promise<string> {
  const at = path.join(CACHE, name);
  await once(at, () => fs.existsSync(at), async () => {
    const draft = `${at}.draft`;
    try {
      fs.rmSync(draft, { recursive: true, force: true });
      await make(draft);
      fs.renameSync(draft, at);
    } finally {
      fs.rmSync(draft, { recursive: true, force: true });
    }
  });
  return at;
}
