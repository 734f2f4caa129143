/**
 * A test runner for Stryker that makes mutation testing of catalog and sizing take minutes instead of hours: all tests and the mutated sources
 * are bundled once, and each mutant executes that bundle in this process, the quickest tests first, until one fails. The tests are those that
 * Jest runs, with Jest's own `expect`. Properties run 5 times with a fixed seed, so that no mutant is killed by luck.
 */
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import vm from 'node:vm';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import { determineHitLimitReached, DryRunStatus, TestStatus, toMutantRunResult } from '@stryker-mutator/api/test-runner';
import { build } from 'esbuild';
import { expect } from 'expect';
import * as fc from 'fast-check';

const FOLDERS = ['sizing', 'catalog'];
const RUNS = 5;
const NOT_BUNDLED = ['expect', 'fast-check', 'cdk8s', 'constructs'];

const assert = (property, parameters = {}) =>
  fc.assert(property, { ...parameters, numRuns: Math.min(RUNS, parameters.numRuns ?? RUNS), seed: 1, endOnFailure: true });
const fewRuns = { ...fc, assert, default: { ...fc, assert }, __esModule: true };

class InProcessRunner {
  /** Milliseconds that a test took last. */
  times = new Map();

  capabilities() { return { reloadEnvironment: true }; }

  async init() {
    const root = process.cwd();
    const files = FOLDERS.flatMap((folder) => readdirSync(join(root, 'test', folder))
      .filter((file) => file.endsWith('.test.ts')).sort().map((file) => `${folder}/${file}`));
    const { outputFiles: [bundle] } = await build({
      stdin: {
        contents: files.map((file) => `describe('${file}', () => { require('./${file}'); });`).join('\n'), resolveDir: join(root, 'test'),
      },
      bundle: true, write: false, platform: 'node', format: 'cjs', target: 'node20', external: NOT_BUNDLED, logLevel: 'error', tsconfigRaw: '{}',
    });
    const parameters = 'require, module, exports, __dirname, describe, test, expect, beforeEach, afterEach';
    this.script = new vm.Script(`(function (${parameters}) {${bundle.text}\n})`, { filename: join(root, 'test/mutation-bundle.js') });
    const require = createRequire(join(root, 'package.json'));
    this.require = (name) => name === 'fast-check' ? fewRuns : require(name);
    this.directory = join(root, 'test/catalog');
  }

  async dryRun() {
    const space = globalThis.__stryker__ ??= {};
    space.mutantCoverage = { static: {}, perTest: {} };
    space.activeMutant = undefined;
    space.hitCount = space.hitLimit = undefined;
    const tests = await this.run(undefined, false);
    return { status: DryRunStatus.Complete, tests, mutantCoverage: space.mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, disableBail }) {
    const space = globalThis.__stryker__ ??= {};
    space.activeMutant = activeMutant.id;
    space.hitLimit = hitLimit;
    space.hitCount = hitLimit ? 0 : undefined;
    const tests = await this.run(testFilter && new Set(testFilter), !disableBail);
    const limit = determineHitLimitReached(space.hitCount, space.hitLimit);
    space.activeMutant = undefined;
    return toMutantRunResult(limit ?? { status: DryRunStatus.Complete, tests });
  }

  async run(filter, bail) {
    const results = [];
    const { tests, broken } = this.collect();
    if (broken) { return [{ id: 'load', name: 'all modules load', timeSpentMs: 0, status: TestStatus.Failed, failureMessage: String(broken) }]; }
    const chosen = (filter ? tests.filter(({ id }) => filter.has(id)) : tests).sort((a, b) => this.time(a) - this.time(b));
    for (const { id, hooks, act } of chosen) {
      const start = performance.now();
      let failure;
      globalThis.__stryker__.currentTestId = id;
      try {
        for (const hook of hooks) { await hook(); }
        await act();
      } catch (error) {
        failure = error;
      }
      globalThis.__stryker__.currentTestId = undefined;
      const result = { id, name: id, timeSpentMs: performance.now() - start };
      this.times.set(id, result.timeSpentMs);
      results.push(failure === undefined ? { ...result, status: TestStatus.Success }
        : { ...result, status: TestStatus.Failed, failureMessage: String(failure?.message ?? failure).slice(0, 500) });
      if (failure !== undefined && bail) { break; }
    }
    return results;
  }

  time({ id }) { return this.times.get(id) ?? (id.startsWith('sizing/properties') ? 1000 : 1); }

  /** Executes the bundle, mutant and all, which registers the tests. */
  collect() {
    const tests = [];
    let path = [];
    let hooks = [];
    const known = new Map();
    const test = (name, act) => {
      const full = [...path, name].join(' ');
      const times = known.get(full) ?? 0;
      known.set(full, times + 1);
      tests.push({ id: times ? `${full} (${times + 1})` : full, hooks, act });
    };
    const describe = (name, body) => {
      const outer = { path, hooks };
      path = [...path, name];
      body();
      ({ path, hooks } = outer);
    };
    const each = (register) => (rows) => (name, act) => rows.forEach((row, i) => {
      const cells = Array.isArray(row) ? row : [row];
      register(`${name} [${i}]`, () => act(...cells));
    });
    test.each = each(test);
    describe.each = each(describe);
    try {
      const module = { exports: {} };
      const main = this.script.runInThisContext();
      main(this.require, module, module.exports, this.directory, describe, test, expect, (hook) => { hooks = [...hooks, hook]; }, () => {});
    } catch (error) {
      return { tests, broken: error ?? new Error('nothing') };
    }
    return { tests };
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'in-process', InProcessRunner)];
