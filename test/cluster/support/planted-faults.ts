import { Chart, Duration, JsonPatch, Size } from 'cdk8s';
import { EnvValue, PersistentVolumeAccessMode, Secret, ServiceAccount } from 'cdk8s-plus-28';
import {
  canary, drop, fleet, groups, hub, karpenterPool, machines, object, ownServer, put, putInto, route, token, vllm,
} from './planted-apps';
import { Accelerator, CanaryDriver, CanaryGate, Capacity, Load, Model, Precision, Signal, TrafficShift, Weights } from '../../../src';

/** Who says no to a mistake. */
export type Refuser = 'synthesis' | 'control plane' | 'nobody';

/** A mistake that someone may well make. */
export interface PlantedFault {
  /** What is wrong, as a noun with what belongs to it. */
  readonly title: string;
  /** Makes an app with the mistake in it. */
  readonly plant: (chart: Chart) => void;
  readonly refusedBy: Refuser;
  /** Of what synthesis lets through: why it can't know. */
  readonly unknown?: string;
  /** Of what nobody refuses: what happens when it runs. */
  readonly then?: string;
}

/** Mistakes about one thing. */
export interface FaultGroup {
  readonly about: string;
  readonly faults: readonly PlantedFault[];
}

type Row = [title: string, plant: (chart: Chart) => void];

/** Mistakes that synthesis refuses. */
function refused(...rows: Row[]): PlantedFault[] {
  return rows.map(([title, plant]) => ({ title, plant, refusedBy: 'synthesis' }));
}

/** One that the control plane alone refuses. */
function later(title: string, plant: (chart: Chart) => void, unknown: string): PlantedFault {
  return { title, plant, refusedBy: 'control plane', unknown };
}

/** One that nobody refuses. */
function silent(title: string, plant: (chart: Chart) => void, then: string, unknown: string): PlantedFault {
  return { title, plant, refusedBy: 'nobody', then, unknown };
}

const POD = '/spec/template/spec';
const ENGINE = `${POD}/containers/0`;
const FLEET_LABEL = 'cdk8s-inference~1fleet';
const GPU = 'nvidia.com~1gpu';
const LENGTHS = { promptTokens: 1000, outputTokens: 200 };

const named = (props: any) => (chart: Chart) => { fleet(chart, { metadata: props }); };
const engine = (options: any) => (chart: Chart) => { fleet(chart, { engine: vllm(options) }); };
const args = (...extraArgs: string[]) => engine({ extraArgs });
const variable = (name: string, value: string) => engine({ env: { [name]: EnvValue.fromValue(value) } });
const added = (name: string, value: string) => (chart: Chart) => { fleet(chart).addEnv(name, EnvValue.fromValue(value)); };
const weights = (make: () => Weights, props: any = {}) => (chart: Chart) => { fleet(chart, { weights: make(), ...props }); };
const planned = (make: () => Capacity, props: any = {}) => (chart: Chart) => { fleet(chart, { capacity: make(), ...props }); };
const laidOut = (layout: any, props: any = {}) => planned(() => Capacity.manual({ replicas: 1, layout }), props);
const pool = (options: any, props: any = {}) => (chart: Chart) => { karpenterPool(chart, options, props); };
const existing = (attributes: any) => (chart: Chart) => { fleet(chart, { pools: [machines(chart, attributes)] }); };
const routed = (props: any) => (chart: Chart) => { route(chart, props); };
const rollout = (props: any, candidate: any = {}) => (chart: Chart) => { canary(chart, props, candidate); };
const patched = (path: string, value: unknown) => (chart: Chart) => { put(fleet(chart), path, value); };
const patchedGroups = (path: string, value: unknown) => (chart: Chart) => { put(groups(chart), path, value); };
const cut = (path: string) => (chart: Chart) => { drop(fleet(chart), path); };
const inside = (kind: string, path: string, value: unknown, nameEnd = '') => (chart: Chart) => { putInto(fleet(chart), kind, path, value, nameEnd); };

const NOT_SEEN = 'what is in the cluster is not read at synthesis';
const NOT_OPENED = 'what is in an image is not read at synthesis';
const FORM = 'patches are held against the plan; the form of fields that it does not set is the API server\'s to check';
const FLAG_TYPES = 'the tables of flags say how many values follow a flag, and not yet which';

