import { NotedFlags, RefusedFlags } from '../extra-args';

const OPENS = 'if it must be, patch the workload with ApiObject.of';

/** Flags of `sglang.launch_server` that are not the user's to set in `extraArgs`. */
export const SGLANG_REFUSED: readonly RefusedFlags[] = [
  {
    names: `
      --tp-size --tensor-parallel-size --pp-size --pipeline-parallel-size --dp-size --data-parallel-size --attn-dp-size
      --attention-data-parallel-size --enable-dp-attention --ep --ep-size --expert-parallel-size --max-ep-size --attn-cp-size
      --attention-context-parallel-size --dcp-size --decode-context-parallel-size --moe-dp-size --moe-data-parallel-size --moe-dense-tp-size
      --dwdp-size --nnodes --node-rank --dist-init-addr --nccl-init-addr --nccl-port --base-gpu-id --gpu-id-step --use-ray`,
    because: 'the plan sets; use \'layout\' of Capacity.manual',
  },
  { names: '--context-length', because: 'the plan sets; use \'settings.maxModelLen\' of Engine.sglang' },
  { names: '--max-running-requests', because: 'the plan sets; use \'settings.maxNumSeqs\' of Engine.sglang' },
  { names: '--chunked-prefill-size', because: 'the plan sets; use \'settings.maxNumBatchedTokens\' of Engine.sglang' },
  { names: '--page-size', because: 'the plan sets; use \'settings.kvBlockSize\' of Engine.sglang' },
  { names: '--mem-fraction-static --max-total-tokens', because: 'the plan sets; use \'settings.memoryFraction\' of Engine.sglang' },
  {
    names: '--enable-hierarchical-cache --enable-hicache --hicache-size --hicache-ratio --hicache-host-memory-fraction',
    because: 'the fleet sets; use \'kvCacheOnHost\' of Engine.sglang',
  },
  {
    names: '--cpu-offload-gb --offload-group-size --offload-mode --offload-num-in-group --offload-prefetch-step',
    because: 'would move memory that the plan counts on the GPU; use a narrower \'precision\' of the fleet, or a pool with more memory',
  },
  { names: '--quantization --quantization-param-path --modelopt-quant --dtype', because: 'the plan sets; use \'precision\' of the fleet' },
  { names: '--kv-cache-dtype --mamba-ssm-dtype', because: 'the plan sets; use \'kvCachePrecision\' of the fleet' },
  { names: '--model --model-path', because: 'the fleet sets; use its \'model\' and \'weights\'' },
  { names: '--served-model-name', because: 'the fleet sets; use its \'servedModelName\'' },
  { names: '--revision --download-dir', because: 'the source of the weights sets; use \'weights\' of the fleet' },
  {
    names: `
      --host --port --enable-metrics --grpc-mode --grpc-port --smg-grpc-mode --fastapi-root-path --ssl-keyfile --ssl-certfile --ssl-ca-certs
      --ssl-keyfile-password --enable-ssl-refresh`,
    because: 'the probes, the Service and the metrics rely on; leave it out',
  },
  { names: '--disaggregation-mode', because: 'splits prefill from decode, which the plan does not; leave it out' },
  { names: '--api-key --admin-api-key', because: 'would stand in the manifest in clear text; use \'apiKey\' of Engine.sglang' },
  { names: '--trust-remote-code', because: 'runs code of the model; use \'trustRemoteCode\' of Engine.sglang' },
  { names: '--config', because: 'reads flags from a file that nobody checks; write them out' },
  { names: '--help -h', because: 'prints a text and ends; leave it out' },
  { names: '--log-requests --crash-dump-folder', because: `writes what users send to the log or to files; ${OPENS}` },
  { names: '--enable-custom-logit-processor', because: `runs code that requests bring along; ${OPENS}` },
  { names: '--trust-request-chat-template', because: `runs templates that requests bring along; ${OPENS}` },
  { names: '--tool-server', because: `lets the model run tools inside the pod; ${OPENS}` },
];

/** Flags of `sglang.launch_server` that a reader of the plan should know of. */
export const SGLANG_NOTED: readonly NotedFlags[] = [
  {
    names: `
      --speculative-algorithm --speculative-draft-model --speculative-draft-model-path --enable-lora
      --disable-cuda-graph --disable-decode-cuda-graph --disable-prefill-cuda-graph --enable-torch-compile
      --attention-backend --moe-a2a-backend --moe-runner-backend --enable-two-batch-overlap --enable-eplb --disable-overlap-schedule
      --json-model-override-args`,
    note: 'takes memory or time that the plan does not count',
  },
  { names: '--forward-hooks --custom-weight-loader --sidecar', note: 'runs code that is loaded by name inside the server' },
  { names: '--load-format', note: 'replaces safetensors: pickle files run code when they are loaded' },
];
