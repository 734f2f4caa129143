import { ApiObject } from 'cdk8s';
import { EnvValue } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { bundled } from './bundle';
import { checkDuration } from './durations';
import { EvaluationBase, EvaluationImageOptions, EvaluationOptions, GoldenPrompt } from './evaluation-options';
import { EvaluationPlan, FINAL_FAILURE } from './evaluation-plan';
import { ScoreGate } from './rollout-spec';
import { secretOnly } from '../engines/environment';
import { imageReference } from '../engines/image';
import { checkFlags, fail, numberProblem, NumberRule, show } from '../errors';
import { IInferenceFleet } from '../fleet/fleet';
import { clientPeer, dnsEgress, EVERYWHERE, FleetNetwork } from '../fleet/network';
import { RESTRICTED } from '../fleet/weights-source';
import { shortHash } from '../kube/hash';
import { APP_COMPONENT_LABEL, labelValue, ROLLOUT_LABEL } from '../kube/labels';
import { nameWith } from '../kube/names';
import { NetworkPolicySpec } from '../kube/network-policy';
import { Container, EnvVar, PodSpec, Volume } from '../kube/pod';
import { bytesUp, cpu, GIB, MIB } from '../kube/quantities';

/** What an evaluation is told about its rollout. Internal. */
export interface EvaluationContext {
  /** Name of the rollout. */
  readonly name: string;
  readonly labels: { [key: string]: string };
  readonly candidate: IInferenceFleet;
  /** Stock image with Node 20 or later, by digest. */
  readonly nodeImage: string;
  /** Names of the Secrets by which images are pulled, in the candidate's namespace. */
  readonly imagePullSecrets?: readonly string[];
  /** Where name servers are, and whether policies are written. */
  readonly network?: Pick<FleetNetwork, 'dnsNamespaceLabels' | 'dnsPort' | 'policies'>;
  /** Whether the Job's own status tells a score that is too low. */
  readonly failsBelow?: boolean;
}

/** An evaluation whose objects stand. Internal. */
export interface BoundEvaluation {
  readonly name: string;
  /** Spec of the Job. */
  readonly spec: object;
  /** The gate, with a Job that is named after the rollout's hash. */
  readonly gate: (hash: string) => ScoreGate;
}

const DEFAULT_NAME = 'evaluation';
const COMPONENT = 'canary-evaluation';
const START_SECONDS = 120;
const ATTEMPTS = 5;
const RETRY_MILLIS = 1000;
/** An image of the user's own is given the time of so many requests, one after the other. */
const OWN_REQUESTS = 10;
/** Room for the rollout's hash in the name of an object. */
const JOB_NAME_MAX = 52;
/** Of a ConfigMap's 1 MiB, less what the program and the object take. */
const MOST_BYTES = 900_000;
const MOST_PROMPTS = 10_000;
const FILES = '/evaluation';
/** The user `node` of Node's images. */
const USER_ID = 1000;
/** What runs, and what it needs besides. */
interface Program {
  readonly container: Omit<Container, 'name' | 'securityContext'>;
  readonly volumes: Volume[];
  readonly userId: number;
  readonly egressPorts: number[];
  readonly waves: number;
}