export const PLANTED_FAULTS: readonly FaultGroup[] = [
  {
    about: 'Names, labels and annotations',
    faults: refused(
      ['a capital letter in the name of a fleet', named({ name: 'Llama' })],
      ['a name of 40 characters', named({ name: 'l'.repeat(40) })],
      ['a name that begins with a digit', named({ name: '8b' })],
      ['an underscore in a namespace', named({ namespace: 'team_a' })],
      ['a capital letter in the namespace of a chart', (chart) => { fleet(new Chart(chart, 'Inner', { namespace: 'Team' })); }],
      ['a blank in the value of a label', named({ labels: { owner: 'team a' } })],
      ['an accent in the value of a label', named({ labels: { owner: 'équipe' } })],
      ['a value of a label of 64 characters', named({ labels: { owner: 'x'.repeat(64) } })],
      ['a label that is true and not \'true\'', named({ labels: { critical: true } })],
      ['two slashes in the key of a label', named({ labels: { 'a/b/c': 'x' } })],
      ['a number for an annotation', named({ annotations: { 'example.com/tier': 1 } })],
      ['annotations of 300 KiB', named({ annotations: { 'example.com/notes': 'x'.repeat(300 * 1024) } })],
      ['a label of the library\'s own', named({ labels: { 'cdk8s-inference/fleet': 'mine' } })],
      ['two fleets of one name', (chart) => {
        const pools = [machines(chart)];
        for (const id of ['A', 'B']) { fleet(chart, { pools, metadata: { name: 'llama' } }, id); }
      }],
      ['a line break in the name of the model', (chart) => { fleet(chart, { servedModelName: 'llama\n' }); }],
      ['a name of the model in another alphabet', (chart) => { fleet(chart, { servedModelName: 'лама' }); }],
      ['an empty team', (chart) => { fleet(chart, { ownership: { team: '' } }); }],
      ['a finalizer that is a sentence', named({ finalizers: ['clean up first'] })],
      ['an owner without its uid', named({ ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner' }] })],
    ),
  },
  {
    about: 'Pools',
    faults: [
      ...refused(
        ['half a node of GPUs', pool({}, { maxGpus: 12 })],
        ['no GPU at all', pool({}, { maxGpus: 0 })],
        ['a machine type that is misspelt', pool({ instanceTypes: ['p5.48xlarg'] })],
        ['machine types with different GPUs', pool({ instanceTypes: ['p5.48xlarge', 'p4d.24xlarge'] })],
        ['a machine type of another cloud', pool({ instanceTypes: ['a3-highgpu-8g'] })],
        ['an accelerator that the machine type does not carry', pool({}, { accelerator: Accelerator.named('h200-sxm') })],
        ['zones of two regions', pool({ zones: ['us-east-1a', 'eu-west-1b'] })],
        ['a region for a zone', pool({ zones: ['us-east-1'] })],
        ['an effect of a taint that is misspelt', pool({}, { extraTaints: [{ key: 'dedicated', value: 'llm', effect: 'NoSchedul' }] })],
        ['a blank in the key of a taint', pool({}, { extraTaints: [{ key: 'for llm', effect: 'NoSchedule' }] })],
        ['one taint twice', pool({}, { extraTaints: [{ key: 'llm', value: 'a', effect: 'NoSchedule' }, { key: 'llm', value: 'b', effect: 'NoSchedule' }] })],
        ['a label of nodes that only Karpenter sets', pool({}, { extraNodeLabels: { 'karpenter.sh/nodepool': 'mine' } })],
        ['a label of nodes that the machines decide', pool({}, { extraNodeLabels: { 'kubernetes.io/arch': 'arm64' } })],
        ['a label of nodes that the kubelet sets', pool({}, { extraNodeLabels: { 'kubernetes.io/hostname': 'gpu' } })],
        ['a capital letter in the name of a pool', pool({}, { poolName: 'H100' })],
        ['two pools of one name', (chart) => { karpenterPool(chart); karpenterPool(new Chart(chart, 'Other')); }],
        ['a weight of 101', pool({ weight: 101 })],
        ['an ARN for the name of a role', pool({ nodeClass: { role: 'arn:aws:iam::123456789012:role/gpu' } })],
        ['no subnets', pool({ nodeClass: { subnets: [] } })],
        ['an alias without its version', pool({ nodeClass: { amis: [{ alias: 'al2023' }] } })],
        ['a disk of 10 GiB', pool({ nodeClass: { volumeSize: Size.gibibytes(10) } })],
        ['a tag that only Karpenter sets', pool({ nodeClass: { tags: { 'karpenter.sh/nodepool': 'mine' } } })],
        ['an age of half a second', pool({ expireAfter: Duration.millis(500) })],
        ['a way to buy in a text', pool({ purchase: 'spot' })],
        ['nodes without a label to find them by', existing({ nodeLabels: {} })],
        ['a pool too small for what is put on it', (chart) => {
          const pools = [karpenterPool(chart, {}, { maxGpus: 8 })];
          for (const id of ['A', 'B']) { fleet(chart, { pools, capacity: Capacity.manual({ replicas: 5, layout: { tensorParallel: 1 } }) }, id); }
        }],
      ),
      silent('labels that no node carries', existing({ nodeLabels: { 'example.com/pool': 'h1oo' } }), 'pods stay Pending: no node matches their selector', NOT_SEEN),
      silent('a taint of the nodes that is left out', existing({ taints: [] }), 'where nodes have a taint besides the GPU\'s own, pods stay Pending', NOT_SEEN),
      silent('an EC2NodeClass that there is not', pool({ nodeClassName: 'gqu' }), 'Karpenter starts no node and says so in the NodePool\'s conditions', NOT_SEEN),
      silent('a zone in which the machines are not sold', pool({ zones: ['us-east-1e'] }), 'Karpenter finds no offering; pods stay Pending', 'the catalogue does not say which zone sells which machine, which changes'),
    ],
  },
  {
    about: 'Capacity and layout',
    faults: refused(
      ['a load below zero', planned(() => Capacity.forTarget({ load: Load.requestsPerSecond(-1, LENGTHS) }))],
      ['a load that is not a number', planned(() => Capacity.forTarget({ load: Load.requestsPerSecond(NaN, LENGTHS) }))],
      ['a load in a text', planned(() => Capacity.forTarget({ load: Load.requestsPerSecond('40' as any, LENGTHS) }))],
      ['prompts beyond the context', planned(() => Capacity.forTarget({ load: Load.requestsPerSecond(1, { promptTokens: 200_000, outputTokens: 100 }) }))],
      ['a latency that nothing reaches', planned(() => Capacity.forTarget({ load: Load.requestsPerSecond(1, LENGTHS), latency: { timeToFirstTokenMillis: 1 } }))],
      ['more load than the pool carries', planned(() => Capacity.forTarget({ load: Load.requestsPerSecond(5000, LENGTHS) }))],
      ['half a replica', planned(() => Capacity.manual({ replicas: 0.5, layout: { tensorParallel: 1 } }))],
      ['no replica', planned(() => Capacity.manual({ replicas: 0, layout: { tensorParallel: 1 } }))],
      ['a layout that does not divide the heads', laidOut({ tensorParallel: 3 })],
      ['a layout wider than a node', laidOut({ tensorParallel: 16 })],
      ['experts of a model that has none', laidOut({ tensorParallel: 2, expertParallel: 2 })],
      ['a model that does not fit', (chart) => { groups(chart, { capacity: Capacity.manual({ replicas: 1, layout: { tensorParallel: 4 } }) }); }],
      ['a precision that the GPU lacks', (chart) => { fleet(chart, { precision: Precision.FP8, pools: [machines(chart, { instanceType: 'p4d.24xlarge' })] }); }],
      ['a model that is misspelt', (chart) => { fleet(chart, { model: Model.named('meta-llama/Llama-3.1-8B-Instrct') }); }],
      ['a model in a text', (chart) => { fleet(chart, { model: 'meta-llama/Llama-3.1-8B-Instruct' }); }],
      ['a pool in a list of its own', (chart) => { fleet(chart, { pools: [[machines(chart)]] }); }],
    ),
  },
  {
    about: 'Arguments of the engine',
    faults: [
      ...refused(
        ['a flag that is misspelt', args('--enable-prefix-cachin')],
        ['a flag that this version no longer has', args('--enable-mamba-fine-grained-prefix-cache')],
        ['a flag of the other engine', args('--mem-fraction-static', '0.8')],
        ['a flag that the plan sets', args('--tensor-parallel-size', '4')],
        ['a flag that the plan sets, abbreviated', args('-tp=4')],
        ['a share of memory above 1', args('--gpu-memory-utilization', '1.5')],
        ['a share of memory above 1, as a prop', engine({ settings: { memoryFraction: 1.5 } })],
        ['a block of 7 tokens', args('--block-size', '7')],
        ['a block of 7 tokens, as a prop', engine({ settings: { kvBlockSize: 7 } })],
        ['a quantisation that there is not', args('--quantization', 'nonesuch')],
        ['a parser of tool calls that there is not', engine({ toolCallParser: 'llama3_jsn' })],
        ['a parser of tool calls, as an argument', args('--enable-auto-tool-choice', '--tool-call-parser', 'nonesuch')],
        ['a parser of reasoning that there is not', engine({ reasoningParser: 'deepseek_r2' })],
        ['a flag without its value', args('--seed')],
        ['a flag and its value in one element', args('--seed 16')],
        ['a value after a flag that takes none', args('--enforce-eager', 'true')],
        ['a port of one\'s own', args('--port', '9000')],
        ['a key in clear text', args('--api-key', 'secret')],
        ['a sequence longer than the context', engine({ settings: { maxModelLen: 200_000 } })],
        ['a version that is not known', engine({ version: '0.12.0' })],
        ['\'true\' for true', engine({ trustRemoteCode: 'true' })],
        ['less than no image in a prompt', engine({ limitMultimodalPerPrompt: { image: -1 } })],
        ['a chat template above what a ConfigMap holds', engine({ chatTemplate: 'x'.repeat(1_100_000) })],
        ['an argument longer than a process takes', args('--override-generation-config', JSON.stringify({ x: 'x'.repeat(140_000) }))],
        ['JSON that is none', args('--override-generation-config', '{temperature: 0.2}')],
        ['a privileged port of a server of one\'s own', (chart) => { fleet(chart, { engine: ownServer({ port: 80 }) }); }],
        ['a path of a probe without its slash', (chart) => { fleet(chart, { engine: ownServer({ readyPath: 'ready' }) }); }],
        ['a directory that is not absolute', (chart) => { fleet(chart, { engine: ownServer({ writablePaths: ['cache'] }) }); }],
        ['a reference to a variable that is misspelt', (chart) => { fleet(chart, { engine: ownServer({ args: ['--len=$(MAX_MODEL_LENGTH)'] }) }); }],
        ['a server of one\'s own without arguments for groups', (chart) => { groups(chart, { engine: ownServer() }); }],
      ),
      silent('a word for a number', args('--seed', 'sixteen'), 'the server ends at start with its parser\'s sentence', FLAG_TYPES),
      silent('a value that is none of the flag\'s', args('--tokenizer-mode', 'fast'), 'the server ends at start with its parser\'s sentence', FLAG_TYPES),
      silent('a chat template that is no Jinja', engine({ chatTemplate: '{% for message in messages %}{{ message.content }}' }), 'the server starts and answers chat requests with an error',
        'Jinja is read by Python; the engine\'s own template needs none'),
      silent('a plugin that the image lacks', args('--tool-parser-plugin', '/plugins/mine.py'), 'the server ends at start, and the startup probe restarts it', NOT_OPENED),
    ],
  },
  {
    about: 'Environment',
    faults: [
      ...refused(
        ['VLLM_PORT', variable('VLLM_PORT', '9000')],
        ['VLLM_PORT, by addEnv', added('VLLM_PORT', '9000')],
        ['HF_HUB_OFFLINE', variable('HF_HUB_OFFLINE', '0')],
        ['HF_HUB_OFFLINE, by addEnv', added('HF_HUB_OFFLINE', '0')],
        ['CUDA_VISIBLE_DEVICES', variable('CUDA_VISIBLE_DEVICES', '0')],
        ['a token in clear text', variable('MY_API_TOKEN', 'secret')],
        ['a token in clear text, by addEnv', added('MY_API_TOKEN', 'secret')],
        ['a number for a text', engine({ env: { TIMEOUT: EnvValue.fromValue(5 as any) } })],
        ['a plain text for an EnvValue', engine({ env: { TIMEOUT: '5' } })],
        ['a blank in a name', variable('MY VARIABLE', '1')],
        ['one variable twice', (chart) => { const it = fleet(chart); for (const value of ['1', '2']) { it.addEnv('TIMEOUT', EnvValue.fromValue(value)); } }],
        ['one variable twice, by a patch', patched(`${ENGINE}/env/-`, { name: 'HF_HUB_OFFLINE', value: '0' })],
        ['a secret whose name is none', (chart) => { fleet(chart).addEnv('KEY', EnvValue.fromSecretValue({ secret: Secret.fromSecretName(chart, 'S', 'My Secret'), key: 'k' })); }],
        ['a variable that the plan sets', (chart) => { fleet(chart, { engine: ownServer({ env: { MAX_MODEL_LEN: EnvValue.fromValue('5') } }) }); }],
      ),
      silent('LD_PRELOAD of a library that the image lacks', variable('LD_PRELOAD', '/usr/lib/libnone.so'), 'the loader prints a line for each process and goes on without it', NOT_OPENED),
      silent('a key that a secret lacks', (chart) => {
        fleet(chart).addEnv('KEY', EnvValue.fromSecretValue({ secret: Secret.fromSecretName(chart, 'S', 'keys'), key: 'kye' }));
      }, 'pods stay in CreateContainerConfigError, which names the key', NOT_SEEN),
    ],
  },
  {
    about: 'Images',
    faults: [
      ...refused(
        ['an image without a digest', engine({ image: 'registry.example.com/vllm:v0.31.0' })],
        ['the tag latest', engine({ image: 'registry.example.com/vllm:latest' })],
        ['a capital letter', engine({ image: 'registry.example.com/vLLM:v0.31.0', allowMutableTag: true })],
        ['a blank at the end', engine({ image: 'registry.example.com/vllm:v0.31.0 ', allowMutableTag: true })],
        ['a URL for an image', engine({ image: 'https://registry.example.com/vllm:v0.31.0', allowMutableTag: true })],
        ['a digest of 63 digits', engine({ imageDigest: `sha256:${'0'.repeat(63)}` })],
        ['two digests', engine({ image: `registry.example.com/vllm@sha256:${'0'.repeat(64)}`, imageDigest: `sha256:${'1'.repeat(64)}` })],
        ['a URL for a mirror', (chart) => { fleet(chart, { images: { mirror: 'https://registry.example.com' } }); }],
        ['a pull secret whose name is none', (chart) => { fleet(chart, { images: { pullSecrets: [Secret.fromSecretName(chart, 'S', 'My Secret')] } }); }],
        ['a pull secret in a text', (chart) => { fleet(chart, { images: { pullSecrets: ['regcred'] } }); }],
        ['an image for CUDA on another vendor\'s GPUs', existing({ instanceType: 'Standard_ND96isr_MI300X_v5' })],
        ['a capital letter in the image that downloads', weights(() => hub({ downloaderImage: 'registry.example.com/Python:3.12' }))],
        ['a capital letter in an image of weights', weights(() => Weights.fromImage({ reference: `Models/llama@sha256:${'0'.repeat(64)}` }))],
        ['an image without its digest, by a patch', patched(`${ENGINE}/image`, 'docker.io/vllm/vllm-openai:latest')],
      ),
      silent('a digest that the registry does not have', engine({ imageDigest: `sha256:${'0'.repeat(64)}` }), 'pods stay in ImagePullBackOff', 'synthesis has no network'),
      silent('a pull secret that there is not', (chart) => { fleet(chart, { images: { pullSecrets: [Secret.fromSecretName(chart, 'S', 'regcrd')] } }); }, 'pods stay in ImagePullBackOff where the registry asks for credentials', NOT_SEEN),
    ],
  },
  {
    about: 'Weights',
    faults: [
      ...refused(
        ['a branch for a revision', weights(() => hub({ revision: 'main' }))],
        ['a short commit', weights(() => hub({ revision: '0e9e39f' }))],
        ['a URL for a repository', weights(() => hub({ repository: 'https://huggingface.co/meta-llama/Llama-3.1-8B-Instruct' }))],
        ['a token in a text', weights(() => hub({ token: 'hf_abc' }))],
        ['a secret whose name is none', (chart) => { fleet(chart, { weights: hub({ token: token(chart, 'HF Token') }) }); }],
        ['a token over plain http', (chart) => { fleet(chart, { weights: hub({ token: token(chart), endpoint: 'http://mirror.example.com' }) }); }],
        ['a volume of one node for several', weights(() => hub({ accessMode: PersistentVolumeAccessMode.READ_WRITE_ONCE }), { capacity: Capacity.manual({ replicas: 9, layout: { tensorParallel: 1 } }) })],
        ['an access mode that is misspelt', weights(() => hub({ accessMode: 'ReadWriteMayn' }))],
        ['a capital letter in a storage class', weights(() => hub({ storageClass: 'FSx' }))],
        ['a size in gigabytes', weights(() => hub({ sizeBytes: 16 }))],
        ['a bandwidth in megabytes', weights(() => Weights.fromClaim({ claimName: 'llama', readBytesPerSecond: 500 }))],
        ['a file that runs code when it is read', weights(() => hub({ extraFiles: ['pytorch_model.bin'] }))],
        ['a capital letter in a claim', weights(() => Weights.fromClaim({ claimName: 'Llama' }))],
        ['a way out of the volume', weights(() => Weights.fromClaim({ claimName: 'llama', path: '../other' }))],
        ['a bucket without a name', weights(() => Weights.fromObjectStore({ uri: 's3://' }))],
        ['an underscore in a bucket', weights(() => Weights.fromObjectStore({ uri: 's3://my_models/llama' }))],
        ['credentials of another store', (chart) => { fleet(chart, { weights: Weights.fromObjectStore({ uri: 'gs://models/llama', credentials: { AWS_ACCESS_KEY_ID: token(chart) } }) }); }],
        ['a password in a URL', weights(() => Weights.fromObjectStore({ uri: 's3://models/llama', endpoint: 'https://user:password@minio.example.com' }))],
        ['an image of weights by its tag', weights(() => Weights.fromImage({ reference: 'registry.example.com/models/llama:v1' }))],
      ),
      silent('a claim that there is not', weights(() => Weights.fromClaim({ claimName: 'lama' })), 'pods stay Pending: the scheduler names the claim', NOT_SEEN),
      silent('a storage class that there is not', weights(() => hub({ storageClass: 'fsx-luster' })), 'the claim stays Pending, and pods with it', NOT_SEEN),
      silent('a commit that the repository does not have', weights(() => hub({ revision: '0'.repeat(40) })), 'the download fails for good, with the hub\'s answer in its log', 'synthesis has no network'),
    ],
  },
  {
    about: 'Routes',
    faults: [
      ...refused(
        ['a port in a hostname', routed({ hostnames: ['chat.example.com:443'] })],
        ['a URL for a hostname', routed({ hostnames: ['https://chat.example.com'] })],
        ['an underscore in a hostname', routed({ hostnames: ['my_chat.example.com'] })],
        ['a capital letter in a hostname', routed({ hostnames: ['Chat.example.com'] })],
        ['an asterisk in the middle', routed({ hostnames: ['chat.*.example.com'] })],
        ['an address for a hostname', routed({ hostnames: ['10.0.0.1'] })],
        ['seventeen hostnames', routed({ hostnames: Array.from({ length: 17 }, (_, i) => `chat${i}.example.com`) })],
        ['a path that does not begin with a slash', routed({ paths: ['v1/models'] })],
        ['an asterisk in a path', routed({ paths: ['/v*/models'] })],
        ['two routes of one hostname and path', (chart) => { const it = fleet(chart); for (const id of ['A', 'B']) { route(chart, { fleet: it }, id); } }],
        ['a gateway without a name', routed({ gateway: {} })],
        ['a capital letter in a listener', routed({ gateway: { name: 'public', sectionName: 'HTTPS' } })],
        ['no time for a request', routed({ requestTimeout: Duration.seconds(0) })],
        ['half a second for a request', routed({ requestTimeout: Duration.millis(500) })],
        ['less time than half of the requests take', (chart) => {
          const load = Load.requestsPerSecond(0.1, { promptTokens: 1000, outputTokens: 4000 });
          route(chart, { fleet: fleet(chart, { capacity: Capacity.manual({ replicas: 1, layout: { tensorParallel: 1 }, load }) }), requestTimeout: Duration.seconds(1) });
        }],
        ['a number for a time', routed({ requestTimeout: 600 })],
        ['a chart in another namespace than the fleet\'s', (chart) => {
          const it = fleet(new Chart(chart, 'Without'));
          route(new Chart(chart, 'With', { namespace: 'routes' }), { fleet: it });
        }],
        ['a blank in the name of a route', routed({ routeName: 'my route' })],
      ),
      silent('a gateway that there is not', routed({ gateway: { name: 'pubic', gatewayNamespace: 'gateways' } }), 'no gateway takes the route: its status stays empty and requests get 404', NOT_SEEN),
      silent('a listener that lets no route of this namespace in', routed({ gateway: { name: 'public', gatewayNamespace: 'gateways', sectionName: 'internal' } }),
        'the route\'s status says NotAllowedByListeners or NoMatchingParent', NOT_SEEN),
      silent('labels of proxies that no pod carries', routed({ gateway: { name: 'public', gatewayNamespace: 'gateways', proxyLabels: { app: 'envoi' } } }), 'the network policy keeps the gateway out, which answers 503', NOT_SEEN),
    ],
  },
  {
    about: 'Rollouts',
    faults: refused(
      ['a share above 100 %', rollout({ shift: TrafficShift.steps([{ percentage: 101 }]) })],
      ['shares that fall', rollout({ shift: TrafficShift.steps([{ percentage: 50 }, { percentage: 10 }, { percentage: 100 }]) })],
      ['a rollout that does not end', rollout({ shift: TrafficShift.steps([{ percentage: 50 }]) })],
      ['a step without time', rollout({ shift: TrafficShift.canary({ percentage: 5, bakeTime: Duration.seconds(0) }) })],
      ['one fleet for both', (chart) => { const it = fleet(chart); canary(new Chart(chart, 'Inner'), { stable: it, candidate: it }); }],
      ['another name of the model', rollout({}, { servedModelName: 'llama-next' })],
      ['a step that there is not', rollout({ driver: CanaryDriver.manual({ step: 7 }) })],
      ['a budget below what runs', rollout({ gpuBudget: 1 })],
      ['a gate in a text', rollout({ gates: ['error-ratio'] })],
      ['a signal that the engine does not measure', rollout({ gates: [CanaryGate.below(Signal.TIME_TO_FIRST_TOKEN, 1)] }, { engine: ownServer() })],
      ['fleets of two namespaces, one of which is not named', (chart) => {
        const stable = fleet(new Chart(chart, 'A'), {}, 'Stable');
        const candidate = fleet(new Chart(chart, 'B', { namespace: 'next' }), {}, 'Candidate');
        canary(new Chart(chart, 'C'), { stable, candidate });
      }],
      ['a rollout of a fleet without load', rollout({ driver: CanaryDriver.runner() })],
      ['a rollout of a fleet that nobody measures', rollout({ driver: CanaryDriver.runner({ requestsPerSecond: 10 }) }, { monitoring: { enabled: false } })],
      ['a password in the address of Prometheus', rollout({ driver: CanaryDriver.runner({ prometheusUrl: 'https://me:secret@prometheus.example.com' }) })],
      ['a limit between two buckets', rollout({ driver: CanaryDriver.runner({ requestsPerSecond: 10 }), gates: [CanaryGate.below(Signal.TIME_TO_FIRST_TOKEN, 0.8)] })],
      ['the route of another fleet', (chart) => { canary(chart, { route: route(chart, { fleet: fleet(new Chart(chart, 'Inner', { namespace: chart.namespace }), {}, 'Other') }) }); }],
    ),
  },
  {
    about: 'Network, identity, monitoring, times',
    faults: [
      ...refused(
        ['no port for DNS', (chart) => { fleet(chart, { network: { dnsPort: 0 } }); }],
        ['a blank in the label of a client', (chart) => { fleet(chart, { network: { clients: [{ podLabels: { app: 'my app' } }] } }); }],
        ['a topology key that is none', (chart) => { groups(chart, { network: { groupTopologyKey: 'my rack' } }); }],
        ['\'false\' for false', (chart) => { fleet(chart, { network: { policies: 'false' } }); }],
        ['an identity whose name is none', (chart) => { fleet(chart, { security: { serviceAccount: ServiceAccount.fromServiceAccountName(chart, 'S', 'My_Account') } }); }],
        ['an identity in a text', (chart) => { fleet(chart, { security: { serviceAccount: 'runner' } }); }],
        ['no time between scrapes', (chart) => { fleet(chart, { monitoring: { interval: Duration.seconds(0) } }); }],
        ['a number for a label of the monitor', (chart) => { fleet(chart, { monitoring: { labels: { release: 1 } } }); }],
        ['too little time to start', (chart) => { fleet(chart, { timeouts: { startup: Duration.seconds(30) } }); }],
        ['a number for a time', (chart) => { fleet(chart, { timeouts: { drain: 60 } }); }],
        ['a time beyond what a probe counts', (chart) => { fleet(chart, { timeouts: { nodeStart: Duration.days(100_000) } }); }],
      ),
      later('an identity that there is not', (chart) => { fleet(chart, { security: { serviceAccount: ServiceAccount.fromServiceAccountName(chart, 'S', 'runer') } }); }, NOT_SEEN),
      silent('a client that no pod is', (chart) => { fleet(chart, { network: { clients: [{ podLabels: { app: 'chta' } }] } }); }, 'the client\'s connections time out', NOT_SEEN),
      silent('a namespace in which no Prometheus runs', (chart) => { fleet(chart, { monitoring: { namespaceLabels: { 'kubernetes.io/metadata.name': 'observability' } } }); }, 'scrapes time out, and the target shows as down', NOT_SEEN),
    ],
  },
  {
    about: 'Patches of the workload',
    faults: [
      ...refused(
        ['a field that is misspelt', patched(`${ENGINE}/resource`, { limits: { cpu: '8' } })],
        ['a field at the wrong level', patched(`${ENGINE}/nodeSelector`, { 'example.com/pool': 'h100' })],
        ['a text for a number', patched('/spec/replicas', '2')],
        ['more replicas than the pool holds', patched('/spec/replicas', 100)],
        ['more replicas than the plan', patched('/spec/replicas', 3)],
        ['more GPUs for a pod', (chart) => { const it = fleet(chart); for (const kind of ['requests', 'limits']) { put(it, `${ENGINE}/resources/${kind}/${GPU}`, 4); } }],
        ['other GPUs asked for than allowed', patched(`${ENGINE}/resources/requests/${GPU}`, 2)],
        ['no limits', cut(`${ENGINE}/resources/limits`)],
        ['a quantity with a blank', patched(`${ENGINE}/resources/limits/memory`, '80 Gi')],
        ['less memory allowed than asked for', patched(`${ENGINE}/resources/limits/memory`, '1Gi')],
        ['no label for the selector', cut(`/spec/template/metadata/labels/${FLEET_LABEL}`)],
        ['another label than the Service selects', (chart) => {
          const it = fleet(chart);
          put(it, `/spec/template/metadata/labels/${FLEET_LABEL}`, 'other');
          put(it, `/spec/selector/matchLabels/${FLEET_LABEL}`, 'other');
        }],
        ['a privileged container', patched(`${ENGINE}/securityContext/privileged`, true)],
        ['the network of the host', patched(`${POD}/hostNetwork`, true)],
        ['a directory of the host', patched(`${POD}/volumes/-`, { name: 'host', hostPath: { path: '/var/cache' } })],
        ['user 0', patched(`${POD}/securityContext/runAsUser`, 0)],
        ['a capability', patched(`${ENGINE}/securityContext/capabilities/add`, ['SYS_ADMIN'])],
        ['a sidecar that may do anything', patched(`${POD}/containers/-`, { name: 'agent', image: 'registry.example.com/agent:1' })],
        ['two containers of one name', patched(`${POD}/containers/-`, { name: 'engine', image: 'registry.example.com/agent:1' })],
        ['a mount of no volume', patched(`${ENGINE}/volumeMounts/-`, { name: 'cache', mountPath: '/cache' })],
        ['an argument of the plan, changed', (chart) => {
          const it = fleet(chart);
          const at = (it.node.findChild('Resource') as any).toJson().spec.template.spec.containers[0].args.findIndex((arg: string) => arg.startsWith('--tensor-parallel-size'));
          put(it, `${ENGINE}/args/${at}`, '--tensor-parallel-size=2'); drop(it, `${ENGINE}/args/${at + 1}`);
        }],
        ['an argument of the plan, overridden by another one behind it', patched(`${ENGINE}/args/-`, '--max-model-len=131072')],
        ['no startup probe', cut(`${ENGINE}/startupProbe`)],
        ['a grace period shorter than the drain', patched(`${POD}/terminationGracePeriodSeconds`, 30)],
        ['no node selector', cut(`${POD}/nodeSelector`)],
        ['no tolerations', (chart) => { drop(fleet(chart, { pools: [karpenterPool(chart)] }), `${POD}/tolerations`); }],
        ['a rolling update of more GPUs than the pool has', (chart) => {
          const it = fleet(chart, { pools: [machines(chart, { maxGpus: 8 })], capacity: Capacity.manual({ replicas: 6, layout: { tensorParallel: 1 } }) });
          put(it, '/spec/strategy/rollingUpdate/maxSurge', '100%');
        }],
        ['an update that may neither add nor take away', (chart) => {
          const it = fleet(chart);
          put(it, '/spec/strategy/rollingUpdate/maxSurge', 0);
          put(it, '/spec/strategy/rollingUpdate/maxUnavailable', 0);
        }],
        ['another namespace than the Service\'s', patched('/metadata/namespace', 'elsewhere')],
        ['fewer nodes in a group than its layout', patchedGroups('/spec/leaderWorkerTemplate/size', 1)],
        ['more nodes in a group than its layout', patchedGroups('/spec/leaderWorkerTemplate/size', 4)],
      ),
      later('a probe that begins before the start', patched(`${ENGINE}/livenessProbe/initialDelaySeconds`, -5), FORM),
      later('a strategy that is misspelt', patched('/spec/strategy/type', 'Rolling'), FORM),
      later('a number for an annotation of the pods', patched('/spec/template/metadata/annotations', { 'example.com/tier': 1 }), FORM),
      later('a priority class that there is not', patched(`${POD}/priorityClassName`, 'inferense'), NOT_SEEN),
      later('a runtime class that there is not', patched(`${POD}/runtimeClassName`, 'nvidai'), NOT_SEEN),
      later('subgroups that do not divide a group', patchedGroups('/spec/leaderWorkerTemplate/subGroupPolicy', { subGroupSize: 3 }), FORM),
      later('a restart policy of groups that is misspelt', patchedGroups('/spec/leaderWorkerTemplate/restartPolicy', 'RecreateGroup'), FORM),
      silent('a label of nodes that none carries', patched(`${POD}/nodeSelector/zone`, 'a'), 'pods stay Pending', NOT_SEEN),
      silent('a scheduler that there is not', patched(`${POD}/schedulerName`, 'volcanno'), 'pods stay Pending, without an event', NOT_SEEN),
      silent('another path of a probe', patched(`${ENGINE}/readinessProbe/httpGet/path`, '/ready'), 'pods never become Ready: vLLM has no such path', 'a patch may know of a path that an image of the user\'s own has'),
      silent('little memory, asked for and allowed', (chart) => { const it = fleet(chart); for (const kind of ['requests', 'limits']) { put(it, `${ENGINE}/resources/${kind}/memory`, '2Gi'); } },
        'the kernel kills the engine while it loads', 'the library\'s own figure errs on the large side; whoever patches it has measured'),
    ],
  },
  {
    about: 'Patches of other objects',
    faults: [
      ...refused(
        ['a Service that selects no pod', inside('Service', '/spec/selector', { app: 'llama' })],
        ['a Service to a port that is misspelt', inside('Service', '/spec/ports/0/targetPort', 'htpp')],
        ['a disruption budget for no pod', inside('PodDisruptionBudget', '/spec/selector/matchLabels', { app: 'llama' })],
        ['a disruption budget that lets no pod go', inside('PodDisruptionBudget', '/spec/maxUnavailable', 0)],
        ['two limits of a disruption budget', inside('PodDisruptionBudget', '/spec/minAvailable', 1)],
        ['a network policy for no pod', inside('NetworkPolicy', '/spec/podSelector/matchLabels', { app: 'llama' }, 'isolation')],
        ['a monitor of no pod', inside('PodMonitor', '/spec/selector/matchLabels', { app: 'llama' })],
        ['a monitor of a port that is misspelt', inside('PodMonitor', '/spec/podMetricsEndpoints/0/port', 'metrics')],
        ['a limit of a pool that is not its budget', (chart) => { object(karpenterPool(chart), 'NodePool').addJsonPatch(JsonPatch.replace(`/spec/limits/${GPU}`, '64')); }],
      ),
      later('a type of Service that there is not', inside('Service', '/spec/type', 'Loadbalancer'), FORM),
      later('a port above 65535', inside('Service', '/spec/ports/0/port', 80_000), FORM),
      later('an address without its length', inside('NetworkPolicy', '/spec/egress/0/to/1/ipBlock/cidr', '10.0.0.0', 'isolation'), FORM),
      later('a direction in small letters', inside('NetworkPolicy', '/spec/policyTypes', ['ingress', 'Egress'], 'isolation'), FORM),
      later('an interval in words', inside('PodMonitor', '/spec/podMetricsEndpoints/0/interval', '15 seconds'), FORM),
      later('a limit that is a number', inside('PodMonitor', '/spec/sampleLimit', '10k'), FORM),
      later('a time in words', (chart) => { object(route(chart), 'HTTPRoute').addJsonPatch(JsonPatch.replace('/spec/rules/0/timeouts/request', '10 minutes')); }, FORM),
      later('more time for a back end than for the request', (chart) => { object(route(chart), 'HTTPRoute').addJsonPatch(JsonPatch.replace('/spec/rules/0/timeouts/request', '1s')); }, FORM),
      later('a policy of a pool that is misspelt', (chart) => { object(karpenterPool(chart), 'NodePool').addJsonPatch(JsonPatch.replace('/spec/disruption/consolidationPolicy', 'Never')); }, FORM),
      later('a weight that is a percentage', (chart) => { object(canary(chart), 'HTTPRoute').addJsonPatch(JsonPatch.replace('/spec/rules/0/backendRefs/1/weight', '5%')); }, FORM),
      silent('a Service in a route that there is not', (chart) => { object(route(chart), 'HTTPRoute').addJsonPatch(JsonPatch.replace('/spec/rules/0/backendRefs/0/name', 'llama')); },
        'the gateway answers 500, and the route\'s status says BackendNotFound', 'a patch may send requests to a Service that is not of the app'),
      silent('a Service that is open to the world', inside('Service', '/spec/type', 'LoadBalancer'), 'the cloud makes a load balancer; the network policies keep its clients out', 'nothing of the plan contradicts it'),
    ],
  },
];
