import { check, Finding } from './checks';
import { Cluster } from './cluster';
import { ExitCode, Io, Output, Refusal, reportWidth, wantsColor } from './io';
import { ClusterOptions, readKubeconfig } from './kubeconfig';
import { readManifests } from './manifests';
import { Need, needsOf } from './needs';
import { paint, table } from '../report/table';

/** Options of `doctor`. */
export interface DoctorOptions extends ClusterOptions { readonly json?: boolean }

type Checked = { readonly need: Need; readonly finding?: Finding };

/** Lists what a cluster must offer for the YAML in a folder and, with a kubeconfig, checks it. */
export async function doctor(folder: string, options: DoctorOptions, io: Io): Promise<ExitCode> {
  for (const name of ['context', 'login'] as const) {
    if (options[name] !== undefined && options.kubeconfig === undefined) { throw new Refusal(`'--${name}' goes with '--kubeconfig'`); }
  }
  const needs = needsOf(readManifests(folder));
  const cluster = options.kubeconfig === undefined ? undefined : new Cluster(readKubeconfig(options.kubeconfig, options));
  const checked: Checked[] = [];
  for (const need of needs) { checked.push({ need, finding: cluster && await check(need, cluster) }); }
  await new Output(io.stdout).write(options.json ? `${JSON.stringify(checked.map(plain), null, 2)}\n` : report(checked, io));
  return checked.some(({ finding }) => finding?.status === 'missing' || finding?.status === 'too old') ? ExitCode.NO : ExitCode.OK;
}

function plain({ need, finding }: Checked): object {
  const { type, what, why, usedBy, source } = need;
  return { type, what, why, usedBy, source, status: finding?.status, detail: finding?.detail };
}

function report(checked: Checked[], io: Io): string {
  const look = { color: wantsColor(io), width: reportWidth(io) };
  const colors = paint(look.color);
  const tint = { 'ok': colors.green, 'missing': colors.red, 'too old': colors.red, 'unknown': colors.yellow };
  const withCluster = checked.some(({ finding }) => finding);
  const rows = checked.map(({ need, finding }) => [
    ...finding ? [tint[finding.status](finding.status)] : [],
    need.what,
    [need.why + users(need), finding?.detail].filter(Boolean).join(': '),
  ]);
  const columns = [...withCluster ? [{ head: '' }] : [], { head: 'the cluster must offer' }, { head: 'why' }];
  return `${table(columns, rows, look)}\n${summary(checked, withCluster)}\n`;
}

/** Who needs it, where that helps to find the place; the JSON always has all names. */
function users({ type, usedBy }: Need): string {
  if (type !== 'object' && type !== 'resource') { return ''; }
  return usedBy.length > 1 ? ` (${usedBy[0]} and ${usedBy.length - 1} more)` : ` (${usedBy[0]})`;
}

function summary(checked: Checked[], withCluster: boolean): string {
  if (!withCluster) { return `\n  ${checked.length} needs; give '--kubeconfig' to compare them with a cluster`; }
  const counts = (['ok', 'missing', 'too old', 'unknown'] as const)
    .map((status) => [status, checked.filter(({ finding }) => finding?.status === status).length] as const)
    .filter(([, count]) => count)
    .map(([status, count]) => `${count} ${status}`);
  return `\n  ${counts.join(', ')}`;
}
