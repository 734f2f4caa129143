import { counted, figure, percent } from './numbers';
import { GateStatus, GateVerdict, RolloutPhase, StepStatus } from './rollout-status';
import { clock, FleetView, isOver, nameOf, RolloutView, share, span } from './rollout-view';
import { bullets, paint, ReportOptions, table } from './table';

/** How a rollout is written. */
export interface RolloutTextOptions extends ReportOptions {
  /** Lines of history, the newest. Default: all. */
  readonly history?: number;
}

/** How a rollout stands, for people. Ends with a line feed. */
export function rolloutText(view: RolloutView, options: RolloutTextOptions = {}): string {
  const { status } = view;
  const colors = paint(options.color ?? false);
  const tint = phaseTint(status.phase, options);
  const plain = [{ head: '' }, { head: '' }];
  const history = status.history.slice(-(options.history ?? Infinity));
  return [
    `${colors.bold(`Rollout ${nameOf(status)}`)}: ${tint(status.phase)}, ${share(status.weight)} of the requests on the candidate`,
    table(plain, facts(view, options), options),
    '',
    colors.bold(`Gates ${at(status.steps[status.measuredStep - 1])}`),
    gates(status.gates, options),
    '',
    colors.bold('What happened (UTC)'),
    table(
      [{ head: '' }, { head: '' }, { head: '', right: true }, { head: '', right: true }, { head: '' }],
      history.map(({ at: when, phase, step, weight, note }) => [clock(when), phaseTint(phase, options)(phase), `step ${step}`, share(weight), note]), options),
    '',
  ].join('\n');
}

/** `at 5 %`, `on copies of 20 % of the requests`. */
export function at({ weight, mirrored }: StepStatus): string { return mirrored === undefined ? `at ${share(weight)}` : `on copies of ${share(mirrored)} of the requests`; }

/** Letters that all of the traffic takes. */
const BAR = 40;
/** Letters of a line from which on each number of a gate has a column. */
const WIDE = 100;

/** What there is to know besides gates and history: a name, and what is so. */
export function facts(view: RolloutView, options: ReportOptions): string[][] {
  const { status, now } = view;
  const colors = paint(options.color ?? false);
  const { stable, candidate } = status.fleets;
  const needed = status.steps[status.step - 1].needs;
  const where = (fleet: typeof stable, seen: FleetView) => `${fleet.kind} ${fleet.namespace}/${fleet.name}, ${replicas(seen)}`;
  return [
    ...status.reason === undefined ? [] : [['Why', isOver(status) && !status.steppingBack ? status.reason : colors.red(status.reason)]],
    ['Traffic', `${'█'.repeat(Math.round(BAR * status.weight))}${'░'.repeat(BAR - Math.round(BAR * status.weight))} ${share(status.weight)}`],
    ['Steps', steps(view, options)],
    ...isOver(status) ? [] : [['This step', thisStep(view)]],
    ['Route', `HTTPRoute ${status.route.namespace}/${status.route.name}`],
    ['Stable', where(stable, view.fleets.stable)],
    ['Candidate', `${where(candidate, view.fleets.candidate)}${isOver(status) || status.steppingBack ? '' : `, ${needed} needed for ${share(status.steps[status.step - 1].weight)}`}`],
    ...status.preview === undefined ? [] : [['Previews', status.preview ? 'go to the candidate' : 'go to the stable fleet']],
    ['Requests', `${figure(status.requests.candidate)} of the candidate and ${figure(status.requests.stable)} of the stable fleet were measured ${at(status.steps[status.measuredStep - 1])}`],
    ...doubts(view, options),
    ...status.command === undefined ? [] : [['Command', `'${status.command}' is in force`]],
    ...view.asked === undefined ? [] : [['Asked', colors.yellow(`'${view.asked}', which no runner has taken yet`)]],
    ...view.superseded ? [['Spec', colors.yellow('another spec is in force, which no runner has begun yet')]] : [],
    ...isOver(status) ? [] : [['Runner', runner(view, now, options)]],
  ];
}

function replicas(seen: FleetView): string {
  return 'unknown' in seen ? seen.unknown : `${counted(seen.ready, 'replica')} ready of ${seen.replicas}`;
}

function steps({ status }: RolloutView, options: ReportOptions): string {
  const colors = paint(options.color ?? false);
  const said = ({ weight, mirrored }: StepStatus) => mirrored === undefined ? share(weight) : 'copies';
  const passed = status.phase === 'promoted' ? status.steps.length : status.step - 1;
  return status.steps.map((step, i) => i < passed ? colors.dim(said(step)) : i === status.step - 1 ? colors.bold(`[${said(step)}]`) : said(step)).join(' > ');
}

