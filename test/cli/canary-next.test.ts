import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Yaml } from 'cdk8s';
import { command } from './fake-io';
import { folder } from './folder';
import { CanaryDriver } from '../../src/rollout/canary-driver';
import { CanaryPreview } from '../../src/rollout/canary-preview';
import { ModelCanary, ModelCanaryProps } from '../../src/rollout/model-canary';
import { ModelRoute } from '../../src/routing/model-route';
import { chart } from '../rollout/fakes';
import { fleet, TestPool } from '../support/fleet';
import { render } from '../support/render';

/** What synthesis writes at a step. */
function manifests(step: number, props: Partial<ModelCanaryProps> = {}, name = 'chat-canary'): string {
  const at = chart('chat', name);
  const pool = new TestPool(at, 'pool');
  const [stable, candidate] = ['v1', 'v2'].map((id) => fleet({ in: at, pools: [pool], id, plan: { replicas: 4 }, servedModelName: 'llama' }));
  const route = new ModelRoute(at, 'Route', { fleet: stable, hostnames: ['llm.example.com'], gateway: { name: 'public' }, routeName: `${name}-route` });
  new ModelCanary(at, 'Canary', { route, stable, candidate, gates: [], rolloutName: name, driver: CanaryDriver.manual({ step }), ...props });
  return Yaml.stringify(...render(at).objects);
}

const next = (path: string, ...options: string[]) => command(['canary', 'next', path, ...options]);
const EVERYTHING: Partial<ModelCanaryProps> = { preview: CanaryPreview.header('x-preview', 'yes'), mirror: { percentage: 50 } };

test.each<[string, Partial<ModelCanaryProps>, number]>([
  ['a plain rollout', {}, 5], ['one with previews and copies', EVERYTHING, 6], ['one that keeps both weighted', { keepBothWeighted: true }, 5],
])('what git applies is what synthesis writes for the next step, to the byte, at every step of %s', async (_what, props, last) => {
  for (let step = 0; step < last; step++) {
    const path = folder({ 'dist/chat.k8s.yaml': manifests(step, props) });
    const { code, out } = await command(['canary', 'next', join(path, 'dist')]);
    expect(code).toBe(0);
    execFileSync('git', ['apply', '-p1', '--unsafe-paths', `--directory=${path}`, '-'], { cwd: path, input: out.replaceAll(path, ''), env: { ...process.env, GIT_CEILING_DIRECTORIES: join(path, '..') } });
    expect(readFileSync(join(path, 'dist/chat.k8s.yaml'), 'utf8')).toBe(manifests(step + 1, props));
  }
});

test('shows what changes and nothing else', async () => {
  const path = folder({ 'chat.yaml': manifests(2) });
  const { out, err } = await next(path);
  const changed = out.split('\n').filter((line) => /^[-+] /.test(line) && !/cdk8s-inference\/steps/.test(line)).map((line) => line.replace(/\s+/g, ' '));
  expect(changed).toEqual(['- replicas: 1', '+ replicas: 2', '- weight: 950', '+ weight: 750', '- weight: 50', '+ weight: 250']);
  expect(err).toBe('chat-canary: step 2 (5 %) to 3 (25 %); in the program: CanaryDriver.manual({ step: 3 })\n');
  expect(readFileSync(join(path, 'chat.yaml'), 'utf8')).toBe(manifests(2));
});

test('writes the files where it is asked to, and leaves others alone', async () => {
  const other = '# a comment\nkind:   ConfigMap\n';
  const path = folder({ 'chat.yaml': manifests(1), 'other.yaml': other });
  expect(await next(path, '--write')).toMatchObject({ code: 0, out: '' });
  expect(readFileSync(join(path, 'chat.yaml'), 'utf8')).toBe(manifests(2));
  expect(readFileSync(join(path, 'other.yaml'), 'utf8')).toBe(other);
});

test('at the last step says what follows', async () => {
  expect(await next(folder({ 'chat.yaml': manifests(5) }))).toEqual({
    code: 1, out: '', err: "chat-canary is at its last step (100 %): give its ModelRoute the candidate as 'fleet', and take the ModelCanary away\n",
  });
});

test('of several rollouts takes the one that is named', async () => {
  const path = folder({ 'one.yaml': manifests(1, {}, 'one'), 'two.yaml': manifests(3, {}, 'two') });
  expect((await next(path)).err).toMatch(/has the rollouts 'one', 'two'; name one with '--rollout'/);
  const { out, err } = await next(path, '--rollout', 'two');
  expect(err).toMatch(/^two: step 3 \(25 %\) to 4 \(50 %\)/);
  expect(out).not.toContain('one.yaml');
});

test.each<[string, string, RegExp]>([
  ['no rollout', 'kind: ConfigMap\n', /no object in '.*' has the annotation 'cdk8s-inference\/steps'; CanaryDriver\.manual writes it/],
  ['objects of two steps', manifests(1).split('---\n').filter((text) => /kind: HTTPRoute/.test(text)).concat(manifests(2).split('---\n').filter((text) => /kind: Deployment/.test(text))).join('---\n'),
    /the objects of rollout 'chat-canary' are at the steps 1 and 2; synthesize them anew/],
])('a folder with %s is refused', async (_what, text, sentence) => {
  const { code, err } = await next(folder({ 'a.yaml': text }));
  expect(code).toBe(2);
  expect(err).toMatch(sentence);
});

test('a step that was applied by hand to a copy is what the cluster gets', async () => {
  const path = folder({ 'chat.yaml': manifests(0) });
  for (let step = 0; step < 5; step++) { await next(path, '--write'); }
  expect(readFileSync(join(path, 'chat.yaml'), 'utf8')).toBe(manifests(5));
  writeFileSync(join(path, 'chat.yaml'), manifests(0).replaceAll('weight: 1000', 'weight: 999'));
  expect((await next(path)).out).toContain('+          weight: 990');
});
