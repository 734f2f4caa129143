export const PROMETHEUS_RULE_API_VERSION = 'monitoring.coreos.com/v1';

/** The fields of a PrometheusRule that this library writes, in wire form. */
export interface PrometheusRuleSpec {
  groups: { name: string; interval: string; rules: { record: string; expr: string; labels: { [label: string]: string } }[] }[];
}