/** Emits what an evaluation needs, opens the candidate for it, and gives the gate. Internal. */
export function bindEvaluation(scope: Construct, options: EvaluationOptions | EvaluationImageOptions, context: EvaluationContext): BoundEvaluation {
  check(scope, options);
  const { candidate, labels, network = {}, imagePullSecrets = [] } = context;
  const name = options.name ?? DEFAULT_NAME;
  const namespace = candidate.namespaceName;
  const base = nameWith(context.name, name, JOB_NAME_MAX);
  const metadata = { name: base, ...namespace === undefined ? {} : { namespace }, labels };
  const selector = { [APP_COMPONENT_LABEL]: COMPONENT, [ROLLOUT_LABEL]: labelValue(base) };

  const program = 'prompts' in options ? golden(scope, options, context, metadata) : stated(scope, options, context);
  const timeoutSeconds = Math.ceil(options.timeout?.toSeconds({ integral: false })
    ?? START_SECONDS + program.waves * Math.ceil(candidate.longestRequestMillis / 1000));
  candidate.addClient({ podLabels: selector });
  if (network.policies !== false) {
    new ApiObject(scope, 'Policy', {
      apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec: policy(selector, candidate, network, program.egressPorts),
    });
  }
  const spec = {
    backoffLimit: 2,
    completions: 1,
    parallelism: 1,
    activeDeadlineSeconds: timeoutSeconds,
    podFailurePolicy: {
      rules: [
        { action: 'FailJob', onExitCodes: { containerName: COMPONENT, operator: 'In', values: [FINAL_FAILURE] } },
        { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
      ],
    },
    template: { metadata: { labels: { ...labels, ...selector } }, spec: podSpec(program, imagePullSecrets) },
  };
  return {
    name,
    spec,
    gate: (hash) => ({
      kind: 'score',
      name,
      least: leastOf(options),
      timeoutSeconds,
      job: { apiVersion: 'batch/v1', kind: 'Job', metadata: { ...metadata, name: nameWith(base, hash) }, spec },
    }),
  };
}

/** The prompts, and the program that asks them. */
function golden(scope: Construct, options: EvaluationOptions, context: EvaluationContext, metadata: { name: string }): Program {
  const { candidate, nodeImage } = context;
  const { prompts, concurrency = 4 } = options;
  const plan: EvaluationPlan = {
    model: candidate.servedModelName,
    chat: options.chat ?? true,
    maxTokens: options.maxTokens ?? 512,
    concurrency: Math.min(concurrency, prompts.length),
    requestSeconds: Math.ceil(candidate.longestRequestMillis / 1000),
    attempts: ATTEMPTS,
    retryMillis: RETRY_MILLIS,
    prompts: prompts.map(({ system, prompt, expected }) => ({ system, prompt, expected: expected._expectation() })),
  };
  const data = { 'evaluate.js': bundled('canary-evaluation.js'), 'plan.json': JSON.stringify(plan) };
  const bytes = Buffer.byteLength(data['plan.json']);
  if (bytes > MOST_BYTES) { fail(scope, `the prompts of ${named(options)} have ${bytes} bytes but a ConfigMap holds ${MOST_BYTES} of them; ask fewer, or bring them in an image (CanaryGate.evaluationImage)`); }
  const name = nameWith(metadata.name, shortHash(JSON.stringify(data))); // other prompts are another evaluation
  new ApiObject(scope, 'Files', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...metadata, name }, immutable: true, data });
  return {
    container: {
      image: nodeImage,
      command: ['node', `${FILES}/evaluate.js`],
      env: [...api(scope, options, candidate), { name: 'EVALUATION_PLAN', value: `${FILES}/plan.json` }, ...threshold(options, context)],
      resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '1', memory: '256Mi' } },
      volumeMounts: [{ name: 'files', mountPath: FILES, readOnly: true }],
    },
    volumes: [{ name: 'files', configMap: { name } }],
    userId: USER_ID,
    egressPorts: [],
    waves: Math.ceil(prompts.length / plan.concurrency),
  };
}

/** What the user brings. */
function stated(scope: Construct, options: EvaluationImageOptions, context: EvaluationContext): Program {
  const { image, allowMutableTag, command, args, env = {}, cpuMillis = 1000, memoryBytes = GIB } = options;
  const { reference } = imageReference(scope, { image, allowMutableTag, published: image, remedy: "write it as 'name:tag@sha256:…'" });
  const amounts = { cpu: cpu(cpuMillis), memory: bytesUp(memoryBytes) };
  const fixed = [...api(scope, options, context.candidate), { name: 'EVALUATION_MODEL', value: context.candidate.servedModelName }, ...threshold(options, context)];
  const taken = fixed.find(({ name }) => name in env);
  if (taken) { fail(scope, `'env' of ${named(options)} sets '${taken.name}', which the library sets; leave it out`); }
  return {
    container: {
      image: reference,
      ...command?.length ? { command: [...command] } : {},
      ...args?.length ? { args: [...args] } : {},
      env: [...fixed, ...Object.keys(env).sort().map((name) => ({ name, ...variable(env[name]) }))],
      resources: { requests: amounts, limits: amounts },
      volumeMounts: [{ name: 'scratch', mountPath: '/tmp' }],
    },
    volumes: [{ name: 'scratch', emptyDir: { sizeLimit: '1Gi' } }],
    userId: options.userId ?? USER_ID,
    egressPorts: [...options.egressPorts ?? []].sort((a, b) => a - b),
    waves: OWN_REQUESTS,
  };
}

/** Where the candidate's API is, and its key; in the variables that clients of that API read by themselves. */
function api(scope: Construct, options: EvaluationBase, { serviceName, servicePort, namespaceName, engine }: IInferenceFleet): EnvVar[] {
  const host = namespaceName === undefined ? serviceName : `${serviceName}.${namespaceName}.svc`;
  const key = options.apiKey ?? engine.apiKey;
  return [
    { name: 'OPENAI_BASE_URL', value: `http://${host}:${servicePort}/v1` },
    ...key === undefined ? [] : [{ name: 'OPENAI_API_KEY', ...variable(secretOnly(scope, 'apiKey', key)) }],
  ];
}

