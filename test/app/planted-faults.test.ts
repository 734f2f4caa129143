import * as fs from 'node:fs';
import * as path from 'node:path';
import { SOUND_APPS } from '../cluster/support/planted-apps';
import { PLANTED_FAULTS, PlantedFault } from '../cluster/support/planted-faults';
import { refusedAtSynthesis, VALIDATION_PAGE } from '../cluster/support/validation-page';
import { synthesize, Verdict } from '../cluster/support/verdict';

const verdicts = new Map<PlantedFault, Verdict>();

/** What synthesis alone says. */
function verdict(fault: PlantedFault): Verdict {
  const known = verdicts.get(fault);
  if (known) { return known; }
  const made = synthesize(fault.plant);
  const found: Verdict = 'refusal' in made ? { refusedBy: 'synthesis', sentence: made.refusal, warnings: [] } : { refusedBy: 'nobody', warnings: [] };
  verdicts.set(fault, found);
  return found;
}

test.each(Object.entries(SOUND_APPS))('%s synthesizes', (_title, plant) => {
  expect(synthesize(plant)).toHaveProperty('objects');
});

describe.each(PLANTED_FAULTS.map(({ about, faults }) => [about, faults] as const))('%s', (_about, faults) => {
  test.each(faults.map((fault) => [fault.title, fault] as const))('%s is refused where it should be, in one sentence that says where', (_title, fault) => {
    const { refusedBy, sentence } = verdict(fault);
    expect(refusedBy === 'synthesis').toBe(fault.refusedBy === 'synthesis');
    for (const line of (sentence ?? '').replace(/^Validation failed with the following errors:\n/, '').split('\n').filter(Boolean)) {
      expect(line.trim()).toMatch(/^(\[app[^\]]*\] |'|unknown ).*[^.]$/);
    }
  });
});

test('a mistake is planted once', () => {
  for (const { faults } of PLANTED_FAULTS) { expect(new Set(faults.map(({ title }) => title)).size).toBe(faults.length); }
});

test('the page has the sentences of synthesis, word for word', () => {
  PLANTED_FAULTS.forEach(({ faults }) => faults.forEach(verdict));
  const page = fs.readFileSync(path.join(__dirname, '../..', VALIDATION_PAGE), 'utf8');
  const [start] = refusedAtSynthesis([], verdicts);
  expect(page.slice(page.indexOf(start))).toBe(refusedAtSynthesis(PLANTED_FAULTS, verdicts).join('\n'));
});
