import { Answer, ApiServer } from './api-server';
import { KubeObject } from './kube-object';
import { changesByServer, FIELDS_LEFT_TO_SERVER } from './server-defaults';
import { titleOf } from '../../support/manifest-checks';
import { podTemplates } from '../../support/pod-security';

/** For objects of charts that name none. */
const UNNAMED = 'unnamed';

/** What an API server has against objects and their pods. It is asked for dry runs, so that nothing stays but namespaces and service accounts. */
export class Admission {
  private readonly made = new Map<string, Promise<unknown>>();

  public constructor(private readonly api: ApiServer) {}

  /** Refusals, warnings, and decisions that are not left to the server; one sentence each. */
  public async complaints(objects: KubeObject[]): Promise<string[]> {
    return each(objects, async (object) => {
      const { apiVersion, kind } = object;
      if (!await this.api.serves(apiVersion, kind)) { return [`${titleOf(object)}: the server does not serve ${apiVersion} ${kind}`]; }
      const { changes, ...answer } = await this.apply(object);
      return [
        ...sentences(titleOf(object), answer),
        ...changes.filter((change) => !FIELDS_LEFT_TO_SERVER.includes(change)).map((change) => `${titleOf(object)}: the server decides on ${change}`),
      ];
    });
  }

  /** Applies an object to its namespace, which enforces and warns of `restricted`; answers also what the server decided on. */
  public async apply(object: KubeObject): Promise<Answer & { changes: string[] }> {
    const { apiVersion, kind, metadata } = object;
    const placed = metadata.namespace === undefined && await this.api.isNamespaced(apiVersion, kind) ? { ...object, metadata: { ...metadata, namespace: UNNAMED } } : object;
    const { namespace } = placed.metadata;
    if (namespace !== undefined) { await this.once(namespace, () => this.api.namespace(namespace)); }
    const answer = await this.api.apply(placed, { dryRun: true });
    return { ...answer, changes: answer.status < 300 ? changesByServer(placed, answer.body) : [] };
  }

  /** Refusals and warnings for the pods of the objects' templates, each made by hand where a Pod Security level is enforced. */
  public async complaintsOfPods(objects: KubeObject[], level = 'restricted'): Promise<string[]> {
    const namespace = `pods-${level}`;
    await this.once(namespace, () => this.api.namespace(namespace, level));
    return each(objects, async (object) => each(podTemplates(object), async (template, i) => {
      const { serviceAccountName } = template.spec;
      if (serviceAccountName !== undefined) { await this.once(`${namespace}/${serviceAccountName}`, () => this.makeServiceAccount(namespace, serviceAccountName)); }
      return sentences(`pod ${i} of ${titleOf(object)}`, await this.api.tryPod(template, namespace, `pod-${i}`));
    }));
  }

  private async makeServiceAccount(namespace: string, name: string): Promise<void> {
    await this.api.applyAll([{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } }]);
  }

  private async once(key: string, make: () => Promise<unknown>): Promise<void> {
    if (!this.made.has(key)) { this.made.set(key, make()); }
    await this.made.get(key);
  }
}

async function each<T>(things: T[], of: (thing: T, i: number) => Promise<string[]>): Promise<string[]> { return (await Promise.all(things.map(of))).flat(); }

function sentences(what: string, { status, body, warnings }: Answer): string[] {
  return [
    ...status < 300 ? [] : [`${what}: ${status} ${body?.message ?? JSON.stringify(body)}`],
    ...warnings.map((warning) => `${what}: warning: ${warning}`),
  ];
}
