/**
 * Command lines, and what the library knows of flags, before the argument parsers of the engines themselves. They are those of the released
 * packages, run by the CPU build's Python packages: no module of theirs is replaced, and their kernels are not loaded.
 */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as fc from 'fast-check';
import { CommandLine, commandLines } from './command-line';
import { ENGINES, flagsFile, startParsers } from './engines';
import { engineEnvironment, environmentProblem, pinnedEngines } from './environment';
import { EngineParser, ParserFlag } from './parser';
import { Engine } from '../../src/engines/engine';
import { bound } from '../support/engine';
import { appRecipes, AppRecipe, build } from '../support/random-app';

const RUNS = 1600;
/** Of an installation, and of imports on a busy machine. */
const LONG = 1_800_000;
const ROOT = path.join(__dirname, '../..');
const VERSIONS = ENGINES.flatMap(({ engine, rows }) => rows.map((row) => ({ engine, version: row.version, row })));

let parsers: EngineParser[] = [];
let folder: string;
const parserOf = (engine: string, version: string) => parsers.find((parser) => parser.engine === engine && parser.version === version)!;

/** What a parser says against a command line, with all of it. */
async function complaint({ engine, version, args, files }: CommandLine): Promise<string | undefined> {
  const { error, values } = await parserOf(engine, version).parse(args.map((arg) => withFile(arg, files)));
  const line = args.map((arg) => (arg.length > 300 ? `${arg.slice(0, 300)}…` : arg)).join(' ');
  if (error !== undefined) { return `${engine} ${version} refuses "${line}": ${error}`; }
  const [model, name] = engine === 'vllm' ? [values?.model_tag, values?.served_model_name] : [values?.model_path, [values?.served_model_name]];
  const asked = [args[0].replace(/^--model-path=/, ''), [args[1].replace(/^--served-model-name=/, '')]];
  return JSON.stringify([model, name]) === JSON.stringify(asked) ? undefined
    : `${engine} ${version} reads model and name of "${line}" as ${JSON.stringify([model, name])}`;
}

/** An argument that names a file of the pod, with a copy of that file: vLLM looks whether it is there. */
function withFile(arg: string, files: CommandLine['files']): string {
  const at = Object.keys(files).find((file) => arg.endsWith(`=${file}`));
  if (at === undefined) { return arg; }
  const copy = path.join(folder, createHash('sha256').update(files[at]).digest('hex'));
  if (!fs.existsSync(copy)) { fs.writeFileSync(copy, files[at]); }
  return arg.replace(at, copy);
}

const problem = environmentProblem();
if (problem !== undefined && process.env.CI === 'true') { throw new Error(`no parser can be asked: ${problem}`); }
if (problem !== undefined) { console.warn(`every test of the engines' parsers is skipped: ${problem}`); }

