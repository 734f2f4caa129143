/**
 * One runner at a time. A lease can't promise it (a process may sleep past its own), so nothing relies on it but quiet: what is written
 * carries the version of what was seen, and the route the number of the decision.
 */
import { KubeClient, KubeError, KubeObject, pathOf } from './kube-client';

export class Lease {
  private readonly path: string;
  private readonly folder: string;

  constructor(
    private readonly kube: KubeClient, private readonly namespace: string, private readonly name: string, private readonly holder: string,
    private readonly seconds: () => number,
  ) {
    this.folder = pathOf('coordination.k8s.io/v1', 'leases', namespace);
    this.path = `${this.folder}/${name}`;
  }

  /** Takes or renews it; false if another runner has it. */
  public async take(): Promise<boolean> {
    const found = await this.kube.get(this.path);
    const now = this.kube.now();
    if (found === undefined) { return this.write(() => this.kube.create(this.folder, this.object(undefined, now))); }
    const { holderIdentity, renewTime, leaseDurationSeconds } = found.spec ?? {};
    const free = !holderIdentity || !(now - Date.parse(renewTime) < leaseDurationSeconds * 1000);
    if (holderIdentity !== this.holder && !free) { return false; }
    return this.write(() => this.kube.replace(this.path, this.object(found, now)));
  }

  /** Lets go of it, so that the next runner need not wait. */
  public async release(): Promise<void> {
    const found = await this.kube.get(this.path);
    if (found?.spec?.holderIdentity !== this.holder) { return; }
    await this.write(() => this.kube.replace(this.path, { ...found, spec: { ...found.spec, holderIdentity: '' } }));
  }

  private async write(action: () => Promise<unknown>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (error) {
      if (error instanceof KubeError && error.conflict) { return false; }
      throw error;
    }
  }

  private object(found: KubeObject | undefined, now: number): KubeObject {
    const taken = found?.spec?.holderIdentity !== this.holder;
    const time = `${new Date(now).toISOString().slice(0, -1)}000Z`; // MicroTime
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { ...found?.metadata, name: this.name, namespace: this.namespace },
      spec: {
        ...found?.spec,
        holderIdentity: this.holder,
        leaseDurationSeconds: this.seconds(),
        renewTime: time,
        ...taken ? { acquireTime: time, leaseTransitions: (found?.spec?.leaseTransitions ?? -1) + 1 } : {},
      },
    };
  }
}
