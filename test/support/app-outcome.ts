import { Testing } from 'cdk8s';
import { amount, problemsOf, titleOf } from './manifest-checks';
import { objectsIn } from './objects';
import { podTemplates } from './pod-security';
import { AppRecipe, build, BuiltApp, FleetRecipe } from './random-app';
import { fail } from '../../src/errors';

/** Longest sentence that anyone reads to its end. */
const LONGEST_SENTENCE = 1000;

const GIB = 2 ** 30;

/** What of a message is no sentence of the library. */
function sentenceProblems(error: unknown, paths: string[]): string[] {
  if (Object.getPrototypeOf(error) !== Error.prototype) { return [`it is no plain Error but ${String(error)}`]; }
  const { message } = error as Error;
  const failures = /^Validation failed with the following errors:\n/.test(message) ? message.split('\n').slice(1).map((line) => line.trim()) : [message];
  return failures.flatMap((sentence) => [
    ...(paths.some((path) => sentence.startsWith(path)) ? [] : [`it names no construct of the app: ${sentence}`]),
    ...(sentence.length - Math.max(...paths.map((path) => sentence.startsWith(path) ? path.length : 0)) <= LONGEST_SENTENCE ? [] : [`it is too long: ${sentence}`]),
    ...(/\n/.test(sentence) ? [`it has several lines: ${sentence}`] : []),
    ...(/\bNaN\b|\bInfinity\b|\[object |is not a function|Cannot read|is not iterable|non-simple/.test(sentence) ? [`it is no sentence of ours: ${sentence}`] : []),
    ...(/[.!]$/.test(sentence) ? [`it ends with a period: ${sentence}`] : []),
  ]);
}

/** The value of a flag of the engine; flags come as one element. */
function flag(container: any, name: string): string | undefined {
  return container.args.find((arg: string) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
}

/** SGLang has no flag that tells how long it may drain. */
const SGLANG_TEARDOWN_SECONDS = 30;

/** Bandwidth that is assumed where nobody states one. */
const ASSUMED = { 'claim': 125e6, 'hub': 125e6, 'hub-single': 125e6, 'image': 125e6, 'store': 250e6 };

/** What of a fleet's objects does not agree with its plan. */
function planProblems(recipe: FleetRecipe, built: BuiltApp, index: number, objects: any[]): string[] {
  const fleet = built.fleets[index];
  const { plan, pool } = fleet;
  const own = objects.filter(({ metadata }) => metadata.namespace === fleet.namespaceName && metadata.labels?.['cdk8s-inference/fleet'] === fleet.workloadName);
  const workload = own.find(({ kind, metadata }) => kind === fleet.workloadKind && metadata.name === fleet.workloadName);
  if (!workload) { return [`there is no ${fleet.workloadKind} ${fleet.workloadName}`]; }
  const templates = podTemplates(workload);
  const [{ spec: serving }] = templates;
  const [engine] = serving.containers;
  const { settings } = plan.estimate;
  const found: string[] = [];
  const equal = (what: string, is: unknown, wanted: unknown) => { if (is !== wanted) { found.push(`${what} is ${is} and not ${wanted}`); } };
  const least = (what: string, is: number, wanted: number) => { if (!(is >= wanted)) { found.push(`${what} is ${is}, less than ${wanted}`); } };

  // replicas, nodes, GPUs
  const { canary } = built;
  equal('replicas', workload.spec.replicas, canary?.candidate === fleet ? built.candidateReplicas : plan.replicas);
  const pods = plan.nodesPerReplica;
  equal('size of a group', workload.spec.leaderWorkerTemplate?.size ?? 1, pods);
  for (const { spec } of templates) { equal('GPUs of all pods', spec.containers[0].resources.limits[pool.accelerator.resourceName] * pods * plan.replicas, plan.gpus); }
  least('GPUs of the pool', pool.maxGpus ?? Infinity, plan.gpus);
  equal('GPUs of the layout', plan.layout.tensorParallel * (plan.layout.pipelineParallel ?? 1) * (plan.layout.dataParallel ?? 1), plan.gpusPerReplica);
  const rolling = workload.spec.strategy?.rollingUpdate ?? workload.spec.rolloutStrategy.rollingUpdateConfiguration;
  equal('surge and outage', rolling.maxSurge + rolling.maxUnavailable, 1);
  least('GPUs of the pool', pool.maxGpus ?? Infinity, plan.gpus + rolling.maxSurge * plan.gpusPerReplica);

  // arguments
  const data = plan.layout.dataParallel ?? 1;
  const flags: [string, number][] = recipe.engine === 'vllm'
    ? [['max-model-len', settings.maxModelLen], ['max-num-seqs', settings.maxNumSeqs], ['max-num-batched-tokens', settings.maxNumBatchedTokens],
      ['gpu-memory-utilization', settings.memoryFraction], ['tensor-parallel-size', plan.layout.tensorParallel]]
    : [['context-length', settings.maxModelLen], ['max-running-requests', settings.maxNumSeqs * data], ['chunked-prefill-size', settings.maxNumBatchedTokens * data],
      ['mem-fraction-static', settings.memoryFraction], ['tp-size', plan.layout.tensorParallel * data]];
  for (const [name, wanted] of flags) { equal(`--${name}`, flag(engine, name), String(wanted)); }
  equal('--served-model-name', flag(engine, 'served-model-name'), fleet.servedModelName.replaceAll('$', '$$$$'));
  least('tokens of a step', settings.maxNumBatchedTokens, settings.maxNumSeqs); // or vLLM does not start
  least('context of the model', plan.model.maxContextTokens ?? Infinity, settings.maxModelLen);
  least('longest sequence', settings.maxModelLen, recipe.target.promptTokens + recipe.target.outputTokens > settings.maxModelLen && recipe.manual ? 0 : recipe.target.promptTokens + recipe.target.outputTokens);
  if (recipe.engine === 'vllm') { least('tokens of the KV cache', plan.estimate.kvCacheTokens, settings.maxModelLen); }
  const { deviceBytes, ...parts } = plan.estimate.memory;
  const sum = Object.values(parts).reduce((total, bytes) => total + bytes, 0);
  if (Math.abs(sum - deviceBytes) > 1e-6 * deviceBytes || Object.values(parts).some((part) => part < -1)) { found.push(`memory of ${deviceBytes} is divided into ${JSON.stringify(parts)}`); }

  // time to start
  const bytes = plan.model.checkpointBytes!;
  const { startupProbe, lifecycle } = engine;
  const budget = startupProbe.failureThreshold * startupProbe.periodSeconds;
  least('seconds to start', budget, recipe.startupSeconds ?? bytes / (recipe.readBytesPerSecond ?? ASSUMED[recipe.weights]) + 60);
  if (workload.spec.progressDeadlineSeconds !== undefined) { least('deadline', workload.spec.progressDeadlineSeconds, budget + 1); }

  // time to stop
  const preStop = lifecycle.preStop.sleep.seconds;
  const grace = serving.terminationGracePeriodSeconds;
  const drain = recipe.engine === 'vllm' ? Number(flag(engine, 'shutdown-timeout')) : grace - preStop - SGLANG_TEARDOWN_SECONDS;
  if (recipe.drainSeconds === undefined) { least('milliseconds to drain', drain * 1000, plan.estimate.endToEnd.p99.high); } else { least('seconds to drain', drain, recipe.drainSeconds); }
  least('seconds of grace', grace, preStop + drain + 1);
  for (const { spec } of templates.slice(1)) {
    equal('grace of the workers', spec.terminationGracePeriodSeconds, grace);
    least('wait of the workers', spec.containers[0].lifecycle.preStop.sleep.seconds, preStop + drain);
  }

  // what a node offers
  const perNode = Math.floor(pool.gpusPerNode * pods / plan.gpusPerReplica);
  const offered = { 'cpu': pool.allocatableCpuMillis === undefined ? undefined : pool.allocatableCpuMillis / 1000, 'memory': pool.allocatableMemoryBytes, 'ephemeral-storage': pool.allocatableStorageBytes };
  for (const { spec } of templates) {
    const { requests, limits } = spec.containers[0].resources;
    for (const [resource, most] of Object.entries(offered)) { least(`${resource} of a node`, most ?? Infinity, amount(requests[resource]) * perNode); }
    const size = (memory: boolean) => spec.volumes.filter(({ emptyDir }: any) => emptyDir && (emptyDir.medium === 'Memory') === memory).map(({ emptyDir }: any) => amount(emptyDir.sizeLimit));
    least('memory', amount(limits.memory), size(true).reduce((a: number, b: number) => a + b, 0) + GIB);
    for (const volume of size(false)) { least('ephemeral storage', amount(limits['ephemeral-storage']), volume); }
  }

  // the weights
  for (const claim of own.filter(({ kind }) => kind === 'PersistentVolumeClaim')) {
    const draft = claim.metadata.name.includes('-draft-weights-');
    least('room for the weights', amount(claim.spec.resources.requests.storage), draft ? settings.speculative!.model!.checkpointBytes! : bytes);
    if (plan.replicas * pods > 1) { equal('access mode', claim.spec.accessModes[0], 'ReadWriteMany'); }
  }
  const path = recipe.engine === 'vllm' ? engine.args[0] : flag(engine, 'model-path');
  const mounts: string[] = engine.volumeMounts.map(({ mountPath }: any) => mountPath);
  const isThere = (of: string) => /^s3:\/\//.test(of) || mounts.some((mount) => of === mount || of.startsWith(`${mount}/`));
  if (!isThere(path)) { found.push(`the model is at ${path}, where nothing is mounted`); }

  // what guesses
  const config = recipe.engine === 'vllm' ? JSON.parse(flag(engine, 'speculative-config') ?? '{}') : {
    num_speculative_tokens: flag(engine, 'speculative-num-draft-tokens') === undefined ? undefined : Number(flag(engine, 'speculative-num-draft-tokens')) - 1,
    model: flag(engine, 'speculative-draft-model-path'),
  };
  equal('tokens that are guessed', config.num_speculative_tokens, { ngram: 3, eagle3: 2, none: undefined }[recipe.guesses ?? 'none']);
  equal('weights of what guesses', config.model !== undefined, recipe.guesses === 'eagle3');
  if (config.model !== undefined && (!isThere(config.model) || config.model === path)) { found.push(`what guesses is at ${config.model}, where it is not`); }

  // who finds it
  const service = own.find(({ kind }) => kind === 'Service');
  equal('name of the service', service.metadata.name, fleet.serviceName);
  equal('port of the service', service.spec.ports[0].port, fleet.servicePort);
  equal('port of the engine', Number(flag(engine, 'port')), engine.ports[0].containerPort);
  equal('policies', own.filter(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.labels['app.kubernetes.io/component'] === 'model-server').length, recipe.network?.policies === false ? 0 : 2);
  equal('monitors', own.filter(({ kind }) => kind === 'PodMonitor').length, recipe.monitoring ? 1 : 0);
  return found.map((problem) => `${titleOf(workload)}: ${problem}`);
}

/** Seconds of a Gateway API duration. */
function seconds(duration: string): number {
  return [...duration.matchAll(/(\d+)([hms])/g)].reduce((total, [, number, unit]) => total + Number(number) * { h: 3600, m: 60, s: 1 }[unit as 'h'], 0);
}

function routeProblems(recipe: AppRecipe, built: BuiltApp, objects: any[]): string[] {
  return built.routes.flatMap((route, i) => {
    const { timeouts } = objects.find(({ kind, metadata }) => kind === 'HTTPRoute' && metadata.name === route.routeName).spec.rules[0];
    const fleet = built.fleets[recipe.routes[i].fleet % built.fleets.length];
    const wanted = recipe.routes[i].timeoutSeconds ?? fleet.longestRequestMillis / 1000;
    return seconds(timeouts.request) >= wanted && timeouts.backendRequest === timeouts.request ? [] : [`route ${route.routeName} gives ${timeouts.request}, less than ${wanted} s`];
  });
}

/** GPUs of a pool that all fleets on it take together. */
function budgetProblems({ fleets }: BuiltApp): string[] {
  return [...new Set(fleets.map(({ pool }) => pool))].flatMap((pool) => {
    const sum = fleets.filter((fleet) => fleet.pool === pool).reduce((total, { plan }) => total + plan.gpus, 0);
    return sum <= (pool.maxGpus ?? Infinity) ? [] : [`${sum} GPUs are planned on pool ${pool.poolName} of ${pool.maxGpus}`];
  });
}

/** What is wrong with what becomes of a recipe; the YAML, if it became any. */
export function outcome(recipe: AppRecipe): { problems: string[]; yaml?: string } {
  const app = Testing.app();
  let built: BuiltApp;
  let yaml: string;
  try {
    built = build(recipe, app);
    yaml = app.synthYaml();
  } catch (error) {
    // Ours, and those that cdk8s puts before what a validation says.
    const paths = app.node.findAll().filter((construct) => construct !== app).flatMap((construct) => {
      try { return fail(construct, ''); } catch (prefix) { return [(prefix as Error).message.trim(), `[${construct.node.path}]`]; }
    });
    return { problems: sentenceProblems(error, paths) };
  }
  const objects = objectsIn(yaml);
  return {
    yaml,
    problems: [
      ...problemsOf(objects, built.existing),
      ...recipe.fleets.flatMap((one, i) => planProblems(one, built, i, objects)),
      ...routeProblems(recipe, built, objects),
      ...budgetProblems(built),
      ...(app.synthYaml() === yaml && build(recipe).app.synthYaml() === yaml ? [] : ['the same app gives other bytes']),
    ],
  };
}
