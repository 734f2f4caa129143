import { Precision } from './precision';
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

/** A model, as the sizing module sees it. */
export class Model {
  /**
   * Looks a model up in the catalogue by repository id; the case of letters does not matter.
   *
   * @throws when the catalogue has no such model; the message gives the closest ids.
   */
  public static named(_id: string): Model { throw new Error('not built yet'); }

  /**
   * Reads the contents of a Hugging Face `config.json`.
   *
   * @param _config the parsed JSON object
   * @throws when the config lacks what the sizing needs; the message names the field.
   */
  public static fromHubConfig(_config: any, _options: HubConfigOptions = {}): Model { throw new Error('not built yet'); }

  /** Describes a model that the catalogue does not list. */
  public static of(_props: ModelProps): Model { throw new Error('not built yet'); }

  /** Every model of the catalogue, by id. */
  public static all(): Model[] { return []; }

  /** Repository id. */
  public readonly id: string;
  /** Parameters, experts included; undefined where the shape is not complete and nobody states them. */
  public readonly parameters?: number;
  /** Parameters that one token's pass multiplies with. */
  public readonly activeParameters?: number;
  /** Longest context, in tokens; undefined where nobody states it. */
  public readonly maxContextTokens?: number;
  /** Format of the published weights (of the quantised part, if only a part is). */
  public readonly weightPrecision: Precision;
  /** Size of the published weight files, in bytes: measured where known, else derived from the shape; undefined if neither. */
  public readonly checkpointBytes?: number;
  /** Why the model can't be sized, as a sentence; undefined if it can. */
  public readonly incomplete?: string;
  /** Where the shape comes from. */
  public readonly source: string;
  /** Day on which it was taken, `YYYY-MM-DD`. */
  public readonly asOf: string;

  /** @internal */
  public readonly _shape?: ModelShape;

  /** @internal */
  public constructor(fields: {
    id: string; parameters?: number; activeParameters?: number; maxContextTokens?: number; weightPrecision: Precision; checkpointBytes?: number;
    incomplete?: string; source: string; asOf: string; shape?: ModelShape;
  }) {
    this.id = fields.id;
    this.parameters = fields.parameters;
    this.activeParameters = fields.activeParameters;
    this.maxContextTokens = fields.maxContextTokens;
    this.weightPrecision = fields.weightPrecision;
    this.checkpointBytes = fields.checkpointBytes;
    this.incomplete = fields.incomplete;
    this.source = fields.source;
    this.asOf = fields.asOf;
    this._shape = fields.shape;
  }
}
