import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { setTimeout as sleep } from 'timers/promises';

/** What tests build or fetch, to be thrown away at any time. */
export const CACHES = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'cdk8s-inference');

/** Makes something unless it is there. Whoever else wants it meanwhile waits: made beside each other it would take twice the memory. */
export async function once(at: string, isThere: () => boolean, make: () => Promise<void>): Promise<void> {
  const lock = `${at}.lock`;
  fs.mkdirSync(path.dirname(at), { recursive: true });
  while (!isThere()) {
    if (!locked(lock)) {
      await sleep(500);
      continue;
    }
    try {
      if (!isThere()) { await make(); }
    } finally {
      fs.rmSync(lock, { force: true });
    }
  }
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
