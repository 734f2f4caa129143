import { Duration, Testing } from 'cdk8s';
import { EnvValue, Secret } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { chart, FakeEngine, FakeFleet, messageOf } from './fakes';
import { Engine } from '../../src/engines/engine';
import { CanaryGate } from '../../src/rollout/canary-gate';
import { bindEvaluation, EvaluationContext } from '../../src/rollout/evaluation';
import { EvaluationImageOptions, EvaluationOptions, ExpectedAnswer } from '../../src/rollout/evaluation-options';
import { podTemplates, restrictedViolations } from '../support/pod-security';

const NODE = `docker.io/library/node@sha256:${'a'.repeat(64)}`;
const OWN = `registry.example.com/judge:1@sha256:${'b'.repeat(64)}`;
const PROMPTS = [{ prompt: '2 + 2?', expected: ExpectedAnswer.exactly('4') }, { system: 'Be short.', prompt: 'Capital of France?', expected: ExpectedAnswer.containing('Paris') }];

interface Setting extends Partial<EvaluationContext> { readonly engine?: Engine; readonly namespace?: string }

function evaluation(gate: CanaryGate, { engine, namespace = 'next', name = 'llm-canary', ...more }: Setting = {}) {
  const at = chart('chat');
  const candidate = new FakeFleet(at, 'Next', { namespace, engine });
  const bound = bindEvaluation(new Construct(at, 'Canary'), gate._evaluation!, { name, labels: { team: 'chat' }, candidate, nodeImage: NODE, ...more });
  const objects: any[] = Testing.synth(at);
  const job: any = bound.gate('abc123').job;
  return {
    bound, candidate, job, objects, at, pod: job.spec.template.spec, container: job.spec.template.spec.containers[0],
    one: (kind: string) => objects.find((object) => object.kind === kind),
  };
}

const golden = (options: Partial<EvaluationOptions> = {}) => CanaryGate.evaluation({ prompts: PROMPTS, ...options });
const own = (options: Partial<EvaluationImageOptions> = {}) => CanaryGate.evaluationImage({ image: OWN, ...options });
const secret = (name: string) => EnvValue.fromSecretValue({ secret: Secret.fromSecretName(chart(), name, name), key: 'key' });
const variables = (container: any) => Object.fromEntries(container.env.map(({ name, value, valueFrom }: any) => [name, value ?? valueFrom.secretKeyRef]));

describe('golden prompts', () => {
  test('are asked by a Job in the namespace of the candidate, through its own Service', () => {
    const { job, container } = evaluation(golden());
    expect(job).toMatchObject({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'llm-canary-evaluation-abc123', namespace: 'next', labels: { team: 'chat' } } });
    expect(container).toMatchObject({ image: NODE, command: ['node', '/evaluation/evaluate.js'] });
    expect(variables(container)).toEqual({ OPENAI_BASE_URL: 'http://next.next.svc:8000/v1', EVALUATION_PLAN: '/evaluation/plan.json' });
  });

  test('come with their program in a ConfigMap that is named after what it says', () => {
    const { one, pod } = evaluation(golden());
    const files = one('ConfigMap');
    expect(files).toMatchObject({ immutable: true, metadata: { namespace: 'next', name: expect.stringMatching(/^llm-canary-evaluation-[0-9a-f]{8}$/) } });
    expect(pod.volumes).toEqual([{ name: 'files', configMap: { name: files.metadata.name } }]);
    expect(files.data['evaluate.js']).toContain('/chat/completions');
    expect(JSON.parse(files.data['plan.json'])).toEqual({
      model: 'llama', chat: true, maxTokens: 512, concurrency: 2, requestSeconds: 241, attempts: 5, retryMillis: 1000,
      prompts: [
        { prompt: '2 + 2?', expected: { kind: 'exact', text: '4' } },
        { system: 'Be short.', prompt: 'Capital of France?', expected: { kind: 'containing', text: 'Paris' } },
      ],
    });
    const other = evaluation(golden({ prompts: [PROMPTS[0]] }));
    expect(other.one('ConfigMap').metadata.name).not.toBe(files.metadata.name);
    expect(other.job.spec).not.toEqual(evaluation(golden()).job.spec); // so that the rollout's hash changes too
  });

  test('make a gate with the least score and the time that the plan gives', () => {
    expect(evaluation(golden({ leastScore: 0.9 })).bound.gate('x')).toMatchObject({ kind: 'score', name: 'evaluation', least: 0.9, timeoutSeconds: 120 + 241 });
    expect(evaluation(golden({ concurrency: 1 })).bound.gate('x').timeoutSeconds).toBe(120 + 2 * 241);
    expect(evaluation(golden({ timeout: Duration.minutes(7) })).bound.gate('x').timeoutSeconds).toBe(420);
    expect(evaluation(golden({ timeout: Duration.minutes(7) })).job.spec.activeDeadlineSeconds).toBe(420);
  });

  test('send the key of the engine, or the one that is stated', () => {
    const engine = Engine.vllm({ apiKey: secret('engine') });
    expect(variables(evaluation(golden(), { engine }).container).OPENAI_API_KEY).toEqual({ name: 'engine', key: 'key' });
    expect(variables(evaluation(golden({ apiKey: secret('own') }), { engine }).container).OPENAI_API_KEY).toEqual({ name: 'own', key: 'key' });
    expect(variables(evaluation(golden(), { engine: new FakeEngine() }).container)).not.toHaveProperty('OPENAI_API_KEY');
  });

  test('tell a score that is too low by the status, where the driver reads that alone', () => {
    expect(variables(evaluation(golden({ leastScore: 0.8 }), { failsBelow: true }).container).EVALUATION_FAIL_BELOW).toBe('0.8');
  });
});