function thisStep({ status, now }: RolloutView): string {
  const { minSeconds, maxSeconds } = status.steps[status.step - 1];
  const since = (iso: string) => span((now - Date.parse(iso)) / 1000);
  const measured = status.analysedSince === undefined
    ? `not measured yet; it takes at least ${span(minSeconds)} of measurements`
    : `measured for ${since(status.analysedSince)} of at least ${span(minSeconds)}; still undecided after ${span(maxSeconds)} is a doubt`;
  return `${status.step} of ${status.steps.length}, for ${since(status.stepSince)}; ${measured}`;
}

function doubts({ status, now }: RolloutView, options: ReportOptions): string[][] {
  const { causes, seconds, since, limitSeconds } = status.doubt;
  if (causes.length === 0) { return []; }
  const passed = seconds + (since === undefined ? 0 : (now - Date.parse(since)) / 1000);
  const limit = status.pausedSince === undefined ? `, a rollback after ${span(limitSeconds)}` : '; a pause takes no time';
  return [['In doubt', paint(options.color ?? false).yellow(`for ${span(passed)}${limit}: ${causes.join('; ')}`)]];
}

function runner({ runner: seen }: RolloutView, now: number, options: ReportOptions): string {
  const { yellow } = paint(options.color ?? false);
  if (seen === undefined) { return yellow('none has looked yet'); }
  const looked = `looked ${span((now - seen.lookedAt) / 1000)} ago`;
  return seen.alive ? `${seen.name} ${looked}` : yellow(`none is at work: the last one ${looked}`);
}

function gates(found: readonly GateStatus[], options: ReportOptions): string {
  if (found.length === 0) { return bullets(['none'], options); }
  const right = (head: string) => ({ head, right: true });
  const verdict = (gate: GateStatus) => verdictTint(gate.verdict, options)(gate.verdict);
  const evidence = (gate: GateStatus) => [
    ...gate.evidence === undefined ? [] : [evidenceOf(gate.evidence)], ...gate.estimate === undefined ? [gate.said] : [],
  ];
  const head = { head: 'evidence, of what a verdict takes' };
  if ((options.width ?? WIDE) < WIDE) {
    return table([{ head: 'gate' }, { head: 'verdict' }, head], found.map((gate) => [
      gate.gate,
      verdict(gate),
      [...gate.estimate === undefined ? [] : [`${inUnit(gate.estimate, gate.unit)} by ${samples(gate)} samples (${limitOf(gate)})`], ...evidence(gate)].join('; '),
    ]), options);
  }
  return table(
    [{ head: 'gate' }, { head: 'verdict' }, right('samples'), right('estimate'), right('limit'), head],
    found.map((gate) => [gate.gate, verdict(gate), samples(gate), inUnit(gate.estimate, gate.unit), limitOf(gate), evidence(gate).join('; ')]),
    options);
}

/** How many a gate has counted. */
export function samples(gate: GateStatus): string { return gate.samples === undefined ? '-' : figure(gate.samples); }

/** What a gate estimates, or is held against. */
export function inUnit(value: number | undefined, unit: GateStatus['unit']): string {
  if (value === undefined) { return '-'; }
  return unit === 'share' ? percent(value) : unit === 'times' ? `${figure(value)} x` : figure(value);
}

/** Where good ends, and where bad begins. */
export function limitOf({ limit, bad, unit }: GateStatus): string {
  if (limit === undefined) { return '-'; }
  return bad === undefined ? `from ${inUnit(limit, unit)}` : `${inUnit(limit, unit)}, bad ${inUnit(bad, unit)}`;
}

/** How near a verdict is: the whole way is 100 %. */
export function evidenceOf({ good, bad }: NonNullable<GateStatus['evidence']>): string {
  const way = (value: number) => `${Math.round(100 * Math.min(1, Math.max(0, value)))} %`;
  return good === undefined ? `${way(bad)} to bad` : `${way(good)} to good, ${way(bad)} to bad`;
}

const VERDICT_COLORS: { readonly [verdict in GateVerdict]: 'green' | 'red' | 'yellow' | 'dim' } = {
  'good': 'green', 'bad': 'red', 'undecided': 'yellow', 'no-data': 'yellow', 'not-applicable': 'dim',
};

function verdictTint(verdict: GateVerdict, { color = false }: ReportOptions): (text: string) => string {
  return paint(color)[VERDICT_COLORS[verdict]];
}

function phaseTint(phase: RolloutPhase, { color = false }: ReportOptions): (text: string) => string {
  const colors = paint(color);
  if (phase === 'rolling-back' || phase === 'rolled-back' || phase === 'aborted') { return colors.red; }
  return phase === 'holding' || phase === 'paused' ? colors.yellow : colors.green;
}
