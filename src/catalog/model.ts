import { didYouMean, numberProblem, show } from '../errors';
import { ModelRow, MODELS } from './data/models';
import { HubConfig, readHubConfig } from './hub-config';
import { activeParametersOf, buildShape, checkpointBytesOf, parametersOf } from './model-shape';
import { Precision } from './precision';
import { QuantizationRules } from './quantization';
import { ModelShape } from './shape';

/** Shape of a dense or mixture-of-experts transformer that the catalogue does not list. */
export interface ModelProps {
  /** Repository id, e.g. `meta-llama/Llama-3.1-70B-Instruct`. */
  readonly id: string;
  /** Transformer layers. */
  readonly layers: number;
  /** Width of the residual stream. */
  readonly hiddenSize: number;
  /** Query heads per layer. */
  readonly queryHeads: number;
  /** Key/value heads per layer. */
  readonly kvHeads: number;
  /** FFN width of a dense layer, or of one routed expert. */
  readonly intermediateSize: number;
  /** Entries of the vocabulary. */
  readonly vocabSize: number;
  /**
   * Elements per head.
   *
   * @default - hiddenSize / queryHeads
   */
  readonly headDim?: number;
  /**
   * Routed experts per layer.
   *
   * @default - none: a dense model
   */
  readonly experts?: number;
  /**
   * Routed experts that one token uses.
   *
   * @default - none: a dense model
   */
  readonly expertsPerToken?: number;
  /**
   * Whether input and output embeddings are one tensor.
   *
   * @default false
   */
  readonly tiedEmbeddings?: boolean;
  /**
   * Longest context, in tokens.
   *
   * @default - not known; the plan's lengths are not checked against it.
   */
  readonly maxContextTokens?: number;
  /**
   * Format of the published weights.
   *
   * @default Precision.BF16
   */
  readonly weightPrecision?: Precision;
  /**
   * Parameters, experts included, where they are known better than the shape tells.
   *
   * @default - derived layer by layer from the shape
   */
  readonly parameters?: number;
}

/** Options of `Model.fromHubConfig`. */
export interface HubConfigOptions {
  /**
   * Repository id.
   *
   * @default - `_name_or_path` of the config, or else `local-model`
   */
  readonly id?: string;
  /**
   * Parameters, where they can't be derived.
   *
   * @default - derived layer by layer
   */
  readonly parameters?: number;
}

/** What a model is made from. */
interface ModelFields {
  readonly id: string;
  readonly source: string;
  readonly asOf: string;
  /** Reads the shape on first use; throws a sentence if it can't be had. */
  readonly read?: () => HubConfig;
  /** A shape that is there already. */
  readonly shape?: ModelShape;
  readonly incomplete?: string;
  /** These win over what is derived. */
  readonly parameters?: number;
  readonly activeParameters?: number;
  readonly checkpointBytes?: number;
  readonly weightPrecision?: Precision;
  /** These stand in where nothing can be derived. */
  readonly statedParameters?: number;
  readonly statedActiveParameters?: number;
  readonly maxContextTokens?: number;
}

const MAX_PARAMETERS = 1e15;
const MAX_CONTEXT = 1e9;
/** What stands for the day of a shape that the user gave. */
const NO_DAY = '-';

/** A model, as the sizing module sees it. */
export class Model {
  /**
   * Looks a model up in the catalogue by repository id; the case of letters does not matter.
   *
   * @throws when the catalogue has no such model; the message gives the closest ids.
   */
  public static named(id: string): Model {
    const row = typeof id === 'string' ? rowNamed(id) : undefined;
    if (!row) { throw new Error(missing(id)); }
    return modelOf(row);
  }

