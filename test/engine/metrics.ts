/** One family of a page of metrics: its type, and the label sets of its series. */
export interface MetricFamily {
  readonly type: string;
  readonly series: { readonly name: string; readonly labels: { readonly [label: string]: string }; readonly value: number }[];
}

/** Reads Prometheus' text format, as far as servers of this kind write it. */
export function metricFamilies(text: string): Map<string, MetricFamily> {
  const families = new Map<string, MetricFamily>();
  let open: MetricFamily | undefined;
  for (const line of text.split('\n')) {
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    if (type) {
      open = { type: type[2], series: [] };
      families.set(type[1], open);
    } else if (line && !line.startsWith('#')) {
      const [, name, labels = '', value] = /^([^{\s]+)(?:\{(.*)\})? (\S+)$/.exec(line)!;
      const pairs = [...labels.matchAll(/([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\]|\\.)*)"/g)].map(([, label, worth]) => [label, worth]);
      open!.series.push({ name, labels: Object.fromEntries(pairs), value: Number(value) });
    }
  }
  return families;
}