describe('an image of your own', () => {
  test('finds the API, the model and the key in its environment, beside what it was given', () => {
    const { container, pod } = evaluation(own({ args: ['--suite', 'short'], env: { SUITE: EnvValue.fromValue('short') }, apiKey: secret('own'), cpuMillis: 500, memoryBytes: 2 ** 29, userId: 65532 }));
    expect(container).toMatchObject({ image: `registry.example.com/judge:1@sha256:${'b'.repeat(64)}`, args: ['--suite', 'short'], resources: { limits: { cpu: '500m', memory: '512Mi' } } });
    expect(container).not.toHaveProperty('command');
    expect(variables(container)).toEqual({ OPENAI_BASE_URL: 'http://next.next.svc:8000/v1', OPENAI_API_KEY: { name: 'own', key: 'key' }, EVALUATION_MODEL: 'llama', SUITE: 'short' });
    expect(pod.securityContext.runAsUser).toBe(65532);
  });

  test('reaches nothing but the candidate and name servers, unless ports are opened', () => {
    const { one } = evaluation(own());
    expect(one('NetworkPolicy').spec.egress).toHaveLength(2);
    const ports = evaluation(own({ egressPorts: [8443, 443] })).one('NetworkPolicy').spec.egress[2];
    expect(ports.ports).toEqual([{ protocol: 'TCP', port: 443 }, { protocol: 'TCP', port: 8443 }]);
    expect(ports.to[0].ipBlock.except).toEqual(['169.254.0.0/16']);
  });
});

describe.each<[string, () => CanaryGate]>([['golden prompts', golden], ['an image of your own', own]])('the pod of %s', (_what, gate) => {
  test('is one that Pod Security restricted lets in, with no token and a root file system that it can not write', () => {
    const { job, pod, container } = evaluation(gate());
    expect(podTemplates(job).flatMap(restrictedViolations)).toEqual([]);
    expect([pod.automountServiceAccountToken, pod.enableServiceLinks, container.securityContext.readOnlyRootFilesystem]).toEqual([false, false, true]);
  });

  test('is let in by the candidate, and let out to it and to name servers', () => {
    const { candidate, one, job } = evaluation(gate());
    const [client] = candidate.clients;
    const { metadata: { labels } } = job.spec.template;
    expect(labels).toMatchObject(client.podLabels!);
    const { spec } = one('NetworkPolicy');
    expect(labels).toMatchObject(spec.podSelector.matchLabels);
    expect(spec.policyTypes).toEqual(['Ingress', 'Egress']);
    expect(spec).not.toHaveProperty('ingress');
    expect(spec.egress[1]).toEqual({ to: [{ podSelector: { matchLabels: candidate.podLabels } }], ports: [{ protocol: 'TCP', port: 8000 }] });
  });

  test('finds name servers and the registry where the driver was told', () => {
    const { one, pod } = evaluation(gate(), { network: { dnsNamespaceLabels: { name: 'openshift-dns' }, dnsPort: 5353 }, imagePullSecrets: ['registry'] });
    const [dns] = one('NetworkPolicy').spec.egress;
    expect([dns.to[0], dns.ports[0].port, pod.imagePullSecrets]).toEqual([{ namespaceSelector: { matchLabels: { name: 'openshift-dns' } } }, 5353, [{ name: 'registry' }]]);
    expect(evaluation(gate(), { network: { policies: false } }).one('NetworkPolicy')).toBeUndefined();
  });

  test('is not selected by the Service of the candidate', () => {
    const { candidate, job } = evaluation(gate());
    expect(job.spec.template.metadata.labels).not.toMatchObject(candidate.podLabels);
  });

  test('has a name that is short enough, whatever the rollout is called', () => {
    const { job } = evaluation(gate(), { name: 'a'.repeat(63) });
    expect(job.metadata.name.length).toBeLessThanOrEqual(63);
    expect(job.metadata.name).toMatch(/-evaluation-abc123$/);
  });
});