  /**
   * Reads the contents of a Hugging Face `config.json`: dense and mixture-of-experts decoders, latent, sliding-window and
   * chunked attention, Mamba and linear-attention hybrids, multimodal wrappers, and the quantisation that the config states.
   *
   * @param config the parsed JSON object
   * @param options id, and parameters where they can't be derived
   * @throws when the config lacks what the sizing needs; the message names the field.
   */
  public static fromHubConfig(config: any, options: HubConfigOptions = {}): Model {
    const hub = readHubConfig(config);
    if (typeof options !== 'object' || options === null) { throw new Error(`'options' is ${show(options)} but must be an object with 'id' or 'parameters', or be left out`); }
    if (options.id !== undefined) { checkId('id', options.id); }
    checkNumber('parameters', options.parameters, MAX_PARAMETERS);
    const known = hub.known ? '' : ` (model_type ${show(hub.modelType)} is not known here; read as a Llama-like decoder)`;
    return Model._create({
      id: options.id ?? pathOf(config) ?? 'local-model',
      source: `config.json${known}`,
      asOf: NO_DAY,
      read: () => hub,
      ...options.parameters === undefined ? {} : { parameters: options.parameters },
      ...hub.maxContextTokens === undefined ? {} : { maxContextTokens: hub.maxContextTokens },
    });
  }

  /**
   * Describes a model that the catalogue does not list.
   *
   * @throws when a prop is out of its range, or two props contradict each other.
   */
  public static of(props: ModelProps): Model {
    checkProps(props);
    const precision = props.weightPrecision ?? Precision.BF16;
    const hub = readHubConfig({
      model_type: 'llama',
      num_hidden_layers: props.layers,
      hidden_size: props.hiddenSize,
      num_attention_heads: props.queryHeads,
      num_key_value_heads: props.kvHeads,
      head_dim: props.headDim,
      intermediate_size: props.intermediateSize,
      vocab_size: props.vocabSize,
      num_local_experts: props.experts,
      num_experts_per_tok: props.expertsPerToken,
      tie_word_embeddings: props.tiedEmbeddings ?? false,
      torch_dtype: precision.name === 'fp16' ? 'float16' : precision.name === 'fp32' ? 'float32' : 'bfloat16',
    });
    const rules: QuantizationRules | undefined = precision.weightBits >= 16 ? undefined : {
      method: precision.name,
      singlesOut: () => false,
      formatOf: (_names, _layer, part) => part === 'head' ? undefined : { precision: precision.name, bits: precision.weightBits },
    };
    return Model._create({
      id: props.id,
      source: 'Model.of',
      asOf: NO_DAY,
      read: () => ({ ...hub, ...rules ? { quantization: rules } : {} }),
      weightPrecision: precision,
      ...props.parameters === undefined ? {} : { parameters: props.parameters },
      ...props.maxContextTokens === undefined ? {} : { maxContextTokens: props.maxContextTokens },
    });
  }

  /** Every model of the catalogue, by id. */
  public static all(): Model[] {
    return [...MODELS].sort((a, b) => compare(a.id, b.id)).map(modelOf);
  }

  /** @internal */
  public static _create(fields: ModelFields): Model { return new Model(fields); }

  private built?: { shape?: ModelShape; incomplete?: string };

  private constructor(private readonly fields: ModelFields) {}

  /** Repository id. */
  public get id(): string { return this.fields.id; }

  /** Where the shape comes from. */
  public get source(): string { return this.fields.source; }

  /** Day on which it was taken, `YYYY-MM-DD`; `-` for a shape that the user gave. */
  public get asOf(): string { return this.fields.asOf; }

  /** Longest context, in tokens; undefined where nobody states it. */
  public get maxContextTokens(): number | undefined { return this.fields.maxContextTokens; }

  /**
   * Parameters, experts and encoders of images included, layers for multi-token prediction left out; undefined where the
   * shape is not complete and nobody states them.
   */
  public get parameters(): number | undefined {
    return this.fields.parameters ?? this.derive(parametersOf) ?? this.fields.statedParameters;
  }

  /** Parameters that one token's pass multiplies with. */
  public get activeParameters(): number | undefined {
    return this.fields.activeParameters ?? this.derive(activeParametersOf) ?? this.fields.statedActiveParameters;
  }

