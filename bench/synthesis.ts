/**
 * Synthesis of many charts beside cdk8s' own, and beside Helm: `npx tsx bench/synthesis.ts [without] [with] [chain]`, with `--write` to put the
 * tables into docs/performance.md. All of it takes some five minutes, and 1 GB of a temporary folder. Helm needs Go and Python 3.
 */
import { YamlOutputType } from 'cdk8s';
import { writeTable } from './performance-doc';
import { OBJECTS_PER_MODEL } from './synthesis-charts';
import { HELM, helmGivesTheSame, measureHelm } from './synthesis-helm';
import type { Took } from './synthesis-run';
import { measure } from './synthesis-runs';

const COUNTS = [1, 10, 100, 1000, 2000, 5000, 10_000];
/** cdk8s takes minutes beyond. */
const MOST_OF_CDK8S = 2000;

/** More measurements where one is short. Of cdk8s' long ones, one. */
const times = (models: number) => models <= 10 ? 7 : models <= 100 ? 5 : models <= MOST_OF_CDK8S ? 3 : 1;

const seconds = (value: number) => value < 0.1 ? value.toFixed(3) : value < 10 ? value.toFixed(2) : value.toFixed(1);
const cell = (took: Took | undefined, show: (took: Took) => string) => took ? show(took) : '';

/** Charts from one to ten thousand. */
function charts(dashboards: boolean): string[] {
  if (!helmGivesTheSame({ models: 10, dashboards })) { throw new Error('Helm gives other objects than cdk8s, so that a comparison says nothing'); }
  const rows = COUNTS.map((models) => {
    const platform = { models, dashboards };
    const ours = measure('PlatformApp', platform, times(models));
    const json = measure('PlatformApp, JSON', platform, times(models));
    const cdk8s = models <= MOST_OF_CDK8S ? measure('cdk8s', platform, models < 1000 ? times(models) : 1) : undefined;
    if (cdk8s && cdk8s.hash !== ours.hash) { throw new Error(`the files of ${models} charts differ from cdk8s'`); }
    const helm = models <= MOST_OF_CDK8S ? measureHelm(platform, times(models)) : undefined;
    const row = [
      models.toLocaleString('en'),
      cell(cdk8s, ({ cpu }) => seconds(cpu)),
      seconds(ours.cpu),
      cdk8s ? `${(cdk8s.cpu / ours.cpu).toFixed(1)}x` : '',
      (1000 * ours.cpu / models).toFixed(2),
      seconds(json.cpu),
      [cdk8s, ours, json, helm].map((took) => cell(took, ({ programCpu }) => seconds(programCpu))).join(' / '),
      [cdk8s, ours, helm].map((took) => cell(took, ({ mebibytes }) => mebibytes.toFixed(0))).join(' / '),
    ];
    console.log(row.join(' | '));
    return row;
  });
  return table(['charts', 'cdk8s `App`, s', '`PlatformApp`, s', 'ratio', 'ms a chart', 'JSON, s', 'whole program, s: cdk8s / `PlatformApp` / JSON / Helm', 'most memory, MiB: cdk8s / `PlatformApp` / Helm'], rows);
}

/** Charts of which each depends on the one before. */
function chain(): string[] {
  const rows = [4, 5, 6, 7, 200].map((models) => {
    const platform = { models, dashboards: false, chain: true };
    const ours = measure('PlatformApp', platform, 3, { outputType: YamlOutputType.FILE_PER_CHART });
    const cdk8s = models < 200 ? measure('cdk8s', platform) : undefined;
    if (cdk8s && cdk8s.hash !== ours.hash) { throw new Error(`the files of a chain of ${models} charts differ from cdk8s'`); }
    const row = [String(models), cdk8s ? seconds(cdk8s.cpu) : 'does not end', seconds(ours.cpu)];
    console.log(row.join(' | '));
    return row;
  });
  return table(['charts in a chain', 'cdk8s `App`, s', '`PlatformApp`, s'], rows);
}

function table(head: string[], rows: string[][]): string[] {
  return [head, head.map(() => '---:'), ...rows].map((row) => `| ${row.join(' | ')} |`);
}

/** What is promised of synthesis, measured: each miss as a sentence. */
export function brokenPromises(slack: number): string[] {
  const plain = (models: number) => ({ models, dashboards: false });
  const broken: string[] = [];
  const hold = (what: string, value: number, limit: number, unit: string, allowed = limit) => {
    console.log(`${value.toFixed(2).padStart(9)} ${unit.padEnd(2)}  (promised: ${limit} ${unit})  ${what}`);
    if (value > allowed) { broken.push(`${what}: ${value.toFixed(2)} ${unit} is more than ${allowed} ${unit}`); }
  };
  const [cdk8s, ours] = [measure('cdk8s', plain(1000)), measure('PlatformApp', plain(1000))];
  if (cdk8s.hash !== ours.hash) { broken.push("the files of 1,000 charts differ from cdk8s'"); }
  hold("synthesis of 1,000 charts, of cdk8s' CPU time", 100 * ours.cpu / cdk8s.cpu, 10, '%');
  hold("memory for 1,000 charts, of cdk8s'", 100 * ours.mebibytes / cdk8s.mebibytes, 100, '%');
  hold("synthesis of one chart, of cdk8s' CPU time", 100 * measure('PlatformApp', plain(1), 5).cpu / measure('cdk8s', plain(1), 5).cpu, 100, '%');
  hold('a chart of 5,000, of the time of one of 100', 100 * measure('PlatformApp', plain(5000)).cpu / 50 / measure('PlatformApp', plain(100), 3).cpu, 130, '%');
  hold('synthesis of a chain of 200 charts', measure('PlatformApp', { ...plain(200), chain: true }, 3).cpu, 1, 's', slack);
  return broken;
}

function main(): void {
  const sections: { [name: string]: () => string[] } = { without: () => charts(false), with: () => charts(true), chain };
  const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
  for (const name of asked.length ? asked : Object.keys(sections)) {
    console.log(`${name}: ${OBJECTS_PER_MODEL} objects a chart, Helm ${HELM.version}`);
    const lines = sections[name]();
    if (process.argv.includes('--write')) { writeTable(name, lines); }
  }
}

if (require.main === module) { main(); }
