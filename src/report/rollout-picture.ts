import { GateVerdict, RolloutPhase, RolloutStatus } from './rollout-status';
import { clock, isOver, nameOf, RolloutView, share } from './rollout-view';

const WIDTH = 960;
const LEFT = 190;
const RIGHT = 24;
const PLOT = WIDTH - LEFT - RIGHT;
const WEIGHTS = { top: 88, height: 180 };
const STRIP = 20;
const STRIP_GAP = 8;
/** Room that a letter of a strip's label takes. */
const LETTER = 6.4;

const PHASES: { readonly [phase in RolloutPhase]: string } = {
  'pending': '#cfd8dc', 'warming': '#b3e5fc', 'shifting': '#4fc3f7', 'analysing': '#a5d6a7', 'holding': '#ffcc80', 'paused': '#fff59d',
  'promoting': '#66bb6a', 'promoted': '#2e7d32', 'rolling-back': '#ef9a9a', 'rolled-back': '#c62828', 'aborted': '#c62828',
};
const VERDICTS: { readonly [verdict in GateVerdict]: string } = {
  'no-data': '#eceff1', 'undecided': '#ffe0b2', 'good': '#66bb6a', 'bad': '#e53935', 'not-applicable': '#cfd8dc',
};

/** From one time to another. */
interface Segment { readonly from: number; readonly until: number; readonly label: string; readonly color: string; readonly why: string }

/** A rollout over time as an SVG that needs nothing else: the candidate's weight, the phases, and what each gate said. */
export function rolloutPicture(view: RolloutView): string {
  const { status } = view;
  const from = Date.parse(status.startedAt);
  const last = Date.parse(status.history[status.history.length - 1]?.at ?? status.startedAt);
  const until = Math.max(isOver(status) ? last : view.now, from + 60_000);
  const x = (time: number) => short(LEFT + PLOT * Math.min(1, Math.max(0, (time - from) / (until - from))));
  const rows = [{ label: 'phase', segments: phases(status, until) }, ...gateRows(status, until)];
  const stripTop = (i: number) => WEIGHTS.top + WEIGHTS.height + 28 + i * (STRIP + STRIP_GAP);
  const bottom = stripTop(rows.length) - STRIP_GAP;
  const height = bottom + 74;
  const title = `Rollout ${nameOf(status)}: ${status.phase}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="Helvetica, Arial, sans-serif" role="img" aria-label="${escaped(title)}">`,
    '<style>text{fill:#1f2933;font-size:12px}.h{font-weight:bold;font-size:17px}.g{fill:#52606d}.e{text-anchor:end}.m{text-anchor:middle}</style>',
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="20" y="30" class="h">${escaped(cut(title, 100))}</text>`,
    `<text x="20" y="50">${escaped(cut(status.reason ?? '', 150))}</text>`,
    `<text x="20" y="68" class="g">${clock(status.startedAt)} to ${clock(new Date(until).toISOString())} UTC</text>`,
    ...ticks(from, until).map((time) => `<path d="M${x(time)} ${WEIGHTS.top}V${bottom}" stroke="#eceff1"/><text x="${x(time)}" y="${bottom + 18}" class="m g">${tickLabel(time, until - from)}</text>`),
    ...weights(status, x, until),
    ...rows.flatMap(({ label, segments }, i) => strip(label, segments, stripTop(i), x)),
    ...legend(bottom + 44),
    '</svg>',
    '',
  ].join('\n');
}

function weights({ steps, history }: RolloutStatus, x: (time: number) => number, until: number): string[] {
  const y = (weight: number) => short(WEIGHTS.top + WEIGHTS.height * (1 - weight));
  const path = history.reduce((drawn, { at, weight }) => `${drawn}H${x(Date.parse(at))}V${y(weight)}`, `M${LEFT} ${y(0)}`) + `H${x(until)}`;
  const shares = [...new Set([0, ...steps.map(({ weight }) => weight)])];
  // Labels that would lie upon each other are left out; the line stays.
  const labelled = shares.filter((weight, i) => weight === 1 || shares.slice(i + 1).every((next) => (next - weight) * WEIGHTS.height >= 13));
  return [
    `<text x="${LEFT - 52}" y="${WEIGHTS.top + 12}" class="e">candidate's share</text>`,
    ...shares.map((weight) => `<path d="M${LEFT} ${y(weight)}H${LEFT + PLOT}" stroke="#b0bec5" stroke-dasharray="2 4"/>`),
    ...labelled.map((weight) => `<text x="${LEFT - 8}" y="${y(weight) + 4}" class="e g">${share(weight)}</text>`),
    `<path d="${path}V${y(0)}Z" fill="#1976d2" fill-opacity="0.15"/>`,
    `<path d="${path}" fill="none" stroke="#1976d2" stroke-width="2.5"/>`,
  ];
}

