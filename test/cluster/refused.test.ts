import * as fs from 'node:fs';
import * as path from 'node:path';
import { SOUND_APPS } from './support/planted-apps';
import { PLANTED_FAULTS, PlantedFault } from './support/planted-faults';
import { JUDGE, judged } from './support/planted-verdicts';
import { useCluster } from './support/use-cluster';
import { VALIDATION_PAGE } from './support/validation-page';
import { Verdict, verdictOn } from './support/verdict';

const cluster = useCluster(JUDGE);
const verdicts = new Map<PlantedFault, Verdict>();

test.each(Object.entries(SOUND_APPS))('%s is refused by nobody, and nothing is warned of', async (_title, plant) => {
  expect(await verdictOn(cluster.api, plant)).toEqual({ refusedBy: 'nobody', warnings: [] });
});

describe.each(PLANTED_FAULTS.map(({ about, faults }) => [about, faults] as const))('%s', (_about, faults) => {
  test.each(faults.map((fault) => [fault.title, fault.refusedBy, fault] as const))('%s is refused by %s', async (_title, refusedBy, fault) => {
    const verdict = await verdictOn(cluster.api, fault.plant);
    verdicts.set(fault, verdict);
    expect(verdict).toMatchObject({ refusedBy });
    // A warning is a mistake that the server sees and we do not.
    if (verdict.refusedBy === 'nobody') { expect(verdict.warnings).toEqual([]); }
  });
});

test('the page says what happens', async () => {
  expect(fs.readFileSync(path.join(__dirname, '../..', VALIDATION_PAGE), 'utf8')).toBe(await judged(cluster.api, verdicts));
}, 120_000);
