/**
 * How often a rollout ends rightly: simulated servers, the runner's own state machine and tests. `npx tsx bench/canary-error-rates.ts` prints
 * the table of docs/canary.md, `--write` writes it there; `--rollouts 200` is a shorter look.
 */
import { runMany, Scenario } from './canary-simulation';
import { holdPart } from './generated-part';

const MARKS = { page: 'canary.md', begin: '<!-- error rates -->', end: '<!-- /error rates -->' };
const option = (name: string) => process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined;
const rollouts = Number(option('--rollouts') ?? 2000);
const only = option('--rate');

const scenarios: Scenario[] = [
  { what: 'equal', latency: 1, errors: 0.001 },
  { what: '1.1 x latency', latency: 1.1, errors: 0.001 },
  { what: '1.3 x latency', latency: 1.3, errors: 0.001 },
  { what: '2 x latency', latency: 2, errors: 0.001 },
  { what: '0.5 % errors', latency: 1, errors: 0.005 },
  { what: '2 % errors', latency: 1, errors: 0.02 },
  { what: '10 % errors', latency: 1, errors: 0.1 },
];

const rows = [1, 10, 100].filter((rate) => only === undefined || rate === Number(only)).flatMap((requestsPerSecond) => scenarios.map((scenario) => {
  const found = runMany(scenario, requestsPerSecond, rollouts);
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const row = [
    String(requestsPerSecond), scenario.what, percent(found.rolledBack), percent(found.before25), percent(found.judged), found.medianMinutes.toFixed(0), `${found.medianWeight / 10} %`,
    `${found.medianShare.toFixed(2)} %`,
  ];
  process.stderr.write(`${row.join(' | ')}\n`);
  return `| ${row.join(' | ')} |`;
}));

const table = [
  '| requests/s | candidate | rolled back | before 25 % | by a gate | minutes to the end | largest weight | requests that it got |',
  '|---|---|---|---|---|---|---|---|',
  ...rows,
].join('\n');

if (process.argv.includes('--write')) {
  holdPart(MARKS, table, true);
} else {
  process.stdout.write(`${table}\n`);
}
