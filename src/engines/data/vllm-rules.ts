import { NotedFlags, RefusedFlags } from '../extra-args';

const LAYOUT = 'the plan sets; use \'layout\' of Capacity.manual';
const LOADING = 'the source of the weights sets; use \'weights\' of the fleet';
const ENDPOINT = 'the probes, the Service and the metrics rely on; leave it out';
const OPENS = 'if it must be, patch the workload with ApiObject.of';
const UNCOUNTED = 'takes memory or time that the plan does not count';
const CODE = 'runs code that is loaded by name inside the server';

/** Flags of `vllm serve` that are not the user's to set in `extraArgs`. Removed ones stay, so that old manifests are told what to use. */
export const VLLM_REFUSED: readonly RefusedFlags[] = [
  {
    names: `
      --tensor-parallel-size -tp --pipeline-parallel-size -pp --decode-context-parallel-size -dcp --prefill-context-parallel-size -pcp
      --data-parallel-size -dp --data-parallel-size-local -dpl --data-parallel-rank -dpn --data-parallel-start-rank -dpr
      --data-parallel-address -dpa --data-parallel-rpc-port -dpp --data-parallel-backend -dpb --data-parallel-supervisor-port
      --data-parallel-hybrid-lb --no-data-parallel-hybrid-lb -dph --data-parallel-external-lb --no-data-parallel-external-lb -dpe
      --data-parallel-multi-port-external-lb -dpm
      --enable-expert-parallel --no-enable-expert-parallel --disable-expert-parallel -ep
      --enable-elastic-ep --no-enable-elastic-ep --disable-elastic-ep --elastic-ep-max-dp-size
      --nnodes -n --node-rank -r --master-addr --master-port --headless --distributed-executor-backend --device-ids --worker-use-ray`,
    because: LAYOUT,
  },
  { names: '--max-model-len', because: 'the plan sets; use \'settings.maxModelLen\' of Engine.vllm' },
  { names: '--max-num-seqs --max-num-active-seqs', because: 'the plan sets; use \'settings.maxNumSeqs\' of Engine.vllm' },
  {
    names: '--max-num-batched-tokens --max-num-scheduled-tokens',
    because: 'the plan sets; use \'settings.maxNumBatchedTokens\' of Engine.vllm',
  },
  { names: '--enable-lora --no-enable-lora --disable-lora --max-loras --max-lora-rank', because: 'the plan sets; use \'adapters\' of Engine.vllm' },
  { names: '--kv-offloading-size --kv-offloading-backend', because: 'the fleet sets; use \'kvCacheOnHost\' of Engine.vllm' },
  { names: '--block-size', because: 'the plan sets; use \'settings.kvBlockSize\' of Engine.vllm' },
  {
    names: '--gpu-memory-utilization --device-memory-utilization --kv-cache-memory-bytes --num-gpu-blocks-override',
    because: 'the plan sets; use \'settings.memoryFraction\' of Engine.vllm',
  },
  {
    names: '--cpu-offload-gb --cpu-offload-params --offload-group-size --offload-num-in-group --offload-prefetch-step --offload-params --swap-space',
    because: 'would move memory that the plan counts on the GPU; use a narrower \'precision\' of the fleet, or a pool with more memory',
  },
  { names: '--quantization -q --quantization-config --dtype', because: 'the plan sets; use \'precision\' of the fleet' },
  {
    names: '--kv-cache-dtype --kv-cache-dtype-skip-layers --mamba-cache-dtype --mamba-ssm-cache-dtype',
    because: 'the plan sets; use \'kvCachePrecision\' of the fleet',
  },
  { names: '--model', because: 'the fleet sets; use its \'model\' and \'weights\'' },
  { names: '--served-model-name', because: 'the fleet sets; use its \'servedModelName\'' },
  { names: '--revision --code-revision --tokenizer-revision --download-dir --hf-token', because: LOADING },
  { names: '--shutdown-timeout', because: 'the fleet sets; use its \'timeouts.drain\'' },
  {
    names: `
      --host --port --uds --grpc --grpc-port --ssl-keyfile --ssl-certfile --ssl-ca-certs --ssl-cert-reqs --ssl-ciphers
      --enable-ssl-refresh --no-enable-ssl-refresh --disable-ssl-refresh`,
    because: ENDPOINT,
  },
  { names: '--api-key', because: 'would stand in the manifest in clear text; use \'apiKey\' of Engine.vllm' },
  { names: '--trust-remote-code --no-trust-remote-code', because: 'runs code of the model; use \'trustRemoteCode\' of Engine.vllm' },
  {
    names: '--enable-auto-tool-choice --no-enable-auto-tool-choice --tool-call-parser',
    because: 'is not checked by vLLM before it has loaded the model; use \'toolCallParser\' of Engine.vllm',
  },
  { names: '--reasoning-parser', because: 'is not checked by vLLM before it has loaded the model; use \'reasoningParser\' of Engine.vllm' },
  { names: '--config', because: 'reads flags from a file that nobody checks; write them out' },
  { names: '--help -h', because: 'prints a text and ends; leave it out' },
  { names: '--enable-log-requests --enable-log-outputs', because: `writes what users send and get to the log; ${OPENS}` },
  { names: '--tool-server', because: `lets the model run tools inside the pod; ${OPENS}` },
  { names: '--profiler-config', because: `opens endpoints that write profiles; ${OPENS}` },
  { names: '--allowed-local-media-path', because: `lets requests read files of the pod; ${OPENS}` },
  { names: '--trust-request-chat-template --trust-request-mm-kwargs', because: `runs what requests bring along; ${OPENS}` },
];

/** Flags of `vllm serve` that a reader of the plan should know of. */
export const VLLM_NOTED: readonly NotedFlags[] = [
  {
    names: `
      --speculative-config -sc --spec-method --spec-model --spec-tokens --kv-transfer-config --ec-transfer-config
      --enforce-eager --cudagraph-capture-sizes --max-cudagraph-capture-size --compilation-config -cc --hf-overrides
      --model-class-overrides --attention-backend --moe-backend --all2all-backend --enable-dbo --enable-eplb --async-scheduling
      --no-async-scheduling --no-enable-chunked-prefill --disable-chunked-prefill --enable-sleep-mode`,
    note: UNCOUNTED,
  },
  {
    names: `
      --middleware --logits-processors --io-processor-plugin --tool-parser-plugin --reasoning-parser-plugin --worker-cls
      --worker-extension-cls --scheduler-cls`,
    note: CODE,
  },
  { names: '--enable-prompt-embeds --enable-mm-embeds', note: 'lets requests bring serialized tensors: for trusted clients only' },
  { names: '--load-format', note: 'replaces safetensors: pickle files run code when they are loaded' },
];
