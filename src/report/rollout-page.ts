import { escaped, rolloutPicture } from './rollout-picture';
import { at, evidenceOf, facts, inUnit, limitOf, samples } from './rollout-text';
import { clock, nameOf, RolloutView, share } from './rollout-view';

/** A table of a report. */
interface Section { readonly title: string; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] }

function title({ status }: RolloutView): string { return `Rollout ${nameOf(status)}: ${status.phase}`; }

function sections(view: RolloutView): Section[] {
  const { status } = view;
  return [
    { title: 'How it stands', head: ['', ''], rows: facts(view, {}) },
    {
      title: `Gates ${at(status.steps[status.measuredStep - 1])}`,
      head: ['gate', 'verdict', 'samples', 'estimate', 'limit', 'evidence, of what a verdict takes', 'seen'],
      rows: status.gates.map((gate) => [
        gate.gate, gate.verdict, samples(gate), inUnit(gate.estimate, gate.unit), limitOf(gate),
        gate.evidence === undefined ? '-' : evidenceOf(gate.evidence), gate.said,
      ]),
    },
    {
      title: 'What happened (UTC)',
      head: ['time', 'phase', 'step', 'weight', ''],
      rows: status.history.map(({ at: when, phase, step, weight, note }) => [clock(when), phase, String(step), share(weight), note]),
    },
    {
      title: 'Verdicts (UTC)',
      head: ['time', 'step', 'gate', 'verdict', 'seen'],
      rows: status.verdicts.map(({ at: when, step, gate, verdict, said }) => [clock(when), String(step), gate, verdict, said]),
    },
  ];
}

/** A rollout as one page of HTML that loads nothing. */
export function rolloutHtml(view: RolloutView): string {
  const cell = (tag: string) => (text: string) => `<${tag}>${escaped(text)}</${tag}>`;
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${escaped(title(view))}</title>`,
    '<style>body{font:14px Helvetica,Arial,sans-serif;color:#1f2933;background:#fff;max-width:980px;margin:24px auto;padding:0 12px}h1{font-size:22px}h2{font-size:16px;margin-top:28px}',
    'table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:4px 10px 4px 0;border-bottom:1px solid #eceff1}th{color:#52606d;font-weight:normal}svg{max-width:100%;height:auto}</style>',
    `</head><body><h1>${escaped(title(view))}</h1>`,
    rolloutPicture(view).trimEnd(),
    ...sections(view).map(({ title: name, head, rows }) => [
      `<h2>${escaped(name)}</h2>`,
      '<table>',
      ...head.some(Boolean) ? [`<tr>${head.map(cell('th')).join('')}</tr>`] : [],
      ...rows.map((row) => `<tr>${row.map(cell('td')).join('')}</tr>`),
      '</table>',
    ].join('\n')),
    '</body></html>',
    '',
  ].join('\n');
}

/** The same as Markdown, for a pull request or a postmortem; without the picture. */
export function rolloutMarkdown(view: RolloutView): string {
  const cell = (text: string) => text.replace(/[\\|<>`*_[\]]/g, '\\$&');
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [
    `# ${cell(title(view))}`,
    '',
    ...sections(view).flatMap(({ title: name, head, rows }) => [`## ${cell(name)}`, line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line), '']),
  ].join('\n');
}
