import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CanaryCluster, NOW, stateWith } from './canary-cluster';
import { folder } from './folder';
import { RolloutState } from '../../runner/state';
import { specWith } from '../runner/support/rollout';
import { PATHS, World } from '../runner/support/world';

let cluster: CanaryCluster;
let path: string;
beforeEach(() => { path = folder({ '.keep': '' }); });
afterEach(() => cluster.stop());

async function report(file: string): Promise<string> {
  const output = join(path, file);
  expect(await cluster.canary(['report', 'canary', '-o', output])).toEqual({ code: 0, err: '', out: `${output}\n` });
  return readFileSync(output, 'utf8');
}

/** A whole rollout, played in virtual time. */
async function played(behaviour: object): Promise<RolloutState> {
  const world = new World(specWith(), behaviour, 3);
  world.start('runner-1');
  if (!await world.over()) { throw new Error('it did not end'); }
  return JSON.parse(world.api.objects.get(PATHS.state).data.state);
}

/** Names of the elements that are open after a text of XML, and that closed what was not open. */
function unclosed(xml: string): string[] {
  const open: string[] = [];
  for (const [, close, name, empty] of xml.replace(/<!doctype[^>]*>|<meta[^>]*>/g, '').matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
    if (close && open.pop() !== name) { return [`</${name}>`]; }
    if (!close && !empty) { open.push(name); }
  }
  return open;
}

const numbers = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((found) => found.slice(1).map(Number));

test('the picture draws the share of the candidate as the history has it', async () => {
  const state = await played({});
  cluster = await CanaryCluster.start(state);
  const svg = await report('a.svg');
  const [, line] = /<path d="M190 268(H[\d.HV]+)" fill="none"/.exec(svg)!;
  const heights = [...line.matchAll(/V([\d.]+)/g)].map(([, y]) => Math.round((268 - Number(y)) / 180 * 1000));
  expect(heights).toEqual(state.history.map(({ weight }) => weight));
  const times = [...line.matchAll(/H([\d.]+)/g)].map(([, x]) => Number(x));
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect([times[0], times[times.length - 1]]).toEqual([190, 936]);
});

test('the picture has a strip for the phases and one for each gate, without gaps', async () => {
  cluster = await CanaryCluster.start(await played({ latency: 2 }));
  const svg = await report('a.svg');
  const rects = numbers(svg, /<rect x="([\d.]+)" y="(\d+)" width="([\d.]+)" height="20"/g);
  const strips = [...new Set(rects.map(([, y]) => y))];
  expect(strips.length).toBe(4);
  for (const strip of strips) {
    const own = rects.filter(([, y]) => y === strip);
    const gaps = own.slice(1).map(([x], i) => Math.round((x - own[i][0] - own[i][2]) * 10) / 10).filter((gap) => gap > 0.2);
    expect([own[0][0], gaps, Math.round(Math.max(...own.map(([x, , width]) => x + width)))]).toEqual([190, [], 936]);
  }
  expect(svg).toMatch(/fill="#e53935" stroke="#fff" stroke-width="0.5"><title>step 2: bad, \d\.\d+ times the stable fleet at its load/);
});

test('a verdict holds until the next weight is set, and not only until the next step is prepared', async () => {
  const at = (minutes: number) => NOW - (20 - minutes) * 60_000;
  cluster = await CanaryCluster.start(stateWith({
    startedAt: at(0),
    history: [
      { at: at(0), phase: 'shifting', step: 0, weight: 50, note: '' }, { at: at(10), phase: 'warming', step: 1, weight: 50, note: '' }, { at: at(15), phase: 'shifting', step: 1, weight: 300, note: '' },
    ],
    verdicts: [{ at: at(5), step: 0, gate: 'errors', verdict: 'good', said: '' }],
  }));
  const strip = [...(await report('a.svg')).matchAll(/<rect x="([\d.]+)" y="(\d+)" width="([\d.]+)" height="20" fill="(#\w+)"/g)].filter(([, , y]) => y === '324');
  expect(strip.map(([, x, , width, color]) => [Number(x), Number(width), color])).toEqual([[190, 186.5, '#eceff1'], [376.5, 373, '#66bb6a'], [749.5, 186.5, '#eceff1']]);
});