  /** Format of the published weights (of the quantised part, if only a part is). */
  public get weightPrecision(): Precision {
    const shape = this._shape;
    return this.fields.weightPrecision ?? Precision.named(shape?.quantization?.precision ?? shape?.baseFormat ?? 'bf16');
  }

  /**
   * Size of the published weight files, in bytes, layers for multi-token prediction included: measured where known, else
   * derived from the shape; undefined if neither.
   */
  public get checkpointBytes(): number | undefined { return this.fields.checkpointBytes ?? this.derive(checkpointBytesOf); }

  /** Why the model can't be sized, as a sentence; undefined if it can. */
  public get incomplete(): string | undefined { return this.build().incomplete; }

  /** @internal */
  public get _shape(): ModelShape | undefined { return this.build().shape; }

  private derive(figure: (shape: ModelShape) => number): number | undefined {
    const shape = this._shape;
    return shape && figure(shape);
  }

  private build(): { shape?: ModelShape; incomplete?: string } {
    const { read, shape, incomplete } = this.fields;
    if (!this.built && !read) { this.built = { ...shape ? { shape } : {}, ...incomplete === undefined ? {} : { incomplete } }; }
    if (!this.built) {
      try {
        this.built = { shape: buildShape(read!()) };
      } catch (error) {
        this.built = { incomplete: (error as Error).message };
      }
    }
    return this.built;
  }
}

const GIB = 2 ** 30;
const models = new Map<string, Model>();
let byName: Map<string, ModelRow> | undefined;

function rowNamed(id: string): ModelRow | undefined {
  if (!byName) {
    byName = new Map();
    for (const row of MODELS) { for (const name of [row.id, ...row.aliases ?? []]) { byName.set(name.toLowerCase(), row); } }
  }
  return byName.get(id.toLowerCase());
}

function modelOf(row: ModelRow): Model {
  const made = models.get(row.id) ?? Model._create({
    id: row.id,
    source: row.source,
    asOf: row.asOf,
    read: () => readRow(row),
    ...row.context === undefined ? {} : { maxContextTokens: row.context },
    ...row.gib === undefined || row.gibCoversMore ? {} : { checkpointBytes: Math.round(row.gib * GIB) },
    ...row.parametersB === undefined ? {} : { statedParameters: row.parametersB * 1e9 },
    ...row.activeB === undefined ? {} : { statedActiveParameters: row.activeB * 1e9 },
  });
  models.set(row.id, made);
  return made;
}

function readRow(row: ModelRow): HubConfig {
  if (row.missing !== undefined) { throw new Error(`'${row.id}' can't be sized: ${row.missing}`); }
  return readHubConfig(configOf(row));
}

/** A row's config over the one of the model that it is like. */
function configOf(row: ModelRow): { [key: string]: unknown } {
  const like = row.like === undefined ? undefined : rowNamed(row.like);
  return { ...like ? configOf(like) : {}, ...row.config };
}

/** The sentence for an id that no row has: ids that begin so, else closest ids, or closest names behind the slash. */
function missing(id: unknown): string {
  const ids = MODELS.flatMap((row) => [row.id, ...row.aliases ?? []]);
  const names = new Map(ids.map((known) => [known.split('/')[1], known]));
  const whole = didYouMean('model', id, ids);
  const hint = '; list the models with Model.all(), or read a config.json with Model.fromHubConfig';
  if (typeof id !== 'string' || id.length > 200) { return whole + hint; }
  const begun = id.length < 4 ? [] : ids.filter((known) => [known, known.split('/')[1]].some((name) => name.toLowerCase().startsWith(id.toLowerCase())));
  if (begun.length) { return `unknown model ${show(id)}; did you mean ${begun.slice(0, 3).map((known) => `'${known}'`).join(' or ')}?`; }
  const near = didYouMean('model', id.split('/').pop(), [...names.keys()]).split('; did you mean ')[1];
  const nearby = near && `unknown model ${show(id)}; did you mean ${near.replace(/'([^']+)'/g, (_all, name: string) => `'${names.get(name)}'`)}`;
  // Without an owner, only the name tells.
  return (id.includes('/') && whole.endsWith('?') ? whole : nearby) ?? whole + hint;
}

