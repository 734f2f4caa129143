import { estimateAnswer, estimateRequest, fitAnswer, simulatedAnswer } from './estimate-answer';
import { Calibration } from '../sizing/calibration';
import { simulateReplica } from '../sizing/replica';
import { isRated } from '../sizing/request';
import { Sizing } from '../sizing/sizing';

/** What the commands compute with; tests put their own in. */
export interface Services {
  readonly plan: typeof Sizing.plan;
  readonly front: typeof Sizing.front;
  readonly disaggregated: typeof Sizing.disaggregated;
  /** Simulates one replica of a plan. */
  readonly simulateReplica: typeof simulateReplica;
  /** Answers one question of `estimate`. */
  readonly estimate: (id: unknown, question: { readonly [field: string]: unknown }, calibration?: Calibration) => object;
  /** The same, by simulation. */
  readonly simulate: Services['estimate'];
}

/** The real ones. */
export const services: Services = {
  plan: (request) => Sizing.plan(request),
  front: (request) => Sizing.front(request),
  disaggregated: (request) => Sizing.disaggregated(request),
  estimate: (id, question, calibration) => {
    const request = { ...estimateRequest(question), calibration };
    return isRated(request.pool.accelerator) ? estimateAnswer(id, request, Sizing.estimate(request)) : fitAnswer(id, request, Sizing.fit(request));
  },
  simulate: (id, question, calibration) => {
    const request = { ...estimateRequest(question), calibration };
    return simulatedAnswer(id, request, Sizing.simulate(request));
  },
  simulateReplica,
};
