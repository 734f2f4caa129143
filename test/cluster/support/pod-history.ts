import { Agent, request } from 'node:https';
import { ApiServer, ApiServerAccess, eventually } from './api-server';
import { KubeObject } from './kube-object';

/**
 * The pods of a namespace at every moment that the API server saw, one after the other: a poll would miss what a fast control plane does between
 * two looks.
 */
export class PodHistory {
  /** Follows the pods from now on; `look` is shown all of them after each change. */
  public static async of(access: ApiServerAccess, api: ApiServer, namespace: string, look: (pods: KubeObject[]) => void): Promise<PodHistory> {
    const history = new PodHistory(access, api, namespace, look);
    await history.caughtUp();
    return history;
  }

  private readonly agent: Agent;
  private readonly pods = new Map<string, KubeObject>();
  private failure?: Error;
  private rest = '';

  private constructor(access: ApiServerAccess, private readonly api: ApiServer, private readonly namespace: string, private readonly look: (pods: KubeObject[]) => void) {
    this.agent = new Agent({ ca: access.ca });
    const asked = request(`${access.server}/api/v1/namespaces/${namespace}/pods?watch=1`, { agent: this.agent, headers: { authorization: `Bearer ${access.token}` } }, (response) => {
      if (response.statusCode !== 200) { this.failure = new Error(`the watch of pods was answered with ${response.statusCode}`); }
      response.setEncoding('utf8');
      response.on('data', (text) => this.take(text));
    });
    asked.on('error', (error) => { this.failure = error; });
    asked.end();
  }

  /** Waits until everything that happened so far was shown. */
  public async caughtUp(): Promise<void> {
    await eventually('the watch of pods caught up', async () => {
      if (this.failure) { throw this.failure; }
      const listed = await this.api.list('v1', 'Pod', { namespace: this.namespace });
      return listed.length === this.pods.size && listed.every(({ metadata }) => this.pods.get(metadata.uid)?.metadata.resourceVersion === metadata.resourceVersion);
    });
  }

  /** Shows what happened so far, and no more. */
  public async end(): Promise<void> {
    try { await this.caughtUp(); } finally { this.agent.destroy(); }
  }

  private take(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop()!;
    for (const line of lines) {
      const { type, object } = JSON.parse(line);
      if (type === 'ERROR') { this.failure = new Error(`the watch of pods: ${object.message}`); return; }
      if (type === 'DELETED') { this.pods.delete(object.metadata.uid); } else { this.pods.set(object.metadata.uid, object); }
      this.look([...this.pods.values()]);
    }
  }
}
