import { Measured, Point } from './questions';
import { estimateRequest } from '../../src/cli/estimate-answer';
import { FITTED } from '../../src/sizing/data/fitted';
import { estimateAt, pointOf } from '../../src/sizing/estimate';
import { Fitted } from '../../src/sizing/fitted';
import { Range } from '../../src/sizing/plan';
import { EstimateRequest } from '../../src/sizing/questions';
import { Asked, asked } from '../../src/sizing/sizing';

/** A measured point that can be predicted again and again: all that does not depend on the constants is worked out. */
export interface Prepared {
  readonly point: Point;
  readonly request: EstimateRequest;
  readonly asked: Asked;
}

/** A point that the model does not answer, and its sentence. */
export interface Refused { readonly point: Point; readonly reason: string }

/** Points that the model answers, and those that it does not. */
export function prepare(points: readonly Point[]): { readonly prepared: Prepared[]; readonly refused: Refused[] } {
  const prepared: Prepared[] = [];
  const refused: Refused[] = [];
  for (const point of points) {
    try {
      const request = estimateRequest(point.question);
      const found = asked(request);
      if (found.reason) { refused.push({ point, reason: found.reason }); } else { prepared.push({ point, request, asked: found }); }
    } catch (error) {
      refused.push({ point, reason: (error as Error).message });
    }
  }
  return { prepared, refused };
}

/** Figures by metric. */
export type Figures = { readonly [metric in Measured]?: number };

/** Expected figures of the metrics that were measured. */
export function predict(prepared: Prepared, fitted: Fitted = FITTED): Figures {
  const { point, request, asked: { instance, lengths } } = prepared;
  const found = point.part === 'arrivals' ? fitted.arrivals.prefixHitRatio : lengths.prefixHitRatio;
  const service = instance.batching(lengths.prompt, lengths.output, found, fitted)!;
  const { batching } = service;
  const at = pointOf(service, request.load).point;
  const figures: { [metric in Measured]?: number } = {};
  for (const metric of Object.keys(point.actual) as Measured[]) {
    switch (metric) {
      case 'outputTokensPerSecondPerGpu': figures[metric] = at.requestsPerSecond * lengths.output.mean / instance.gpus; break;
      case 'timeToFirstTokenMillis_mean': figures[metric] = 1000 * batching.firstTokenMean(at); break;
      case 'timeToFirstTokenMillis_p50': figures[metric] = 1000 * batching.firstTokenAt(at, 0.5); break;
      case 'timeToFirstTokenMillis_p90': figures[metric] = 1000 * batching.firstTokenAt(at, 0.9); break;
      case 'timeToFirstTokenMillis_p99': figures[metric] = 1000 * batching.firstTokenAt(at, 0.99); break;
      case 'timePerOutputTokenMillis_mean': figures[metric] = 1000 * at.secondsPerToken; break;
      case 'endToEndMillis_mean': figures[metric] = 1000 * batching.endToEndMean(at); break;
      case 'endToEndMillis_p90': figures[metric] = 1000 * batching.endToEndAt(at, 0.9); break;
      case 'endToEndMillis_p99': figures[metric] = 1000 * batching.endToEndAt(at, 0.99); break;
      default: // figures of memory depend on no fitted constant
    }
  }
  return figures;
}

/** The range of a metric, as an estimate states it; undefined of memory, which depends on no fitted constant. */
export function figureOf(prepared: Prepared, metric: Measured, fitted: Fitted): Range | undefined {
  const { point, request, asked: { instance, lengths } } = prepared;
  const found = point.part === 'arrivals' ? fitted.arrivals.prefixHitRatio : lengths.prefixHitRatio;
  const service = instance.batching(lengths.prompt, lengths.output, found, fitted)!;
  const at = pointOf(service, request.load);
  const estimate = estimateAt(instance, service, lengths, at.point, at.regime, 95);
  const [figure, percentile] = metric.split('_') as [string, 'mean' | 'p50' | 'p90' | 'p99'];
  switch (figure) {
    case 'outputTokensPerSecondPerGpu': {
      const { low, expected, high } = estimate.outputTokensPerSecond;
      return { low: low / instance.gpus, expected: expected / instance.gpus, high: high / instance.gpus };
    }
    case 'timeToFirstTokenMillis': return estimate.timeToFirstToken[percentile];
    case 'timePerOutputTokenMillis': return estimate.timePerOutputToken[percentile];
    case 'endToEndMillis': return estimate.endToEnd[percentile];
    default: return undefined;
  }
}
