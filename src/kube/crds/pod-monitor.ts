export const POD_MONITOR_API_VERSION = 'monitoring.coreos.com/v1';

/** The fields of a PodMonitor that this library writes, in wire form. */
export interface PodMonitorSpec {
  selector: { matchLabels: { [key: string]: string } };
  /** Pod labels that become labels of every metric. */
  podTargetLabels: string[];
  podMetricsEndpoints: { port: string; path: string; interval: string; scrapeTimeout: string }[];
}
