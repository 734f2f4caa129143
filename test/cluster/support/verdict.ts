import { App, Chart } from 'cdk8s';
import { ApiServer, Answer } from './api-server';
import { KubeObject } from './kube-object';
import { NAMESPACE } from './planted-apps';
import { Refuser } from './planted-faults';
import { objectsIn } from '../../support/objects';
import { podTemplates } from '../../support/pod-security';

/** What came of an app with something planted in it. */
export interface Verdict {
  readonly refusedBy: Refuser;
  /** In the words of whoever refused. */
  readonly sentence?: string;
  /** What the control plane refused. */
  readonly of?: string;
  /** What the API server warned of. */
  readonly warnings: readonly string[];
}

/** What an app comes to: its objects, or the sentence with which synthesis refuses it. */
export function synthesize(plant: (chart: Chart) => void): { objects: KubeObject[] } | { refusal: string } {
  const app = new App();
  try {
    plant(new Chart(app, 'app', { namespace: NAMESPACE }));
    return { objects: objectsIn(app.synthYaml()) };
  } catch (error) {
    // A fault of the program is no refusal: it fails the test that met it.
    if (Object.getPrototypeOf(error) !== Error.prototype) { throw error; }
    return { refusal: (error as Error).message };
  }
}

/** Synthesizes an app, and shows its objects and their pods to the control plane without keeping them. */
export async function verdictOn(api: ApiServer, plant: (chart: Chart) => void): Promise<Verdict> {
  const made = synthesize(plant);
  if ('refusal' in made) { return { refusedBy: 'synthesis', sentence: made.refusal, warnings: [] }; }
  const warnings: string[] = [];
  for (const object of made.objects) {
    const kept = object.kind === 'ServiceAccount'; // or its pods would be refused for want of it
    const { namespace } = object.metadata;
    if (namespace !== undefined) { await api.namespace(namespace); }
    const refusal = refusalOf(await api.apply(object, { dryRun: !kept }), warnings);
    if (refusal !== undefined) { return { refusedBy: 'control plane', sentence: refusal, of: object.kind, warnings }; }
    for (const template of podTemplates(object)) {
      const noPod = refusalOf(await api.tryPod(template, namespace ?? NAMESPACE, 'planted'), warnings);
      if (noPod !== undefined) { return { refusedBy: 'control plane', sentence: noPod, of: `a pod of the ${object.kind}`, warnings }; }
    }
  }
  return { refusedBy: 'nobody', warnings: [...new Set(warnings)] };
}

/** The server's sentence if it said no; its warnings are noted either way. */
function refusalOf({ status, body, warnings: said }: Answer, warnings: string[]): string | undefined {
  warnings.push(...said);
  if (status < 300) { return undefined; }
  return String(body?.message ?? body);
}
