import { Size } from 'cdk8s';
import { EnvValue } from 'cdk8s-plus-28';
import { FixedSettings } from './fixed-settings';

/** Options of `Engine.sglang`. */
export interface SglangOptions {
  /**
   * Version of SGLang: `0.5.20` or `0.5.23`. It decides the image, the flags and the metrics.
   *
   * @default '0.5.23'
   */
  readonly version?: string;
  /**
   * Image to run instead of the published one of that version. Flags that the published version does not know are then let through in
   * `extraArgs`.
   *
   * @default - `docker.io/lmsysorg/sglang` of that version, which is built for NVIDIA GPUs; pools of another vendor's need an image of their own
   */
  readonly image?: string;
  /**
   * Digest of the image, `sha256:` and 64 hexadecimal digits.
   *
   * @default - the digest that this release knows: it does for 0.5.20. For others the engine is refused without it, unless
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
   * Arguments for `sglang.launch_server`, one element a word. They come last and win over ours. Flags that the plan or the fleet sets, in
   * any spelling and abbreviation, are refused with the name of the prop that sets them, and so are flags that open the server up.
   * `$(NAME)` is taken literally.
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
   * Parser of tool calls, in SGLang's word (`qwen25`, `llama3`, `gpt-oss`, …).
   *
   * @default - tool calls are not parsed
   */
  readonly toolCallParser?: string;
  /**
   * Parser of reasoning content, in SGLang's word (`deepseek-r1`, `qwen3`, `gpt-oss`, …).
   *
   * @default - reasoning is part of the content
   */
  readonly reasoningParser?: string;
  /**
   * Key that clients must send, from a Secret (`EnvValue.fromSecretValue`). SGLang reads it from its arguments only: whoever may list
   * the processes of the container sees it.
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
   * @default true
   */
  readonly prefixCaching?: boolean;
  /**
   * Host memory of a replica that holds KV cache which its GPUs have no room for (`--enable-hierarchical-cache`), so that requests which begin alike
   * find more of it. SGLang takes whole gigabytes (10^9 bytes) for each GPU and wants 10 GiB free besides; both are part of the pod's memory. Less than
   * the KV cache of a GPU brings little. Replicas of one node only.
   *
   * @default - KV cache is on the GPUs alone
   */
  readonly kvCacheOnHost?: Size;
}
