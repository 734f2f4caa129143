import { EnvValue } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { word } from './arguments';
import { CUSTOM_RESERVED, customConfig } from './custom';
import { CustomEngineOptions } from './custom-options';
import { SGLANG_VERSIONS } from './data/sglang-versions';
import { VLLM_VERSIONS } from './data/vllm-versions';
import { EngineConfig, EngineContext } from './engine-config';
import { FixedSettings, sizingEngine } from './fixed-settings';
import { SGLANG_RESERVED, sglangConfig } from './sglang';
import { SglangOptions } from './sglang-options';
import { VLLM_RESERVED, vllmConfig } from './vllm';
import { VllmOptions } from './vllm-options';
import { fail, objectProblem, show } from '../errors';
import { AdapterSlots, SizingEngine } from '../sizing/questions';

export { EngineConfig, EngineContext } from './engine-config';

/** An inference server. */
export abstract class Engine {
  /**
   * vLLM. Over several nodes it runs with its own process groups, without Ray.
   *
   * Startup, readiness and liveness all ask `/health`: vLLM opens its port only when the model can serve, and `/health` needs no API key.
   */
  public static vllm(options: VllmOptions = {}): Engine {
    const own = copied('Engine.vllm', options);
    checkObject('settings', 'Engine.vllm', own.settings);
    checkObject('adapters', 'Engine.vllm', own.adapters);
    const bind: Bind = (scope, context) => vllmConfig(scope, context, own);
    return new KnownEngine('vllm', own.version ?? newest(VLLM_VERSIONS), own.settings, VLLM_RESERVED, own.apiKey, bind, own.adapters);
  }

  /**
   * SGLang.
   *
   * Startup, readiness and liveness all ask `/health`, which here says whether the server is up without generating a token: a probe that
   * generates waits behind long prompts. SGLang's own watchdog ends a scheduler that hangs.
   */
  public static sglang(options: SglangOptions = {}): Engine {
    const own = copied('Engine.sglang', options);
    checkObject('settings', 'Engine.sglang', own.settings);
    return new KnownEngine('sglang', own.version ?? newest(SGLANG_VERSIONS), own.settings, SGLANG_RESERVED, own.apiKey, (scope, context) => sglangConfig(scope, context, own));
  }

  /** A server that the library does not know; it runs with what is stated, and is sized like a known one. */
  public static custom(options: CustomEngineOptions): Engine {
    const own = copied('Engine.custom', options);
    word(undefined, 'name', own.name, ' of Engine.custom');
    checkObject('sizing', 'Engine.custom', own.sizing);
    return new StatedEngine(own);
  }

  /** Name by which sizing and signals know it: `vllm`, `sglang`, or any other for a custom one. */
  public abstract readonly name: string;
  /** Its version; undefined for a custom engine that states none. */
  public abstract readonly version?: string;

  /**
   * Variables that nobody may add to its pods, because it relies on its own value or on there being none, and why: the rest of a sentence that
   * begins with the variable. Returns a copy.
   */
  public get reservedVariables(): { [name: string]: string } { return {}; }

  /** Key that clients must send, from a Secret; undefined where the server asks for none, or nobody knows. */
  public get apiKey(): EnvValue | undefined { return undefined; }

  /** What the sizing must know: name, version, and the settings that the user fixed. */
  public abstract toSizingEngine(): SizingEngine;

  /**
   * Called by the fleet that owns the engine: first in a scope that is thrown away, to learn the image and the user that
   * prepare the weights, then for good with the path of the weights.
   *
   * @throws when the engine can't run the plan, or an option is wrong.
   */
  public abstract bind(scope: Construct, context: EngineContext): EngineConfig;
}

type Bind = (scope: Construct, context: EngineContext) => EngineConfig;

/** An engine of the version tables. */
class KnownEngine extends Engine {
  public constructor(
    public readonly name: string,
    public readonly version: string,
    private readonly settings: FixedSettings | undefined,
    private readonly reserved: { readonly [name: string]: string },
    private readonly key: EnvValue | undefined,
    private readonly config: Bind,
    private readonly adapters?: AdapterSlots,
  ) { super(); }

  public get apiKey(): EnvValue | undefined { return this.key; }

  public get reservedVariables(): { [name: string]: string } { return { ...this.reserved }; }

  public toSizingEngine(): SizingEngine { return sizingEngine(this.name, this.version, this.settings, this.adapters); }

  public bind(scope: Construct, context: EngineContext): EngineConfig { return this.config(scope, context); }
}

/** An engine as the user states it. */
class StatedEngine extends Engine {
  public readonly name: string;
  public readonly version?: string;

  public constructor(private readonly options: CustomEngineOptions) {
    super();
    this.name = options.name;
    // The version of what it is sized like is not its own.
    this.version = options.sizing?.name === options.name ? options.sizing.version : undefined;
  }

  public get reservedVariables(): { [name: string]: string } { return { ...CUSTOM_RESERVED }; }

  public toSizingEngine(): SizingEngine { return { ...this.options.sizing }; }

  public bind(scope: Construct, context: EngineContext): EngineConfig { return customConfig(scope, context, this.options); }
}

/** Options as they are now: what the caller does with theirs later changes nothing. */
function copied<T extends object>(factory: string, options: T): T {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new Error(`'options' of ${factory} is ${show(options)} but must be an object`);
  }
  return Object.fromEntries(Object.entries(options).map(([key, value]) =>
    [key, Array.isArray(value) ? [...value] : isMap(value) ? { ...value } : value])) as T;
}

/** Refuses a group of options that is no object. */
function checkObject(prop: string, factory: string, value: unknown): void {
  if (objectProblem(prop, value)) { fail(undefined, `'${prop}' of ${factory} is ${show(value)} but must be an object`); }
}

/** A plain object; instances of classes (EnvValue, Duration) are immutable. */
function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function newest(rows: readonly { readonly version: string }[]): string { return rows[rows.length - 1].version; }
