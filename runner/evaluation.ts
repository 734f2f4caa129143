/** Quality gates: a Job that asks the candidate, and the score that its container leaves behind. */
import { KubeClient, KubeError, KubeObject, pathOf } from './kube-client';
import { SeenScore } from './seen';
import { ScoreGate } from '../src/rollout/rollout-spec';

export async function startEvaluation(kube: KubeClient, gate: ScoreGate): Promise<void> {
  const { apiVersion, metadata } = gate.job as unknown as KubeObject;
  try {
    await kube.create(pathOf(apiVersion!, 'jobs', metadata.namespace!), gate.job);
  } catch (error) {
    if (!(error instanceof KubeError && error.conflict)) { throw error; }
  }
}

/** Undefined if it was not started. */
export async function seenEvaluation(kube: KubeClient, gate: ScoreGate, now: number): Promise<SeenScore | undefined> {
  const { apiVersion, metadata: { name, namespace } } = gate.job as unknown as KubeObject;
  const job = await kube.get(pathOf(apiVersion!, 'jobs', namespace!, name));
  if (job === undefined) { return undefined; }
  const holds = (type: string) => job.status?.conditions?.some((one: any) => one.type === type && one.status === 'True');
  if (holds('Failed')) { return { state: 'failed', why: `evaluation Job ${name} failed` }; }
  if (!holds('Complete')) {
    const began = Date.parse(String(job.metadata.creationTimestamp));
    return now - began > gate.timeoutSeconds * 1000 ? { state: 'failed', why: `evaluation Job ${name} was not done after ${gate.timeoutSeconds} s` } : { state: 'running' };
  }
  const pods = await kube.list(`${pathOf('v1', 'pods', namespace!)}?labelSelector=${encodeURIComponent(`job-name=${name}`)}`);
  const messages = pods.flatMap(({ status }) => (status?.containerStatuses ?? []).map((one: any) => one.state?.terminated?.message)).filter(Boolean);
  for (const message of messages) {
    try {
      const { score } = JSON.parse(message);
      if (typeof score === 'number') { return { state: 'done', score }; }
    } catch { /* a message of another container */ }
  }
  return { state: 'failed', why: `evaluation Job ${name} left no {"score": number} as its container's termination message` };
}