function phases({ history }: RolloutStatus, until: number): Segment[] {
  return inARow(history, until, ({ phase, step, note }) => ({
    label: phase, color: PHASES[phase], why: `step ${step}: ${phase}${note ? `, ${note}` : ''}`,
  }));
}

/** Each step begins without data when traffic shifts; a score is of the whole rollout. */
function gateRows(status: RolloutStatus, until: number): { label: string; segments: Segment[] }[] {
  const shifted = status.steps.slice(1).flatMap((_, i) => status.history.find(({ step, phase }) => step === i + 2 && phase === 'shifting') ?? []);
  const starts = [{ at: status.startedAt, step: 1 }, ...shifted.map(({ at, step }) => ({ at, step }))];
  return status.gates.map(({ gate, kind }) => {
    const begins = (kind === 'score' ? starts.slice(0, 1) : starts).map((start) => ({ ...start, verdict: 'no-data' as const, said: 'nothing was counted' }));
    const changes = [...status.verdicts.filter((one) => one.gate === gate), ...begins];
    changes.sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
    return {
      label: gate,
      segments: inARow(changes, until, ({ step, verdict, said }) => ({ label: verdict, color: VERDICTS[verdict], why: `step ${step}: ${verdict}, ${said}` })),
    };
  });
}

/** Each lasts until the next one begins. */
function inARow<T extends { readonly at: string }>(
  entries: readonly T[], until: number, shown: (entry: T) => Omit<Segment, 'from' | 'until'>,
): Segment[] {
  const end = (i: number) => i + 1 < entries.length ? Date.parse(entries[i + 1].at) : until;
  return entries.map((entry, i) => ({ from: Date.parse(entry.at), until: end(i), ...shown(entry) }));
}

function strip(label: string, segments: readonly Segment[], top: number, x: (time: number) => number): string[] {
  return [
    `<text x="${LEFT - 8}" y="${top + 14}" class="e">${escaped(cut(label, 26))}<title>${escaped(label)}</title></text>`,
    ...segments.flatMap(({ from, until, label: said, color, why }) => {
      const [left, right] = [x(from), x(until)];
      // An end takes no time, but it must be seen.
      const wide = Math.max(2, short(right - left));
      const room = said.length * LETTER + 8 <= wide;
      const dark = color === PHASES.promoted || color === PHASES.aborted || color === VERDICTS.bad;
      return [
        `<rect x="${short(Math.min(left, LEFT + PLOT - wide))}" y="${top}" width="${wide}" height="${STRIP}" fill="${color}" stroke="#fff" stroke-width="0.5"><title>${escaped(why)}</title></rect>`,
        ...room ? [`<text x="${short((left + right) / 2)}" y="${top + 14}" class="m"${dark ? ' style="fill:#fff"' : ''}>${said}</text>`] : [],
      ];
    }),
  ];
}

function legend(top: number): string[] {
  let left = LEFT;
  return Object.entries(VERDICTS).flatMap(([verdict, color]) => {
    const drawn = [
      `<rect x="${short(left)}" y="${top}" width="14" height="14" fill="${color}"/>`,
      `<text x="${short(left + 20)}" y="${top + 11}" class="g">${verdict}</text>`,
    ];
    left += 40 + verdict.length * LETTER;
    return drawn;
  });
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const ROUND = [
  ...[1, 2, 5, 10, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7].map((days) => days * DAY),
];
const MOST_TICKS = 8;

/** Round times within a span. */
function ticks(from: number, until: number): number[] {
  const step = ROUND.find((one) => (until - from) / one <= MOST_TICKS) ?? Math.ceil((until - from) / MOST_TICKS / DAY) * DAY;
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.floor((until - first) / step) + 1 }, (_, i) => first + i * step);
}

function tickLabel(time: number, length: number): string {
  const iso = new Date(time).toISOString();
  if (length > 2 * DAY) { return iso.slice(5, 10); }
  return length < 8 * MINUTE ? iso.slice(11, 19) : iso.slice(11, 16);
}

function short(value: number): number { return Math.round(value * 10) / 10; }

function cut(text: string, length: number): string { return text.length > length ? `${text.slice(0, length)}…` : text; }

/** As text of XML, in elements and in quotes. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
