/** The state's ConfigMap: what the runner remembers, what people see, and what they tell it. */
import { wantedWeight } from './decide';
import { KubeClient, KubeObject, pathOf } from './kube-client';
import { ownedBy, Owner } from './route';
import { Command } from './seen';
import { RolloutState } from './state';
import { statusOf, statusText } from './status';
import { RolloutSpec } from '../src/rollout/rollout-spec';

/** Annotation by which people steer; it holds while it stands there. */
export const COMMAND = 'cdk8s-inference/rollout-command';
const COMMANDS: readonly string[] = ['pause', 'resume', 'abort', 'promote'];

export interface Stored { readonly object?: KubeObject; readonly state?: RolloutState; readonly command?: Command }

export class Store {
  private readonly folder: string;
  private readonly name: string;

  constructor(private readonly kube: KubeClient, private readonly namespace: string, rollout: string) {
    this.folder = pathOf('v1', 'configmaps', namespace);
    this.name = `${rollout}-state`;
  }

  /** What can't be read counts as lost: the rollout begins anew, with no traffic on the candidate. */
  public async read(): Promise<Stored> {
    const object = await this.kube.get(`${this.folder}/${this.name}`);
    let state: RolloutState | undefined;
    try { state = JSON.parse(object?.data?.state); } catch { state = undefined; }
    const command = object?.metadata.annotations?.[COMMAND];
    return { object, state: state?.version === 1 ? state : undefined, command: COMMANDS.includes(command ?? '') ? command as Command : undefined };
  }

  /** Writes it if nobody was faster; else a conflict. What people said of another rollout does not hold for this one. */
  public async write(spec: RolloutSpec, state: RolloutState, { object, state: before }: Stored, owner?: Owner): Promise<void> {
    const { [COMMAND]: command, ...annotations } = object?.metadata.annotations ?? {};
    const metadata = {
      // It goes with the spec, so that the same rollout can be begun again. Who may not delete it may not change its owner: named once.
      ...object?.metadata ?? ownedBy(owner, this.namespace),
      annotations: command === undefined || before?.hash !== state.hash ? annotations : { ...annotations, [COMMAND]: command },
      name: this.name,
      namespace: this.namespace,
      labels: {
        ...object?.metadata.labels,
        'app.kubernetes.io/managed-by': 'cdk8s-inference',
        'cdk8s-inference/rollout': spec.name.slice(0, 63).replace(/[^a-zA-Z0-9]+$/, ''),
        'cdk8s-inference/phase': state.phase,
        'cdk8s-inference/step': `${state.step + 1}-of-${spec.steps.length}`,
        'cdk8s-inference/weight': `${wantedWeight(spec, state) / 10}`,
      },
    };
    const data = { ...object?.data, 'state': JSON.stringify(state), 'status': statusText(spec, state), 'status.json': JSON.stringify(statusOf(spec, state)) };
    const written = { apiVersion: 'v1', kind: 'ConfigMap', ...object, metadata, data };
    if (object === undefined) { await this.kube.create(this.folder, written); } else { await this.kube.replace(`${this.folder}/${this.name}`, written); }
  }
}