(problem === undefined ? describe : describe.skip)('the engines\' own argument parsers', () => {
  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'engine-files-'));
    parsers = startParsers(await engineEnvironment());
    await Promise.all(parsers.map(({ description }) => description));
  }, LONG);
  afterAll(async () => {
    await Promise.all(parsers.map((parser) => parser.stop()));
    fs.rmSync(folder, { recursive: true, force: true });
  });

  test('are of every version that the library supports', async () => {
    const asked = VERSIONS.map(({ engine, version }) => `${engine} ${version}`);
    expect(pinnedEngines().map(({ engine, version }) => `${engine} ${version}`)).toEqual(asked);
    expect(await Promise.all(parsers.map(async ({ engine, description }) => `${engine} ${(await description).version}`))).toEqual(asked);
  });

  test.each(ENGINES)('list the flags of $file, no more and no fewer', async (engine) => {
    expect(fs.readFileSync(path.join(ROOT, engine.file), 'utf8')).toBe(await flagsFile(engine, parsers));
  });

  test.each(VERSIONS)('of $engine $version know the same parsers of tool calls and reasoning', async ({ engine, version, row }) => {
    const { flags, toolParsers, reasoningParsers } = await parserOf(engine, version).description;
    const choices = (name: string) => flags.find(({ names }) => names.includes(name))?.choices;
    expect({ toolParsers: row.toolParsers, reasoningParsers: row.reasoningParsers }).toEqual({
      toolParsers: [...toolParsers ?? choices('--tool-call-parser')!].sort(),
      reasoningParsers: [...reasoningParsers ?? choices('--reasoning-parser')!].sort(),
    });
  });

  test.each(VERSIONS)('of $engine $version take every format that the library asks for', async ({ engine, version, row }) => {
    const model = engine === 'vllm' ? ['/m'] : ['--model-path=/m'];
    const asked = [...Object.values(row.kvCacheDtypes).map((name) => `--kv-cache-dtype=${name}`), ...Object.values(row.onlineQuantization).map((name) => `--quantization=${name}`)];
    for (const arg of asked) { expect([arg, (await parserOf(engine, version).parse([...model, arg])).error]).toEqual([arg, undefined]); }
  });

  test.each(VERSIONS)('of $engine $version refuse a flag that does not exist', async ({ engine, version }) => {
    expect((await parserOf(engine, version).parse([...engine === 'vllm' ? ['/m'] : ['--model-path=/m'], '--no-such-flag'])).error).toMatch(/unrecognized arguments: --no-such-flag$/);
  });

  test('take the command line of every pod of the examples', async () => {
    const golden = path.join(ROOT, 'test/golden');
    const files = fs.readdirSync(golden, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
    const lines = files.flatMap((file) => commandLines(fs.readFileSync(path.join(golden, file), 'utf8')));
    expect(lines.length).toBeGreaterThanOrEqual(fs.readdirSync(path.join(ROOT, 'examples')).filter((name) => !name.includes('.')).length);
    expect((await Promise.all(lines.map(complaint))).filter(Boolean)).toEqual([]);
  });

  test('take the command line of every pod of random apps', async () => {
    const seen = new Map<string, Set<string>>();
    let smallest: string | undefined;
    const result = await fc.check(fc.asyncProperty(recipes(), async (recipe) => {
      for (const line of linesOf(recipe)) {
        const lines = seen.get(line.engine) ?? new Set();
        seen.set(line.engine, lines.add(JSON.stringify(line)));
        const wrong = await complaint(line);
        if (wrong !== undefined) {
          smallest = wrong; // each one while shrinking is smaller than the one before
          throw new Error(wrong);
        }
      }
    }), { numRuns: RUNS });
    if (result.failed) { throw new Error(`${smallest ?? String(result.errorInstance)}\nFAST_CHECK_SEED=${result.seed} repeats it`); }
    // Or the property says little.
    expect(seen.get('vllm')?.size).toBeGreaterThanOrEqual(500);
    expect(seen.get('sglang')?.size).toBeGreaterThanOrEqual(200);
    for (const { engine, version } of VERSIONS) { expect([...seen.get(engine)!].filter((line) => JSON.parse(line).version === version).length).toBeGreaterThan(50); }
  }, LONG);

  test.each(VERSIONS)('of $engine $version take what the library lets through of extra arguments, in every spelling', async ({ engine, version }) => {
    const parser = parserOf(engine, version);
    const usable = await samples(parser);
    const dashes = fc.constantFrom('-', '-', '_');
    const one = fc.record({ sample: fc.constantFrom(...usable), joined: fc.boolean(), dash: dashes }).map(({ sample: [name, value], joined, dash }) => {
      const spelled = engine === 'vllm' && name.startsWith('--') ? `--${name.slice(2).replaceAll('-', dash)}` : name;
      if (value === undefined) { return [spelled]; }
      return joined ? [`${spelled}=${value}`] : [spelled, value];
    });
    let taken = 0;
    await fc.assert(fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 4 }), async (chosen) => {
      const args = argsWith(engine, version, chosen.flat());
      if (args === undefined) { return; }
      taken++;
      expect((await parser.parse(args)).error).toBeUndefined();
    }), { numRuns: 150 });
    expect(taken).toBeGreaterThan(100);
  }, LONG);
});

/** Apps whose engines have any version and any of the options that become arguments. */
function recipes(): fc.Arbitrary<AppRecipe> {
  const options = Object.fromEntries(ENGINES.map(({ engine, rows }) => [engine, fc.constantFrom(...rows).chain((row) => fc.record({
    version: fc.constant(row.version),
    toolCallParser: fc.constantFrom(...row.toolParsers),
    reasoningParser: fc.constantFrom(...row.reasoningParsers),
    prefixCaching: fc.boolean(),
    trustRemoteCode: fc.boolean(),
    ...engine === 'vllm' ? { limitMultimodalPerPrompt: fc.dictionary(fc.constantFrom('image', 'video', 'audio'), fc.integer({ min: 0, max: 100_000 })) } : {},
  }, { requiredKeys: ['version'] }))]));
  return fc.tuple(appRecipes(), fc.array(fc.record(options), { minLength: 3, maxLength: 3 })).map(([recipe, chosen]) => ({
    ...recipe,
    fleets: recipe.fleets.map((fleet, i) => ({ ...fleet, engineOptions: chosen[i][fleet.engine] })),
  }));
}

function linesOf(recipe: AppRecipe): CommandLine[] {
  let yaml: string;
  try {
    yaml = build(recipe).app.synthYaml();
  } catch {
    return []; // refused, in a sentence that other tests judge
  }
  return commandLines(yaml);
}

/** The arguments of a fleet with these at their end; undefined where the library refuses them. */
function argsWith(engine: 'vllm' | 'sglang', version: string, extraArgs: string[]): string[] | undefined {
  try {
    return bound(Engine[engine]({ version, extraArgs, allowMutableTag: true })).args;
  } catch {
    return undefined;
  }
}

/** Flags that the library lets through, each with a value that its parser takes. */
async function samples(parser: EngineParser): Promise<[name: string, value?: string][]> {
  const { flags } = await parser.description;
  const usable: [string, string?][] = [];
  for (const flag of flags.filter(({ takes }) => takes !== 'optional')) {
    for (const value of candidates(flag)) {
      const words = value === undefined ? [flag.names[0]] : [flag.names[0], value];
      const args = argsWith(parser.engine, parser.version, words);
      if (args !== undefined && (await parser.parse(args)).error === undefined) {
        usable.push(...flag.names.map((name): [string, string?] => [name, value]));
        break;
      }
    }
  }
  return usable;
}

function candidates({ takes, choices }: ParserFlag): (string | undefined)[] {
  if (takes === 'none') { return [undefined]; }
  return choices?.length ? [choices[0]] : ['1', '0.5', 'auto', '{}', '/x', 'a=b', 'localhost:1'];
}
