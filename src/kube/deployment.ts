import { PodTemplate } from './pod';

/** The fields of a Deployment that this library writes, in wire form. */
export interface DeploymentSpec {
  /** Absent: left to who scales it. */
  replicas?: number;
  selector: { matchLabels: { [key: string]: string } };
  strategy: { type: 'RollingUpdate'; rollingUpdate: { maxSurge: number; maxUnavailable: number } };
  progressDeadlineSeconds: number;
  template: PodTemplate;
}
