import { estimateAnswer, estimateRequest } from './estimate-answer';
import { Sizing } from '../sizing/sizing';

/** What the commands compute with; tests put their own in. */
export interface Services {
  readonly plan: typeof Sizing.plan;
  /** Answers one question of `estimate`. */
  readonly estimate: (id: unknown, question: { readonly [field: string]: unknown }) => object;
}

/** The real ones. */
export const services: Services = {
  plan: (request) => Sizing.plan(request),
  estimate: (id, question) => {
    const request = estimateRequest(question);
    return estimateAnswer(id, request, Sizing.estimate(request));
  },
};
