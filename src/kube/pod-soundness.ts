import { show } from '../errors';
import { list } from './lists';
import { isObjectName } from './names';
import { fieldProblems } from './pod-fields';
import { amountOf } from './quantities';

/** What a pod's container may be given by Kubernetes or by the LeaderWorkerSet controller, besides what stands in its `env`. */
const INJECTED = /^(LWS_|KUBERNETES_)/;
const QUANTITY = /^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/;

/** What of a pod's spec contradicts itself, a sentence each, each beginning with what it is about; empty if nothing does. */
export function podProblems(spec: any): string[] {
  const containers = [...list(spec.initContainers), ...list(spec.containers)];
  const volumes = list(spec.volumes).map(({ name }) => name);
  return [
    ...fieldProblems('a pod', spec),
    ...twice(containers.map(({ name }) => name)).map((name) => `two containers are named ${show(name)}; a name stands once in a pod`),
    ...twice(volumes).map((name) => `two volumes are named ${show(name)}; a name stands once in a pod`),
    ...containers.flatMap((container) => containerProblems(container, volumes).map((problem) => `container ${show(container.name)}: ${problem}`)),
  ];
}

function containerProblems(container: any, volumes: unknown[]): string[] {
  const env = list(container.env).map(({ name }) => name);
  const known = new Set(env);
  const texts = [...list(container.command), ...list(container.args)].filter((text): text is string => typeof text === 'string');
  // `$$(NAME)` is the text `$(NAME)`; with `envFrom`, the names are not known here.
  const referred = texts.flatMap((text) => [...text.replaceAll('$$', '').matchAll(/\$\(([A-Za-z_][-._A-Za-z0-9]*)\)/g)].map(([, name]) => name));
  const unknown = container.envFrom ? [] : referred.filter((name) => !known.has(name) && !INJECTED.test(name));
  return [
    ...fieldProblems('a container', container),
    ...twice(env).map((name) => `'env' has ${show(name)} twice; give it one value`),
    ...list(container.env).flatMap(referenceProblems),
    ...unknown.map((name) => `an argument refers to $(${name}), which 'env' does not have, so that the server would get it as it stands; correct the name, or add the variable`),
    ...list(container.volumeMounts).map(({ name }) => name).filter((name) => !volumes.includes(name))
      .map((name) => `'volumeMounts' has ${show(name)} but no volume is named so; add the volume, or correct the name`),
    ...resourceProblems(container.resources ?? {}),
  ];
}

/** A variable whose value is elsewhere, under a name that nothing can have. */
function referenceProblems({ name, valueFrom }: any): string[] {
  const found = ([['secretKeyRef', 'Secret'], ['configMapKeyRef', 'ConfigMap']] as const).find(([field]) => valueFrom?.[field] && !isObjectName(valueFrom[field].name));
  return found ? [`the variable '${name}' comes from the ${found[1]} ${show(valueFrom[found[0]].name)} but names of objects are lower-case letters, digits, '-' and '.'; correct the name`] : [];
}

function resourceProblems({ requests = {}, limits = {} }: any): string[] {
  const forms = [...Object.entries(requests), ...Object.entries(limits)].filter(([, amount]) => !QUANTITY.test(String(amount)))
    .map(([resource, amount]) => `${show(amount)} of '${resource}' is no quantity; write a number with a unit behind it, such as '80Gi'`);
  const pairs = Object.keys(requests).filter((resource) => limits[resource] !== undefined || resource.includes('/')).flatMap((resource) => {
    const [asked, most] = [amountOf(requests[resource]), amountOf(limits[resource] ?? 0)];
    // An extended resource can't be overcommitted.
    const exact = resource.includes('/');
    if (asked === undefined || most === undefined || (exact ? asked === most : asked <= most)) { return []; }
    const had = limits[resource] === undefined ? 'none' : limits[resource];
    return [`'requests' has ${requests[resource]} of '${resource}' but 'limits' has ${had}; ${exact ? 'state the same in both' : 'a limit can\'t be below its request'}`];
  });
  return [...forms, ...pairs];
}

/** The values that come more than once, each once. */
function twice(values: unknown[]): unknown[] {
  return [...new Set(values.filter((value, i) => values.indexOf(value) !== i))];
}

