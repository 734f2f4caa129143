import { Construct } from 'constructs';
import { fail, numberProblem, show } from '../errors';

/** A header as a route matches it. Internal. */
export interface HeaderMatch { type: 'Exact' | 'RegularExpression'; name: string; value: string }

/** Options of a preview. */
export interface CanaryPreviewOptions {
  /**
   * Share of the planned load that these requests make up, in percent. The candidate runs the replicas that they take beside those of its share.
   *
   * @default 0, which fits a few testers
   */
  readonly percentage?: number;
}

/** Matches of one rule, and of all rules of a route: limits of Gateway API. */
const MOST_OF_RULE = 64;
const MOST_OF_ROUTE = 128;
/** What Gateway API lets be a header's name and its value. */
const NAME = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]{1,256}$/;
const VALUE = /^[!-~]+([\t ]?[!-~]+)*$/;

/**
 * Who meets the candidate before others do: requests with a header. They go to it from its first ready replica on, and to the stable fleet
 * before that, while no replica is ready, and once it was rolled back; so a preview never fails for want of a candidate.
 *
 * Whoever may set the header chooses the fleet. Where it names tenants, let the gateway set it from what it has checked (a token), and
 * remove what clients send.
 */
export class CanaryPreview {
  /** Requests whose header has this value. Every gateway can do it. */
  public static header(name: string, value: string, options: CanaryPreviewOptions = {}): CanaryPreview {
    return new CanaryPreview('header', name, 'Exact', [value], options);
  }

  /** Requests whose header names one of these tenants. Every gateway can do it. */
  public static tenants(header: string, tenants: string[], options: CanaryPreviewOptions = {}): CanaryPreview {
    return new CanaryPreview('tenants', header, 'Exact', tenants, options);
  }

  /**
   * Requests whose whole header matches a regular expression. Gateways need not know it, and know different dialects: those with Envoy take RE2,
   * which matches the whole value.
   */
  public static headerMatching(name: string, pattern: string, options: CanaryPreviewOptions = {}): CanaryPreview {
    return new CanaryPreview('headerMatching', name, 'RegularExpression', [pattern], options);
  }

  /** Share of the planned load that previews make up, in percent. */
  public readonly percentage: number;
  private readonly headers: HeaderMatch[];

  private constructor(factory: string, name: string, type: HeaderMatch['type'], values: string[], options: CanaryPreviewOptions) {
    const of = `CanaryPreview.${factory}`;
    if (typeof name !== 'string' || !NAME.test(name)) { throw new Error(`the header of ${of} is ${show(name)} but must be the name of an HTTP header, e.g. 'x-preview'`); }
    if (/^(host|:authority)$/i.test(name)) { throw new Error(`the header of ${of} is ${show(name)} but gateways match hostnames by the route's own; let the gateway set a header that names the tenant`); }
    if (!Array.isArray(values) || values.length === 0) { throw new Error(`the tenants of ${of} are ${show(values)} but must be a list of one or more`); }
    for (const value of values) {
      if (typeof value !== 'string' || value.length > 4096 || !VALUE.test(value)) { throw new Error(`${of} has the value ${show(value)} but a header's value is 1 to 4096 printable characters of ASCII with single blanks between them`); }
    }
    const twice = values.find((value, i) => values.indexOf(value) !== i);
    if (twice !== undefined) { throw new Error(`${of} names ${show(twice)} twice`); }
    const percentage = options?.percentage ?? 0;
    const problem = numberProblem('percentage', percentage, { min: 0, max: 100 });
    if (problem) { throw new Error(`${problem} in the options of ${of}`); }
    this.percentage = percentage;
    this.headers = values.map((value) => ({ type, name, value }));
  }

  /**
   * Headers of each rule that previews need, beside one for everybody else with as many paths.
   *
   * @internal
   */
  public _rules(scope: Construct, paths: number): HeaderMatch[][] {
    const most = Math.floor((MOST_OF_ROUTE - paths) / paths);
    if (this.headers.length > most) {
      fail(scope, `'preview' has ${this.headers.length} values of a header, which with ${paths} paths are ${(this.headers.length + 1) * paths} matches, but an HTTPRoute holds ${MOST_OF_ROUTE}; name at most ${most}, or let the gateway set one header for all of them`);
    }
    const perRule = Math.floor(MOST_OF_RULE / paths);
    return Array.from({ length: Math.ceil(this.headers.length / perRule) }, (_, i) => this.headers.slice(i * perRule, (i + 1) * perRule));
  }
}