function threshold(options: EvaluationBase, { failsBelow }: EvaluationContext): EnvVar[] {
  return failsBelow ? [{ name: 'EVALUATION_FAIL_BELOW', value: String(leastOf(options)) }] : [];
}

function variable({ value, valueFrom }: EnvValue): Omit<EnvVar, 'name'> { return value === undefined ? { valueFrom } : { value }; }

function podSpec({ container, volumes, userId }: Program, imagePullSecrets: readonly string[]): PodSpec {
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: { runAsNonRoot: true, runAsUser: userId, runAsGroup: userId, fsGroup: userId, seccompProfile: { type: 'RuntimeDefault' } },
    ...imagePullSecrets.length ? { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) } : {},
    containers: [{ name: COMPONENT, ...container, securityContext: RESTRICTED }],
    volumes,
  };
}

/** To name servers, to the candidate, and to what the user states; nobody comes in. */
function policy(
  selector: { [key: string]: string }, candidate: IInferenceFleet, network: FleetNetwork, egressPorts: readonly number[],
): NetworkPolicySpec {
  const tcp = (port: number) => ({ protocol: 'TCP', port });
  return {
    podSelector: { matchLabels: selector },
    policyTypes: ['Ingress', 'Egress'],
    egress: [
      dnsEgress(network),
      { to: [clientPeer({ podLabels: candidate.podLabels })], ports: [tcp(candidate.servicePort)] },
      ...egressPorts.length ? [{ to: EVERYWHERE, ports: egressPorts.map(tcp) }] : [],
    ],
  };
}

function named({ name }: EvaluationBase): string { return `gate ${show(name ?? DEFAULT_NAME)}`; }

function leastOf({ leastScore }: EvaluationBase): number { return leastScore ?? 1; }

function check(scope: Construct, options: EvaluationOptions | EvaluationImageOptions): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) { fail(scope, `the options of an evaluation are ${show(options)} but must be an object`); }
  const { name = DEFAULT_NAME, timeout } = options;
  if (typeof name !== 'string' || !/^[a-z]([-a-z0-9]{0,28}[a-z0-9])?$/.test(name)) {
    fail(scope, `the name of an evaluation is ${show(name)} but must be 1 to 30 lower-case letters, digits and dashes, from a letter to a letter or digit`);
  }
  const whole = { min: 1, integer: true };
  const ports = 'prompts' in options ? [] : options.egressPorts ?? [];
  const numbers: [string, number | undefined, NumberRule][] = 'prompts' in options
    ? [
      ['leastScore', options.leastScore, { above: 0, max: 1 }],
      ['maxTokens', options.maxTokens, { ...whole, max: 1e6 }],
      ['concurrency', options.concurrency, { ...whole, max: 256 }],
    ]
    : [
      ['leastScore', options.leastScore, {}],
      ['cpuMillis', options.cpuMillis, { ...whole, max: 1e6 }],
      ['memoryBytes', options.memoryBytes, { min: MIB, max: 1e13 }],
      ['userId', options.userId, { ...whole, max: 2 ** 31 - 1 }],
      ...ports.map((port, i): [string, number, NumberRule] => [`egressPorts[${i}]`, port, { ...whole, max: 65535 }]),
    ];
  for (const [prop, value, rule] of numbers) {
    const problem = value === undefined ? undefined : numberProblem(prop, value, rule);
    if (problem) { fail(scope, `${problem}, in ${named(options)}`); }
  }
  if (timeout !== undefined) { checkDuration(scope, `'timeout' of ${named(options)}`, timeout); }
  if ('prompts' in options) {
    checkFlags(scope, { chat: options.chat });
    checkPrompts(scope, options, options.prompts);
  }
}

function checkPrompts(scope: Construct, options: EvaluationOptions, prompts: unknown): void {
  if (!Array.isArray(prompts) || prompts.length === 0 || prompts.length > MOST_PROMPTS) { fail(scope, `the prompts of ${named(options)} are ${show(prompts)} but must be a list of 1 to ${MOST_PROMPTS}`); }
  for (const [i, prompt] of (prompts as (GoldenPrompt | undefined)[]).entries()) {
    for (const [what, text] of [['prompt', prompt?.prompt], ['system', prompt?.system ?? 'none']]) {
      if (typeof text !== 'string' || text.trim() === '') { fail(scope, `'${what}' of prompt ${i + 1} of ${named(options)} is ${show(text)} but must be a text`); }
    }
    if (typeof prompt?.expected?._expectation !== 'function') { fail(scope, `'expected' of prompt ${i + 1} of ${named(options)} is ${show(prompt?.expected)} but must be an ExpectedAnswer, e.g. ExpectedAnswer.containing('Paris')`); }
  }
}
