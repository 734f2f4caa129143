/** Shows every planted fault to synthesis and to a control plane, and compares docs/validation.md with what came of it; `--write` writes it. */
import * as fs from 'fs';
import * as path from 'path';
import { startControlPlane } from '../test/cluster/control-plane';
import { ApiServer } from '../test/cluster/support/api-server';
import { JUDGE, judged } from '../test/cluster/support/planted-verdicts';
import { VALIDATION_PAGE } from '../test/cluster/support/validation-page';

async function main(): Promise<void> {
  const file = path.join(__dirname, '..', VALIDATION_PAGE);
  const controlPlane = await startControlPlane(JUDGE);
  const api = new ApiServer(controlPlane);
  try {
    const page = await judged(api);
    const current = fs.existsSync(file) && fs.readFileSync(file, 'utf8') === page;
    if (!current && process.argv.includes('--write')) { fs.writeFileSync(file, page); }
    console.log(`${VALIDATION_PAGE} is ${current ? 'current' : process.argv.includes('--write') ? 'written' : 'stale'}`);
    process.exitCode = current || process.argv.includes('--write') ? 0 : 1;
  } finally {
    api.close();
    await controlPlane.stop();
  }
}

void main();
