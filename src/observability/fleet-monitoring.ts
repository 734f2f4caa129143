import { Duration } from 'cdk8s';
import { PodMonitorSpec } from '../kube/crds/pod-monitor';

/** How Prometheus finds the fleet's metrics. */
export interface FleetMonitoring {
  /**
   * Writes a PodMonitor of the Prometheus operator and opens the network policy for Prometheus.
   *
   * @default true
   */
  readonly enabled?: boolean;
  /**
   * Time between two scrapes.
   *
   * @default Duration.seconds(15)
   */
  readonly interval?: Duration;
  /**
   * Labels of the namespace that Prometheus runs in.
   *
   * @default - { 'kubernetes.io/metadata.name': 'monitoring' }
   */
  readonly namespaceLabels?: { [key: string]: string };
  /**
   * Labels of the PodMonitor, by which Prometheus selects it (`release: kube-prometheus-stack`).
   *
   * @default - the fleet's labels only
   */
  readonly labels?: { [key: string]: string };
}

/** What a PodMonitor is told about its fleet. */
export interface MonitoredPods {
  readonly selector: { [key: string]: string };
  readonly port: string;
  readonly path: string;
  /** Pod labels that every metric gets. */
  readonly targetLabels: string[];
}

/** Longest a scrape may take. */
const SCRAPE_TIMEOUT_SECONDS = 10;

/** Seconds between two scrapes. */
export function scrapeSeconds({ interval }: FleetMonitoring): number {
  return interval ? Math.max(1, Math.ceil(interval.toSeconds({ integral: false }))) : 15;
}

/** A label of a pod as Prometheus has it. */
export function metricLabel(key: string): string { return key.replace(/[^a-zA-Z0-9_]/g, '_'); }

/** The PodMonitor's spec. */
export function podMonitor(monitoring: FleetMonitoring, pods: MonitoredPods): PodMonitorSpec {
  const interval = scrapeSeconds(monitoring);
  return {
    selector: { matchLabels: pods.selector },
    podTargetLabels: [...pods.targetLabels].sort(),
    podMetricsEndpoints: [{
      port: pods.port,
      path: pods.path,
      interval: `${interval}s`,
      scrapeTimeout: `${Math.min(interval, SCRAPE_TIMEOUT_SECONDS)}s`,
    }],
  };
}
