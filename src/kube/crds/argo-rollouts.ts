export const ARGO_ROLLOUTS_API_VERSION = 'argoproj.io/v1alpha1';

/** The fields of an AnalysisTemplate that this library writes, in wire form. Internal. */
export interface AnalysisTemplateSpec { args?: { name: string; value?: string }[]; metrics: AnalysisMetric[] }

/** Numbers may be arguments of the template, `{{args.name}}`. */
export interface AnalysisMetric {
  name: string;
  initialDelay?: string;
  interval?: string;
  count?: string;
  failureLimit?: string;
  inconclusiveLimit?: string;
  successCondition?: string;
  failureCondition?: string;
  provider: { prometheus: { address: string; query: string } } | { job: { metadata?: object; spec: object } };
}

/** Requests with a header, which all go to the canary. */
export interface HeaderRoute { name: string; match: { headerName: string; headerValue: { exact?: string; regex?: string } }[] }

/** One step of a Rollout's canary. */
export interface RolloutStepSpec {
  setWeight?: number;
  setCanaryScale?: { replicas: number };
  setHeaderRoute?: HeaderRoute;
  pause?: { duration: string };
  analysis?: { templates: { templateName: string }[]; args?: { name: string; value: string }[] };
}

/** The fields of a Rollout that this library writes, in wire form. Internal. */
export interface RolloutObjectSpec {
  replicas: number;
  selector: { matchLabels: { [key: string]: string } };
  workloadRef: { apiVersion: string; kind: string; name: string; scaleDown: 'never' };
  progressDeadlineSeconds: number;
  progressDeadlineAbort: boolean;
  strategy: {
    canary: {
      stableService: string;
      canaryService: string;
      scaleDownDelaySeconds?: number;
      abortScaleDownDelaySeconds?: number;
      trafficRouting?: { managedRoutes?: { name: string }[]; plugins: { [name: string]: object } };
      steps?: RolloutStepSpec[];
    };
  };
}
