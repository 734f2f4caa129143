/**
 * The main job of a clone: sizes Llama-3.3-70B for a load, prints the plan, and writes its YAML.
 * It runs examples/llama-70b-fp8/main.ts, the program that `npx cdk8s synth` runs in that folder.
 */
import * as fs from 'fs';
import * as path from 'path';
import { InferenceFleet } from 'cdk8s-inference';
import { planText } from '../src/report/plan-text';

const root = path.join(__dirname, '..');
const outdir = path.join(root, 'quickstart-output');
fs.rmSync(outdir, { recursive: true, force: true });
process.env.CDK8S_OUTDIR = outdir;

async function main(): Promise<void> {
  const { fleet } = await import('../examples/llama-70b-fp8/main.js') as { fleet: InferenceFleet };
  console.log(planText(fleet.plan, { color: process.stdout.isTTY && !process.env.NO_COLOR }));

  console.log('\nWritten:');
  for (const file of fs.readdirSync(outdir).sort()) {
    const text = fs.readFileSync(path.join(outdir, file), 'utf8');
    const kinds = [...text.matchAll(/^kind: (\w+)$/gm)].map(([, kind]) => kind);
    console.log(`  ${path.relative(process.cwd(), path.join(outdir, file))}: ${kinds.join(', ')}`);
  }
  console.log('\nThe program is examples/llama-70b-fp8/main.ts; change it and run this again.');
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