test.each(['a.svg', 'a.html'])('%s is whole, loads nothing, and is the same each time', async (file) => {
  cluster = await CanaryCluster.start(await played({ errors: 0.2 }));
  const text = await report(file);
  expect([unclosed(text), await report(file) === text]).toEqual([[], true]);
  expect(text.match(/https?:[^"' ]*/g)).toEqual(['http://www.w3.org/2000/svg']);
  expect(text).not.toMatch(/NaN|undefined|Infinity|<script|url\(/);
});

test('the page has the picture, the gates, what happened, and each verdict', async () => {
  cluster = await CanaryCluster.start(stateWith());
  const html = await report('a.html');
  expect(html).toContain('<h1>Rollout chat/canary: analysing</h1>\n<svg ');
  expect([...html.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title]) => title)).toEqual(['How it stands', 'Gates at 30 %', 'What happened (UTC)', 'Verdicts (UTC)']);
  expect(html).toContain('<tr><td>errors</td><td>good</td><td>900</td><td>0.111 %</td><td>1 %, bad 2 %</td><td>100 % to good, 0 % to bad</td><td>1 of 900 requests, limit 1 %</td></tr>');
  expect(html).toContain('<tr><td>2026-01-01 11:56:00</td><td>2</td><td>errors</td><td>undecided</td><td>0 of 20 requests, limit 1 %</td></tr>');
});

test('Markdown has the same tables', async () => {
  cluster = await CanaryCluster.start(stateWith());
  const lines = (await report('a.md')).split('\n');
  expect(lines[0]).toBe('# Rollout chat/canary: analysing');
  expect(lines).toEqual(expect.arrayContaining(['## Gates at 30 %', '| gate | verdict | samples | estimate | limit | evidence, of what a verdict takes | seen |', '| 2026-01-01 11:42:00 | shifting | 1 | 5 % | 5 % of the requests |']));
});

test('what stands in the cluster stays text', async () => {
  const note = '<script>alert("x")</script> & `code` | *b*';
  cluster = await CanaryCluster.start(stateWith({ reason: note, history: [{ ...stateWith().history[0], note }] }));
  expect([await report('a.html'), await report('a.svg')].map((text) => text.includes('<script'))).toEqual([false, false]);
  expect(await report('a.md')).toContain('\\<script\\>alert("x")\\</script\\> & \\`code\\` \\| \\*b\\*');
});

test('a rollout of which nothing has happened yet, and one of many days, can be drawn', async () => {
  cluster = await CanaryCluster.start(stateWith({ history: [], verdicts: [] }));
  expect(unclosed(await report('a.svg'))).toEqual([]);
  cluster.write(stateWith({ startedAt: Date.UTC(2025, 6, 1), history: [{ ...stateWith().history[0], at: Date.UTC(2025, 6, 1) }] }));
  const svg = await report('a.svg');
  const days = [...svg.matchAll(/class="m g">(.*?)</g)].map(([, label]) => label);
  expect([days[0], days.length <= 8, days.every((day) => /^\d\d-\d\d$/.test(day))]).toEqual(['07-11', true, true]);
});

test.each<[string, string[], number, string]>([
  ['another ending', ['report', 'canary', '-o', 'x.png'], 2, "'--output' is 'x.png' but must end in .html, .svg, .md"],
  ['a folder that is not there', ['report', 'canary', '-o', '/nowhere/at/all.svg'], 2, "'--output' '/nowhere/at/all.svg' can't be written (ENOENT)"],
  ['no file', ['report', 'canary'], 2, "required option '-o, --output <file>' not specified"],
])('report refuses %s in a sentence', async (_what, argv, code, sentence) => {
  cluster = await CanaryCluster.start(stateWith());
  expect(await cluster.canary(argv)).toEqual({ code, out: '', err: `error: ${sentence}\n` });
});

test('report refuses what has not begun in a sentence', async () => {
  cluster = await CanaryCluster.start();
  expect(await cluster.canary(['report', 'canary', '-o', join(path, 'a.svg')])).toEqual({ code: 1, out: '', err: "error: no runner has begun rollout 'canary' in namespace 'chat' yet, so there is nothing to report\n" });
});
