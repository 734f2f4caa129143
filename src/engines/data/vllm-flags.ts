import { FlagGroup } from '../extra-args';

/**
 * Every flag that `vllm serve` takes, hidden spellings included, by what follows it. Made by scripts/engine-flags.ts.
 *
 * Source: the argument parsers of the released packages vllm 0.30.0, 0.31.0, 0.32.0 and 0.33.0, loaded and listed. As of 2026-11-21.
 */
export const VLLM_FLAGS: readonly FlagGroup[] = [
  {
    until: '0.30.0',
    takes: 'none',
    names: `
      --enable-mamba-fine-grained-prefix-cache --no-enable-mamba-fine-grained-prefix-cache`,
  },
  {
    takes: 'none',
    names: `
      --aggregate-engine-logging --allow-credentials --allow-deprecated-quantization --async-scheduling --cohere-is-reasoning-model
      --cudagraph-metrics --data-parallel-external-lb --data-parallel-hybrid-lb --data-parallel-multi-port-external-lb --dcp-q-replicate
      --disable-cascade-attn --disable-chunked-mm-input --disable-custom-all-reduce --disable-fastapi-docs --disable-hybrid-kv-cache-manager
      --disable-log-stats --disable-nccl-for-dp-synchronization --disable-sliding-window --disable-uvicorn-access-log --enable-auto-tool-choice
      --enable-batch-sharded-sampling --enable-chunked-prefill --enable-cumem-allocator --enable-dbo --enable-elastic-ep
      --enable-ep-weight-filter --enable-eplb --enable-expert-parallel --enable-fault-tolerance --enable-flash-late-interaction
      --enable-flashinfer-autotune --enable-force-include-usage --enable-layerwise-nvtx-tracing --enable-log-deltas --enable-log-outputs
      --enable-log-requests --enable-logging-iteration-details --enable-lora --enable-mamba-cache-stochastic-rounding --enable-mfu-metrics
      --enable-mixed-moe-lora-format --enable-mm-embeds --enable-moe-shared-loras --enable-nccl-comm-suspend --enable-offline-docs
      --enable-per-request-metrics --enable-prefix-caching --enable-prompt-embeds --enable-prompt-tokens-details --enable-request-id-headers
      --enable-return-routed-experts --enable-scale-out --enable-server-load-tracking --enable-sleep-mode --enable-ssl-refresh
      --enable-tokenizer-info-endpoint --enable-tower-connector-lora --enable-trace-replay --enforce-eager --exclude-tools-when-tool-choice-none
      --fail-on-environ-validation --fully-sharded-loras --grpc --headless --help --interleave-mm-strings --jit-monitor-verbose
      --kv-cache-metrics --kv-sharing-fast-prefill --language-model-only --log-error-stack --mm-device-do-normalize --mm-encoder-only
      --no-allow-credentials --no-allow-deprecated-quantization --no-async-scheduling --no-cohere-is-reasoning-model --no-cudagraph-metrics
      --no-data-parallel-external-lb --no-data-parallel-hybrid-lb --no-dcp-q-replicate --no-disable-cascade-attn --no-disable-chunked-mm-input
      --no-disable-custom-all-reduce --no-disable-fastapi-docs --no-disable-hybrid-kv-cache-manager --no-disable-nccl-for-dp-synchronization
      --no-disable-sliding-window --no-disable-uvicorn-access-log --no-enable-auto-tool-choice --no-enable-batch-sharded-sampling
      --no-enable-chunked-prefill --no-enable-cumem-allocator --no-enable-dbo --no-enable-elastic-ep --no-enable-ep-weight-filter
      --no-enable-eplb --no-enable-expert-parallel --no-enable-fault-tolerance --no-enable-flash-late-interaction
      --no-enable-flashinfer-autotune --no-enable-force-include-usage --no-enable-layerwise-nvtx-tracing --no-enable-log-deltas
      --no-enable-log-outputs --no-enable-log-requests --no-enable-logging-iteration-details --no-enable-lora
      --no-enable-mamba-cache-stochastic-rounding --no-enable-mfu-metrics --no-enable-mixed-moe-lora-format --no-enable-mm-embeds
      --no-enable-moe-shared-loras --no-enable-nccl-comm-suspend --no-enable-offline-docs --no-enable-per-request-metrics
      --no-enable-prefix-caching --no-enable-prompt-embeds --no-enable-prompt-tokens-details --no-enable-request-id-headers
      --no-enable-return-routed-experts --no-enable-scale-out --no-enable-server-load-tracking --no-enable-sleep-mode --no-enable-ssl-refresh
      --no-enable-tokenizer-info-endpoint --no-enable-tower-connector-lora --no-enable-trace-replay --no-enforce-eager
      --no-exclude-tools-when-tool-choice-none --no-fail-on-environ-validation --no-fully-sharded-loras --no-interleave-mm-strings
      --no-jit-monitor-verbose --no-kv-cache-metrics --no-kv-sharing-fast-prefill --no-language-model-only --no-log-error-stack
      --no-mm-device-do-normalize --no-mm-encoder-only --no-numa-bind --no-ray-workers-use-nsight --no-return-sampling-mask
      --no-return-tokens-as-token-ids --no-scheduler-reserve-full-isl --no-skip-mm-profiling --no-skip-tokenizer-init
      --no-specialize-active-lora --no-tokens-only --no-trust-remote-code --no-trust-request-chat-template --no-use-fp64-gumbel
      --no-use-replayssm --no-use-tqdm-on-load --numa-bind --ray-workers-use-nsight --return-sampling-mask --return-tokens-as-token-ids
      --scheduler-reserve-full-isl --skip-mm-profiling --skip-tokenizer-init --specialize-active-lora --tokens-only --trust-remote-code
      --trust-request-chat-template --use-fp64-gumbel --use-replayssm --use-tqdm-on-load -dpe -dph -dpm -ep -h`,
  },
  {
    takes: 'one',
    names: `
      --additional-config --all2all-backend --allowed-headers --allowed-local-media-path --allowed-methods --allowed-origins --api-server-count
      --attention-backend --attention-config --block-size --chat-template --chat-template-content-format --code-revision --cohere-format
      --compilation-config --config --config-format --convert --cp-kv-cache-interleave-size --cpu-distributed-timeout-seconds --cpu-offload-gb
      --data-parallel-address --data-parallel-backend --data-parallel-rank --data-parallel-rpc-port --data-parallel-size
      --data-parallel-size-local --data-parallel-start-rank --data-parallel-supervisor-port --dbo-decode-token-threshold
      --dbo-prefill-token-threshold --dcp-comm-backend --dcp-kv-cache-interleave-size --decode-context-parallel-size
      --default-chat-template-kwargs --default-mm-loras --device-ids --diffusion-config --disable-access-log-for-endpoints
      --distributed-executor-backend --distributed-timeout-seconds --download-dir --dp-supervisor-probe-failure-threshold
      --dp-supervisor-probe-interval-s --dp-supervisor-probe-timeout-s --dp-sync-interval --dtype --ec-manager-config --ec-transfer-config
      --elastic-ep-max-dp-size --engram-config --eplb-config --expert-placement-strategy --fault-tolerance-config --fingerprint-mode
      --fingerprint-value --gdn-prefill-backend --generation-config --gpu-memory-utilization --h11-max-header-count
      --h11-max-incomplete-event-size --hf-config-path --hf-overrides --host --io-processor-plugin --ir-op-priority --jit-monitor-mode
      --kda-decode-backend --kda-prefill-backend --kernel-config --kv-cache-dtype --kv-cache-memory-bytes --kv-cache-metrics-sample
      --kv-events-config --kv-offloading-backend --kv-offloading-size --kv-transfer-config --limit-mm-per-prompt --linear-backend --load-format
      --log-config-file --logprobs-mode --long-prefill-token-threshold --lora-dtype --mamba-backend --mamba-block-size --mamba-cache-dtype
      --mamba-cache-mode --mamba-cache-philox-rounds --mamba-ssm-cache-dtype --mamba-ssu-algorithm --master-addr --master-port --max-cpu-loras
      --max-cudagraph-capture-size --max-log-len --max-logprobs --max-lora-rank --max-loras --max-model-len --max-num-batched-tokens
      --max-num-queued-reqs --max-num-queued-tokens --max-num-scheduled-tokens --max-num-seqs --max-parallel-loading-workers --media-io-kwargs
      --middleware --mm-encoder-attn-backend --mm-encoder-attn-dtype --mm-encoder-fp8-scale-path --mm-encoder-fp8-scale-save-margin
      --mm-encoder-fp8-scale-save-path --mm-encoder-tp-mode --mm-hasher-algorithm --mm-ipc-gpu-memory-gb --mm-processor-cache-gb
      --mm-processor-cache-type --mm-processor-device --mm-processor-kwargs --mm-shm-cache-max-object-size-mb --mm-tensor-ipc --model
      --model-class-overrides --model-impl --model-loader-extra-config --moe-backend --nnodes --node-rank --num-gpu-blocks-override
      --offload-backend --offload-group-size --offload-num-in-group --offload-prefetch-step --optimization-level --otlp-traces-endpoint
      --override-generation-config --per-request-spec-decode-metrics --performance-mode --pipeline-parallel-size --pooler-config --port
      --prefill-context-parallel-size --prefill-schedule-interval --prefix-cache-retention-interval --prefix-caching-hash-algo
      --prefix-match-unit --profiler-config --pt-load-map-location --quantization --quantization-config --reasoning-config --reasoning-parser
      --reasoning-parser-plugin --renderer-num-workers --replayssm-buffer-len --response-role --revision --root-path --runner
      --safetensors-load-strategy --safetensors-prefetch-block-size --safetensors-prefetch-num-threads --scheduler-cls --scheduling-policy
      --seed --show-hidden-metrics-for-version --shutdown-timeout --sparse-indexer-topk-backend --spec-method --spec-model --spec-tokens
      --speculative-config --sse-keep-alive-interval --ssl-ca-certs --ssl-cert-reqs --ssl-certfile --ssl-ciphers --ssl-keyfile --stream-interval
      --structured-outputs-config --tensor-parallel-size --tokenizer --tokenizer-mode --tokenizer-revision --tool-call-parser
      --tool-parser-plugin --tool-server --ubatch-size --uds --uvicorn-log-level --video-pruning-method --video-pruning-rate --watermark
      --watermark-config --weight-transfer-config --worker-cls --worker-extension-cls -ac -asc -cc -dc -dcp -dp -dpa -dpb -dpl -dpn -dpp -dpr -n
      -pcp -pp -q -r -sc -tp`,
  },
  {
    takes: 'optional',
    names: `
      --hf-token`,
  },
  {
    takes: 'some',
    names: `
      --allowed-media-domains --api-key --collect-detailed-traces --cpu-offload-params --cudagraph-capture-sizes --ignore-patterns
      --kv-cache-dtype-skip-layers --logits-processors --lora-modules --lora-target-modules --numa-bind-cpus --numa-bind-nodes --offload-params
      --served-model-name`,
  },
  {
    from: '0.31.0',
    takes: 'none',
    names: `
      --enable-mamba-shared-prefix-checkpoint --long-prefill-token-threshold-adaptive --no-enable-mamba-shared-prefix-checkpoint
      --no-long-prefill-token-threshold-adaptive --no-swa-bounded-replay --no-trust-request-mm-kwargs --swa-bounded-replay
      --trust-request-mm-kwargs`,
  },
  {
    from: '0.31.0',
    takes: 'one',
    names: `
      --anthropic-disabled-thinking-effort --aux-output-config --device-memory-utilization --log-level --logging-config --max-lora-cls-labels
      --max-num-active-seqs --tool-strict-level`,
  },
  {
    from: '0.31.0',
    takes: 'some',
    names: `
      --sleep-preserve-parameter-names`,
  },
  {
    from: '0.32.0',
    takes: 'none',
    names: `
      --enable-hc-sp --enable-shm-tensor-arena --no-enable-hc-sp --no-enable-shm-tensor-arena --no-sleep-mode-offload-cudagraph
      --sleep-mode-offload-cudagraph`,
  },
  {
    from: '0.32.0',
    takes: 'one',
    names: `
      --custom-histogram-buckets --grpc-port`,
  },
  {
    from: '0.33.0',
    takes: 'none',
    names: `
      --disable-auto-tool-choice --disable-batch-sharded-sampling --disable-chunked-prefill --disable-cumem-allocator --disable-dbo
      --disable-elastic-ep --disable-ep-weight-filter --disable-eplb --disable-expert-parallel --disable-fault-tolerance
      --disable-flash-late-interaction --disable-flashinfer-autotune --disable-force-include-usage --disable-hc-sp
      --disable-layerwise-nvtx-tracing --disable-log-deltas --disable-log-outputs --disable-log-requests --disable-logging-iteration-details
      --disable-lora --disable-mamba-cache-stochastic-rounding --disable-mamba-shared-prefix-checkpoint --disable-mfu-metrics
      --disable-mixed-moe-lora-format --disable-mm-embeds --disable-moe-shared-loras --disable-nccl-comm-suspend --disable-offline-docs
      --disable-per-request-metrics --disable-prefix-caching --disable-prompt-embeds --disable-prompt-tokens-details
      --disable-request-id-headers --disable-return-routed-experts --disable-scale-out --disable-server-load-tracking --disable-shm-tensor-arena
      --disable-sleep-mode --disable-ssl-refresh --disable-tokenizer-info-endpoint --disable-tower-connector-lora --disable-trace-replay
      --enable-cascade-attn --enable-chunked-mm-input --enable-custom-all-reduce --enable-fastapi-docs --enable-hybrid-kv-cache-manager
      --enable-nccl-for-dp-synchronization --enable-sliding-window --enable-uvicorn-access-log --monokernel --no-monokernel`,
  },
  {
    from: '0.33.0',
    takes: 'one',
    names: `
      --reasoning-effort-map --sleep-mode-backend --watchdog-config`,
  },
];