test.each<[string, CanaryGate, string]>([
  ['no options', CanaryGate.evaluation('prompts' as any), "the options of an evaluation are 'prompts' but must be an object"],
  ['no prompts', golden({ prompts: [] }), "the prompts of gate 'evaluation' are a list of 0 but must be a list of 1 to 10000"],
  ['an empty prompt', golden({ prompts: [{ prompt: ' ', expected: ExpectedAnswer.exactly('x') }] }), "'prompt' of prompt 1 of gate 'evaluation' is ' ' but must be a text"],
  ['a plain expected text', golden({ prompts: [{ prompt: 'x', expected: '4' as any }] }), "'expected' of prompt 1 of gate 'evaluation' is '4' but must be an ExpectedAnswer, e.g. ExpectedAnswer.containing('Paris')"],
  ['a score that nobody reaches', golden({ leastScore: 2 }), "'leastScore' is 2 but must be a number above 0 and at most 1, in gate 'evaluation'"],
  ['a name that names nothing', golden({ name: 'My Suite' }), "the name of an evaluation is 'My Suite' but must be 1 to 30 lower-case letters, digits and dashes, from a letter to a letter or digit"],
  ['a time that is none', golden({ timeout: 60 as any }), "'timeout' of gate 'evaluation' is 60 but must be a Duration above zero"],
  ['a key in clear text', golden({ apiKey: EnvValue.fromValue('abc') }), "'apiKey' must come from a Secret, so that no manifest holds it; use EnvValue.fromSecretValue({ secret, key })"],
  ['too much for a ConfigMap', golden({ prompts: Array.from({ length: 100 }, () => ({ prompt: 'x'.repeat(10_000), expected: ExpectedAnswer.exactly('y') })) }),
    "the prompts of gate 'evaluation' have 1005426 bytes but a ConfigMap holds 900000 of them; ask fewer, or bring them in an image (CanaryGate.evaluationImage)"],
  ['an image by its tag', own({ image: 'registry.example.com/judge:1' }), "image 'registry.example.com/judge:1' has no digest, so that what runs could change without a commit; write it as 'name:tag@sha256:…', or accept the tag with 'allowMutableTag: true'"],
  ['a variable of the library', own({ env: { EVALUATION_MODEL: EnvValue.fromValue('x') } }), "'env' of gate 'evaluation' sets 'EVALUATION_MODEL', which the library sets; leave it out"],
  ['root', own({ userId: 0 }), "'userId' is 0 but must be a whole number from 1 to 2147483647, in gate 'evaluation'"],
  ['a port that is none', own({ egressPorts: [443, 0] }), "'egressPorts[1]' is 0 but must be a whole number from 1 to 65535, in gate 'evaluation'"],
])('an evaluation with %s is refused', (_what, gate, sentence) => { expect(messageOf(() => evaluation(gate))).toBe(`[chat/Canary] ${sentence}`); });

test.each<[string, () => unknown, string]>([
  ['no text', () => ExpectedAnswer.exactly(''), "ExpectedAnswer.exactly has '' but must have a text of 1 to 100000 characters"],
  ['a broken expression', () => ExpectedAnswer.matching('(a'), "ExpectedAnswer.matching has '(a' but that is no regular expression of JavaScript"],
  ['more than the same words', () => ExpectedAnswer.similarTo('a', 1.5), "'least' is 1.5 but must be a number above 0 and at most 1 in ExpectedAnswer.similarTo"],
])('an expected answer with %s is refused', (_what, body, sentence) => { expect(messageOf(body)).toBe(sentence); });
