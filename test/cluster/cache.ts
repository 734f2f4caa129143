import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What is built or fetched for these tests, to be thrown away at any time. */
export const CACHE = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'cdk8s-inference', 'control-plane');

/** Name of something in the cache: the same parts, the same name. */
export function keyed(name: string, ...parts: (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) { hash.update(createHash('sha256').update(part).digest()); }
  return `${name}-${hash.digest('hex').slice(0, 16)}`;
}

/**
 * Path of something in the cache, which is made if it is not there. It appears whole or not at all, and whoever else wants it meanwhile waits:
 * Go builds beside each other would take twice the memory to make the same thing.
 */
export async function cached(name: string, make: (at: string) => Promise<void>): Promise<string> {
  const at = path.join(CACHE, name);
  fs.mkdirSync(CACHE, { recursive: true });
  while (!fs.existsSync(at)) {
    if (!locked(`${at}.lock`)) {
      await sleep(500);
      continue;
    }
    const draft = `${at}.draft`;
    try {
      fs.rmSync(draft, { recursive: true, force: true });
      if (!fs.existsSync(at)) {
        await make(draft);
        fs.renameSync(draft, at);
      }
    } finally {
      fs.rmSync(draft, { recursive: true, force: true });
      fs.rmSync(`${at}.lock`, { force: true });
    }
  }
  return at;
}

/** Takes the lock, also from a process that is no more. */
function locked(file: string): boolean {
  try {
    fs.writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') { throw error; }
  }
  const owner = fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8')) : 0;
  if (owner > 0 && !fs.existsSync(`/proc/${owner}`)) { fs.rmSync(file, { force: true }); }
  return false;
}