function compare(a: string, b: string): number {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()];
  return x < y ? -1 : x > y ? 1 : 0;
}

function pathOf(config: { [key: string]: unknown }): string | undefined {
  const path = Object.prototype.hasOwnProperty.call(config, '_name_or_path') ? config._name_or_path : undefined;
  return typeof path === 'string' && idProblem('id', path) === undefined ? path : undefined;
}

function checkProps(props: ModelProps): void {
  if (typeof props !== 'object' || props === null) { throw new Error(`'props' is ${show(props)} but must be the shape of a model`); }
  checkId('id', props.id);
  const needed: [string, unknown, number][] = [
    ['layers', props.layers, 1000], ['hiddenSize', props.hiddenSize, 1e6], ['queryHeads', props.queryHeads, 1e5], ['kvHeads', props.kvHeads, 1e5],
    ['intermediateSize', props.intermediateSize, 1e7], ['vocabSize', props.vocabSize, 1e8],
  ];
  for (const [name, value, max] of needed) {
    const problem = numberProblem(name, value, { min: 1, max, integer: true });
    if (problem) { throw new Error(problem); }
  }
  checkNumber('headDim', props.headDim, 1e5);
  checkNumber('experts', props.experts, 10_000, 2);
  checkNumber('expertsPerToken', props.expertsPerToken, 10_000);
  checkNumber('maxContextTokens', props.maxContextTokens, MAX_CONTEXT);
  checkNumber('parameters', props.parameters, MAX_PARAMETERS);
  if (props.queryHeads % props.kvHeads !== 0) { throw new Error(`'kvHeads' is ${props.kvHeads} but must divide 'queryHeads' (${props.queryHeads})`); }
  if (props.headDim === undefined && props.hiddenSize % props.queryHeads !== 0) {
    throw new Error(`'hiddenSize' is ${props.hiddenSize}, not a multiple of 'queryHeads' (${props.queryHeads}); state 'headDim'`);
  }
  if ((props.experts === undefined) !== (props.expertsPerToken === undefined)) {
    throw new Error('\'experts\' and \'expertsPerToken\' go together; state both, or neither for a dense model');
  }
  if (props.experts !== undefined && props.expertsPerToken! > props.experts) {
    throw new Error(`'expertsPerToken' is ${props.expertsPerToken} but the model has ${props.experts} 'experts'`);
  }
  const tied: unknown = props.tiedEmbeddings;
  if (tied !== undefined && typeof tied !== 'boolean') { throw new Error(`'tiedEmbeddings' is ${show(tied)} but must be true or false`); }
  const precision: unknown = props.weightPrecision;
  if (precision !== undefined && typeof (precision as Precision | null)?.weightBits !== 'number') {
    throw new Error(`'weightPrecision' is ${show(precision)} but must be a Precision, such as Precision.FP8`);
  }
}

function checkNumber(name: string, value: unknown, max: number, min = 1): void {
  const problem = value === undefined ? undefined : numberProblem(name, value, { min, max, integer: true });
  if (problem) { throw new Error(problem); }
}

function checkId(name: string, id: unknown): void {
  const problem = idProblem(name, id);
  if (problem) { throw new Error(problem); }
}

function idProblem(name: string, id: unknown): string | undefined {
  // eslint-disable-next-line no-control-regex
  const ok = typeof id === 'string' && id.trim() === id && id.length > 0 && id.length <= 200 && !/[\u0000-\u001f\u007f]/.test(id);
  return ok ? undefined : `'${name}' is ${show(id)} but must be a repository id of 1 to 200 characters, such as 'meta-llama/Llama-3.1-8B-Instruct'`;
}
