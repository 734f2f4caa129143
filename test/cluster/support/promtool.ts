import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { KubeObject } from './kube-object';

/** A PrometheusRule that records queries. */
export function recordingRules(...queries: string[]): KubeObject {
  return {
    apiVersion: 'monitoring.coreos.com/v1', kind: 'PrometheusRule', metadata: { name: 'recorded' },
    spec: { groups: [{ name: 'recorded', rules: queries.map((expr, i) => ({ record: `recorded:${i}`, expr })) }] },
  };
}

/** What Prometheus' own checker has against PrometheusRules, a text each. */
export async function ruleProblems(rules: KubeObject[]): Promise<string[]> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rules-'));
  try {
    const problems: string[] = [];
    for (const { metadata, spec } of rules) {
      const file = path.join(folder, `${metadata.name}.yaml`);
      fs.writeFileSync(file, stringify(spec));
      try {
        await promisify(execFile)('promtool', ['check', 'rules', file]);
      } catch (error) {
        const { code, stdout, stderr } = error as { code: unknown; stdout: string; stderr: string };
        if (code === 'ENOENT') { throw new Error('promtool is not on the PATH; install Debian\'s package prometheus'); }
        problems.push(`PrometheusRule ${metadata.name}: ${stdout}${stderr}`);
      }
    }
    return problems;
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}
