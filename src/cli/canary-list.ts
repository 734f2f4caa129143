import { Connection } from './connection';
import { ExitCode, Io, Output, Refusal, reportWidth, wantsColor } from './io';
import { table } from '../report/table';

/** Options of `list`, as commander names them. */
export interface CanaryListOptions { readonly namespace?: string; readonly allNamespaces?: boolean; readonly json?: boolean }

/** Label that every state has, and nothing else. */
const PHASE = 'cdk8s-inference/phase';
/** A list without what is in it. */
export const NAMES_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

interface Listed { readonly namespace: string; readonly name: string; readonly phase: string; readonly step: string; readonly weight: number }

/** Lists the rollouts of a namespace, or of all, by the labels of their states. */
export async function canaryList(connection: Connection, options: CanaryListOptions, io: Io): Promise<ExitCode> {
  const namespace = options.namespace ?? connection.namespace;
  const where = options.allNamespaces ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const { status, body } = await connection.ask(`/api/v1${where}/configmaps?labelSelector=${encodeURIComponent(PHASE)}`, { accept: NAMES_ONLY });
  const place = options.allNamespaces ? 'all namespaces' : `namespace '${namespace}'`;
  if (status === 403) { throw new Refusal(`not allowed to list the ConfigMaps of ${place}`, ExitCode.NO); }
  if (status !== 200) { throw new Refusal(`${connection.server} answers ${status} for the ConfigMaps of ${place}${body?.message ? `: ${body.message}` : ''}`, ExitCode.NO); }
  const found: Listed[] = body.items.map(({ metadata: { namespace: home, name, labels } }: any) => ({
    namespace: home,
    name: name.replace(/-state$/, ''),
    phase: labels[PHASE],
    step: (labels['cdk8s-inference/step'] ?? '').replace(/-/g, ' '),
    weight: Number(labels['cdk8s-inference/weight'] ?? 0) / 100,
  }));
  const text = options.json ? `${JSON.stringify(found, null, 2)}\n` : found.length === 0 ? `No rollout has begun in ${place}.\n` : `${rows(found, io)}\n`;
  await new Output(io.stdout).write(text);
  return ExitCode.OK;
}

function rows(found: readonly Listed[], io: Io): string {
  const columns = [{ head: 'namespace' }, { head: 'name' }, { head: 'phase' }, { head: 'step' }, { head: 'weight' }];
  const cells = found.map(({ namespace, name, phase, step, weight }) => [namespace, name, phase, step, `${Number((100 * weight).toFixed(1))} %`]);
  return table(columns, cells, { color: wantsColor(io), width: reportWidth(io) });
}
