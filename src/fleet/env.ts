import { EnvValue } from 'cdk8s-plus-28';
import { EnvVar } from '../kube/pod';

/**
 * Environment variables, each layer over the ones before it.
 *
 * They are sorted by name, because maps come in another order in other languages and a new order would roll the pods. Variables
 * that refer to others come last: Kubernetes expands only what stands before.
 */
export function environment(fixed: EnvVar[], ...layers: { [name: string]: EnvValue }[]): EnvVar[] {
  const all = new Map(fixed.map((variable) => [variable.name, variable]));
  for (const [name, { value, valueFrom }] of layers.flatMap((layer) => Object.entries(layer))) {
    all.set(name, { name, ...(value === undefined ? {} : { value }), ...(valueFrom === undefined ? {} : { valueFrom }) });
  }
  const refers = ({ value }: EnvVar) => (/\$\(/.test(String(value)) ? 1 : 0);
  return [...all.values()].sort((a, b) => refers(a) - refers(b) || (a.name < b.name ? -1 : 1));
}
