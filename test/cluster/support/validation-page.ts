import { FaultGroup, PlantedFault, Refuser } from './planted-faults';
import { Verdict } from './verdict';

/** Where the page is, from the root of the project. */
export const VALIDATION_PAGE = 'docs/validation.md';

/** The command that writes it. */
const WRITE = 'npm run validation -- --write';

/** Longest sentence of the control plane that the page repeats. */
const SHOWN = 400;

/** The page on who refuses which mistake, from what came of each. */
export function validationPage(groups: readonly FaultGroup[], verdicts: ReadonlyMap<PlantedFault, Verdict>, kubernetes: string): string {
  const all = groups.flatMap(({ faults }) => faults);
  const by = (faults: readonly PlantedFault[], refuser: Refuser) => faults.filter((fault) => verdicts.get(fault)!.refusedBy === refuser);
  const counts = (what: string, faults: readonly PlantedFault[]) => row(what, ...REFUSERS.map((refuser) => String(by(faults, refuser).length)));
  const late = (refuser: Refuser, columns: (fault: PlantedFault, verdict: Verdict) => string[]) => groups
    .flatMap(({ about, faults }) => by(faults, refuser).map((fault) => row(about, fault.title, ...columns(fault, verdicts.get(fault)!))));
  return [
    '# Who refuses which mistake',
    '',
    `${all.length} mistakes that someone may well make were planted in apps that are right, one at a time. Each app was synthesized; what came out`,
    `was shown to a real control plane of Kubernetes ${kubernetes} with the definitions and webhooks of what fleets are made of: strict field`,
    'validation, and pods in a namespace that enforces Pod Security `restricted`. An app that is right passes both without a warning.',
    '',
    `This page is generated: \`${WRITE}\` writes it, and \`npm run test:cluster\` fails where it is not what happens.`,
    '',
    row('mistakes about', 'refused at synthesis', 'refused by the control plane alone', 'refused by nobody'),
    '|---|---:|---:|---:|',
    ...groups.map(({ about, faults }) => counts(about.toLowerCase(), faults)),
    counts('all', all),
    '',
    '## Refused by the control plane alone',
    '',
    row('about', 'mistake', 'what is refused', 'in its words', 'why not at synthesis'),
    '|---|---|---|---|---|',
    ...late('control plane', (fault, { of, sentence }) => [of!, short(sentence!), fault.unknown!]),
    '',
    '## Refused by nobody',
    '',
    row('about', 'mistake', 'what happens', 'why synthesis can\'t know'),
    '|---|---|---|---|',
    ...late('nobody', (fault) => [fault.then!, fault.unknown!]),
    '',
    ...refusedAtSynthesis(groups, verdicts),
  ].join('\n');
}

/** The part of the page that takes no control plane to write. */
export function refusedAtSynthesis(groups: readonly FaultGroup[], verdicts: ReadonlyMap<PlantedFault, Verdict>): string[] {
  return ['## Refused at synthesis', '', ...groups.flatMap(({ about, faults }) => {
    const refused = faults.filter((fault) => verdicts.get(fault)!.refusedBy === 'synthesis');
    return refused.length === 0 ? [] : [
      `### ${about}`, '', row('mistake', 'sentence'), '|---|---|',
      ...refused.map((fault) => row(fault.title, verdicts.get(fault)!.sentence!)), '',
    ];
  })];
}

const REFUSERS: readonly Refuser[] = ['synthesis', 'control plane', 'nobody'];

function row(...cells: string[]): string { return `| ${cells.map(cell).join(' | ')} |`; }

/** A text in a cell of a table. cdk8s lists what validations say below a line of its own. */
function cell(text: string): string {
  return text.replace(/^Validation failed with the following errors:\n/, '').trim()
    .replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/[|*`]/g, '\\$&').replace(/\s*\n\s*/g, '<br>');
}

function short(sentence: string): string { return sentence.length > SHOWN ? `${sentence.slice(0, SHOWN)}…` : sentence; }
