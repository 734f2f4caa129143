import { Size } from 'cdk8s';
import { EnvValue } from 'cdk8s-plus-28';
import { FixedSettings } from './fixed-settings';
import { AdapterSlots } from '../sizing/questions';

/** Options of `Engine.vllm`. */
export interface VllmOptions {
  /**
   * Version of vLLM: `0.30.0`, `0.31.0`, `0.32.0` or `0.33.0`. It decides the image, the flags and the metrics.
   *
   * @default '0.33.0'
   */
  readonly version?: string;
  /**
   * Image to run instead of the published one of that version: a build of your own, or one for another CUDA release. Flags that the
   * published version does not know are then let through in `extraArgs`, and so are parsers.
   *
   * @default - `docker.io/vllm/vllm-openai` of that version, which is built for NVIDIA GPUs; pools of another vendor's need an image of their own
   */
  readonly image?: string;
  /**
   * Digest of the image, `sha256:` and 64 hexadecimal digits.
   *
   * @default - the digest that this release knows: it does for 0.30.0 and 0.31.0. For others the engine is refused without it, unless
   * `allowMutableTag` is set.
   */
  readonly imageDigest?: string;
  /**
   * Accepts an image that is named by its tag alone, so that whoever may push to its registry can change what runs.
   *
   * @default false
   */
  readonly allowMutableTag?: boolean;
  /**
   * Settings that the plan must keep instead of choosing them.
   *
   * @default - all are chosen with the plan
   */
  readonly settings?: FixedSettings;
  /**
   * Arguments for `vllm serve`, one element a word. They come last and win over ours. Flags that the plan or the fleet sets, in any spelling
   * and abbreviation, are refused with the name of the prop that sets them, and so are flags that open the server up. `$(NAME)` is taken
   * literally.
   *
   * @default - the computed arguments alone
   */
  readonly extraArgs?: string[];
  /**
   * Environment variables, over ours. Those that the fleet relies on are refused, and so are secrets in clear text.
   *
   * @default - no more variables
   */
  readonly env?: { [name: string]: EnvValue };
  /**
   * Chat template, as Jinja text.
   *
   * @default - the template that the model is published with
   */
  readonly chatTemplate?: string;
  /**
   * Parser of tool calls, in vLLM's word (`hermes`, `llama3_json`, `openai`, …); tool choice by the model is then on.
   *
   * @default - tool calls are not parsed
   */
  readonly toolCallParser?: string;
  /**
   * Parser of reasoning content, in vLLM's word (`deepseek_r1`, `qwen3`, `openai_gptoss`, …).
   *
   * @default - reasoning is part of the content
   */
  readonly reasoningParser?: string;
  /**
   * Key that clients must send, from a Secret (`EnvValue.fromSecretValue`). vLLM asks for it under `/v1`, `/v2` and `/inference` only.
   *
   * @default - none is asked for
   */
  readonly apiKey?: EnvValue;
  /**
   * Runs Python code that is published with the model. Pin the revision of the weights and read the code first.
   *
   * @default false
   */
  readonly trustRemoteCode?: boolean;
  /**
   * Whether prompts that begin alike share KV cache.
   *
   * @default - true, but for models without any attention layer
   */
  readonly prefixCaching?: boolean;
  /**
   * Slots for LoRA adapters (`--enable-lora`). The plan sets their memory aside on the GPUs, where it would be KV cache. Which adapters there are
   * is said in `extraArgs` (`--lora-modules`).
   *
   * @default - no adapters
   */
  readonly adapters?: AdapterSlots;
  /**
   * Host memory of a replica that holds KV cache which its GPUs have no room for (`--kv-offloading-size`), so that requests which begin alike find
   * more of it. It is part of the pod's memory and of its `/dev/shm`. Replicas of one node only.
   *
   * @default - KV cache is on the GPUs alone
   */
  readonly kvCacheOnHost?: Size;
  /**
   * Most items of each kind (`image`, `video`, `audio`) in one prompt of a multimodal model; 0 switches a kind off.
   *
   * @default - vLLM's own limits
   */
  readonly limitMultimodalPerPrompt?: { [kind: string]: number };
}
