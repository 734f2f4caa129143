import * as fs from 'node:fs';
import * as path from 'node:path';
import { InstanceType } from '../../src';

const ZONES = ['us-east-1a', 'us-east-1b'];

/** Writes the machine types of AWS that the catalogue knows the size of for Karpenter's fake cloud; the path of the file. */
export function writeInstanceTypes(folder: string): string {
  const at = path.join(folder, 'instance-types.json');
  fs.writeFileSync(at, JSON.stringify(InstanceType.all().filter(({ cloud }) => cloud === 'aws').flatMap(karpenterType)));
  return at;
}

/** A type as Karpenter's fake cloud reads it; none where the catalogue does not know its size. */
function karpenterType(type: InstanceType): object[] {
  const { name, vcpus, memoryBytes, allocatableCpuMillis, allocatableMemoryBytes, architecture = 'amd64', dollarsPerHour, extendedResources } = type;
  if (vcpus === undefined || memoryBytes === undefined) { return []; }
  return [{
    name,
    architecture,
    operatingSystems: ['linux'],
    resources: {
      'cpu': allocatableCpuMillis === undefined ? String(vcpus) : `${allocatableCpuMillis}m`,
      'memory': String(allocatableMemoryBytes ?? memoryBytes),
      'ephemeral-storage': '200Gi',
      'pods': '110',
      ...Object.fromEntries(Object.entries(extendedResources).map(([resource, count]) => [resource, String(count)])),
    },
    offerings: ZONES.map((zone) => ({
      Price: dollarsPerHour ?? vcpus,
      Available: true,
      Requirements: [
        { key: 'karpenter.sh/capacity-type', operator: 'In', values: ['on-demand'] },
        { key: 'topology.kubernetes.io/zone', operator: 'In', values: [zone] },
      ],
    })),
  }];
}
