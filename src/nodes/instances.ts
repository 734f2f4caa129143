import { Construct } from 'constructs';
import { Accelerator } from '../catalog/accelerator';
import { InstanceType } from '../catalog/instance';
import { didYouMean, fail, show } from '../errors';
import { NodeDescription } from './node-description';

/** Instance types of one pool: the rows that the catalogue has, and the names that it lacks. Internal. */
export interface Instances {
  /** Sorted, each once. */
  readonly names: string[];
  readonly rows: InstanceType[];
  readonly description: NodeDescription;
}

/**
 * Looks the instance types of a pool up, and describes the node that they have in common. They must agree on accelerator,
 * number of accelerators and processor, because one plan is made for all of them; CPU, RAM and network are those of the
 * smallest, and so is the price, because pods that fit the smallest get the cheapest that is to be had.
 */
export function describeInstances(scope: Construct, prop: string, given: unknown): Instances {
  if (!Array.isArray(given) || given.length === 0) { fail(scope, `'${prop}' is ${show(given)} but must list at least one instance type`); }
  for (const name of given) {
    if (typeof name !== 'string' || !/^[a-z0-9][\w.-]{0,62}$/i.test(name)) {
      fail(scope, `'${prop}' has ${show(name)} but an instance type is the cloud's name of it, e.g. 'p5.48xlarge'`);
    }
  }
  const all = InstanceType.all();
  const listed = new Map((given as string[]).map((name) => {
    const row = all.find((type) => type.name.toLowerCase() === name.toLowerCase());
    return [row?.name ?? name, row];
  }));
  const names = [...listed.keys()].sort();
  const rows = names.map((name) => listed.get(name)).filter((row) => row !== undefined);
  const lacking = names.find((name) => !listed.get(name));

  same(scope, prop, rows, 'accelerator', (row) => row.acceleratorName);
  same(scope, prop, rows, 'number of accelerators', (row) => row.gpusPerNode);
  same(scope, prop, rows, 'processor architecture', (row) => row.architecture);
  const [first] = rows;
  if (first?.gpusPerNode === 0) { fail(scope, `'${prop}' has '${first.name}', which carries a share of an accelerator; use a type with a whole one`); }
  if (!first || lacking !== undefined) {
    return { names, rows, description: { unknownBecause: didYouMean('instance type', lacking, all.map((row) => row.name)) } };
  }
  const price = smallest(rows, (row) => row.dollarsPerHour);
  const accelerator = first.acceleratorName === undefined ? undefined : Accelerator.named(first.acceleratorName);
  return {
    names,
    rows,
    description: {
      accelerator,
      gpusPerNode: first.gpusPerNode,
      allocatableCpuMillis: smallest(rows, (row) => row.allocatableCpuMillis),
      allocatableMemoryBytes: smallest(rows, (row) => row.allocatableMemoryBytes),
      networkBytesPerSecond: smallest(rows, (row) => row.networkBytesPerSecond),
      dollarsPerGpuHour: price === undefined || !first.gpusPerNode ? undefined : price / first.gpusPerNode,
      unknownBecause: accelerator && first.gpusPerNode ? undefined : `the catalogue does not say what instance type '${first.name}' carries`,
    },
  };
}

/** The smallest figure of all rows; undefined if one of them lacks it. */
export function smallest(rows: InstanceType[], figure: (row: InstanceType) => number | undefined): number | undefined {
  const figures = rows.map(figure);
  return figures.length && figures.every((value): value is number => value !== undefined) ? Math.min(...figures) : undefined;
}

function same(scope: Construct, prop: string, rows: InstanceType[], noun: string, figure: (row: InstanceType) => string | number | undefined): void {
  const other = rows.find((row) => figure(row) !== figure(rows[0]));
  if (!other) { return; }
  const has = (row: InstanceType) => `'${row.name}' has ${figure(row) === undefined ? 'none that the catalogue knows' : show(figure(row))}`;
  fail(scope, `'${prop}' must agree on the ${noun} but ${has(rows[0])} and ${has(other)}; make a pool for each`);
}
