import { IConstruct } from 'constructs';
import { fail, show } from '../errors';

/** Names that the fleets of an app have taken, by kind and namespace, and whose they are. */
const names = new WeakMap<IConstruct, Map<string, string>>();

/** Names of a fleet's objects that another fleet could have too. */
export interface FleetNames {
  readonly workload: string;
  readonly service: string;
  /** Whether a controller makes a Service of the workload's name. */
  readonly grouped: boolean;
}

/**
 * Notes what a fleet's objects are called. Of two objects of one name the one that is applied last wins, and with it its labels: both
 * fleets' requests would reach its pods.
 */
export function claimNames(scope: IConstruct, namespace: string | undefined, { workload, service, grouped }: FleetNames): void {
  const taken = names.get(scope.node.root) ?? new Map<string, string>();
  names.set(scope.node.root, taken);
  const key = (kind: string, name: string) => JSON.stringify([namespace ?? '', kind, name]);
  const same = taken.get(key('fleet', workload));
  if (same !== undefined) {
    fail(scope, `'metadata.name' is '${workload}' but so is that of ${show(same)} in the same namespace; give each fleet a name of its own`);
  }
  const services = grouped ? [service, workload] : [service];
  for (const name of services) {
    const by = taken.get(key('Service', name));
    if (by !== undefined) {
      fail(scope, `'metadata.name' is '${workload}' but ${show(by)} in the same namespace has a Service '${name}', and so would this fleet; give one of them another name`);
    }
  }
  taken.set(key('fleet', workload), scope.node.path);
  for (const name of services) { taken.set(key('Service', name), scope.node.path); }
}
