import { Duration } from 'cdk8s';
import { IConfigMap, ISecret, SecretValue } from 'cdk8s-plus-28';
import { FleetMonitoring } from '../observability/fleet-monitoring';

/** A text in a ConfigMap. */
export interface ConfigMapText {
  /** The ConfigMap, in the namespace of the stable fleet. */
  readonly configMap: IConfigMap;
  /** Its key. */
  readonly key: string;
}

/** Whom the runner may talk to. */
export interface RunnerNetwork {
  /**
   * Writes a NetworkPolicy: the API server, Prometheus and name servers may be called, Prometheus may scrape, nothing else. `false` leaves
   * the network open, for clusters that control it by other means.
   *
   * @default true
   */
  readonly policies?: boolean;
  /**
   * Address ranges of the API server, e.g. `10.0.0.1/32`; a policy can't name it otherwise.
   *
   * @default - every address but link-local ones, on the ports below
   */
  readonly apiServerCidrs?: string[];
  /**
   * Ports of the API server: that of the Service `kubernetes`, and that of what is behind it.
   *
   * @default [443, 6443]
   */
  readonly apiServerPorts?: number[];
  /**
   * Port of the pods behind Prometheus' Service, if it is not the port of the address.
   *
   * @default - the port of `prometheusUrl`
   */
  readonly prometheusPodPort?: number;
  /**
   * Labels of the namespace in which the cluster's DNS servers run.
   *
   * @default - { 'kubernetes.io/metadata.name': 'kube-system' }
   */
  readonly dnsNamespaceLabels?: { [key: string]: string };
  /**
   * Port on which the DNS servers' pods listen (OpenShift's: 5353).
   *
   * @default 53
   */
  readonly dnsPort?: number;
}

/** Options of `CanaryDriver.runner`. */
export interface RunnerDriverOptions {
  /**
   * Address of Prometheus' HTTP API, or of what speaks it.
   *
   * @default 'http://prometheus-operated.monitoring.svc:9090', the Service that the Prometheus operator makes
   */
  readonly prometheusUrl?: string;
  /**
   * Token that Prometheus asks for, from a Secret in the namespace of the stable fleet.
   *
   * @default - Prometheus is asked without one
   */
  readonly prometheusToken?: SecretValue;
  /**
   * Certificates that Prometheus' own is checked against.
   *
   * @default - those that Node knows
   */
  readonly prometheusCertificates?: ConfigMapText;
  /**
   * Requests per second that the route can be expected to get while the rollout runs: the length of its steps follows from it.
   *
   * @default - the load that the stable fleet was planned for
   */
  readonly requestsPerSecond?: number;
  /**
   * Longest time of one step. A step whose samples take longer at the expected load is refused; one that is undecided then is in doubt.
   *
   * @default Duration.hours(6)
   */
  readonly longestStep?: Duration;
  /**
   * Doubt (no measurements, lost replicas, a route that somebody deleted, gates that stay undecided) that is borne in one step, added up, before
   * the candidate is rolled back.
   *
   * @default Duration.minutes(10)
   */
  readonly longestDoubt?: Duration;
  /**
   * Replicas of the candidate after a rollback.
   *
   * @default 0
   */
  readonly candidateReplicasAtEnd?: number;
  /**
   * Raise it to try the same rollout again after it was rolled back.
   *
   * @default 1
   */
  readonly attempt?: number;
  /**
   * Image with Node 20 or later as `node`, by digest.
   *
   * @default - the official image of Node 22 on Alpine
   */
  readonly image?: string;
  /**
   * Takes an image by a tag. Whoever may push to its registry then decides over traffic and replicas.
   *
   * @default false
   */
  readonly allowMutableTag?: boolean;
  /**
   * Path of the runner's file in the image, for an image of one's own that has it (`bin/canary-runner.js` of this package).
   *
   * @default - the file comes from a ConfigMap
   */
  readonly fileInImage?: string;
  /**
   * Secrets with credentials of the registry, in the namespace of the stable fleet.
   *
   * @default - the image is pulled without credentials
   */
  readonly imagePullSecrets?: ISecret[];
  /**
   * How Prometheus finds the runner's own metrics, and the recording rules.
   *
   * @default - a PodMonitor and a PrometheusRule of the Prometheus operator
   */
  readonly monitoring?: FleetMonitoring;
  /**
   * Whom the runner may talk to.
   *
   * @default - the API server, Prometheus and name servers
   */
  readonly network?: RunnerNetwork;
}
