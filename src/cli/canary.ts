import { Command } from 'commander';
import { canaryList, CanaryListOptions } from './canary-list';
import { canaryNext, CanaryNextOptions } from './canary-next';
import { canaryReport, CanaryReportOptions } from './canary-report';
import { CanaryRollout } from './canary-rollout';
import { steer, SteerOptions } from './canary-steering';
import { watch, WatchOptions } from './canary-watch';
import { Connection } from './connection';
import { ExitCode, Io, Output, reportWidth, wantsColor } from './io';
import { accessOf, ClusterOptions } from './kubeconfig';
import { number } from './options';
import { RolloutCommand } from '../report/rollout-status';
import { rolloutText } from '../report/rollout-text';
import { isBad, rolloutJson } from '../report/rollout-view';

/** Options of all that look at a rollout. */
export interface CanaryOptions extends ClusterOptions { readonly namespace?: string }

interface StatusOptions extends CanaryOptions, WatchOptions { readonly watch?: boolean }

const HELP = `
A rollout has the name of its ModelCanary's ConfigMap; 'list' names those that have begun. Read are that ConfigMap, ConfigMap NAME-state, the
Lease of the runner and the two fleets. Commands are written as an annotation of NAME-state, which takes 'patch' on it, and stand there until another
one takes their place.

Exit codes of 'status': 0 promoted or on its way, 1 rolled back, aborted or going back, 4 not over in time ('--watch --timeout').

Examples:
  $ cdk8s-inference canary status chat -n serving --watch
  $ cdk8s-inference canary abort chat -n serving --wait
  $ cdk8s-inference canary report chat -n serving -o rollout.html
  $ cdk8s-inference canary next dist/ | git apply
`;

const VERBS: readonly (readonly [RolloutCommand, string])[] = [
  ['pause', 'leave the weight where it is; a bad verdict still rolls back'],
  ['resume', 'go on after a pause, or let the gates decide again after a promote'],
  ['abort', 'take all traffic off the candidate, for good'],
  ['promote', 'go on step by step without waiting for gates, but not without replicas'],
];

/** `canary`, as commander sees it. */
export function canaryCommand(run: (work: (io: Io) => Promise<ExitCode>) => Promise<void>): Command {
  const command = new Command('canary').description('look at a rollout in a cluster, and steer it').addHelpText('after', HELP);
  const seconds = (option: string) => number(option, { above: 0, unit: 'seconds' });
  const inCluster = (name: string, description: string) => command.command(name)
    .description(description)
    .helpOption('-h, --help', 'print this help')
    .option('-n, --namespace <name>', "its namespace (default: the context's)")
    .option('--kubeconfig <file>', 'default: $KUBECONFIG, or ~/.kube/config')
    .option('--context <name>', 'context of the kubeconfig (default: its current one)')
    .option('--login', 'run the program by which the kubeconfig logs in');
  const of = (name: string, description: string) => inCluster(name, description).argument('<name>', 'name of the rollout');
  inCluster('list', 'list the rollouts of a namespace')
    .option('-A, --all-namespaces', 'those of all namespaces')
    .option('--json', 'print JSON')
    .action((options: CanaryOptions & CanaryListOptions) => run((io) => canaryList(connectionOf(options, io), options, io)));
  of('status', 'print how it stands: step, weight, replicas, what each gate says, doubts, history')
    .option('-w, --watch', 'go on until it is over')
    .option('--interval <seconds>', "between two looks of '--watch' (default: 2)", seconds('interval'))
    .option('--timeout <seconds>', "the longest that '--watch' takes (default: for ever)", seconds('timeout'))
    .option('--json', "print JSON; with '--watch' a line for each change")
    .action((name: string, options: StatusOptions) => run((io) => status(rolloutOf(name, options, io), options, io)));
  for (const [verb, description] of VERBS) {
    of(verb, description)
      .option('--wait', 'until the runner has taken it')
      .option('--timeout <seconds>', "the longest that '--wait' takes (default: 120)", seconds('timeout'))
      .action((name: string, options: CanaryOptions & SteerOptions) => run((io) => steer(rolloutOf(name, options, io), verb, options, io)));
  }
  of('report', 'draw it: weights, verdicts and phases over time')
    .requiredOption('-o, --output <file>', 'an .html, .svg or .md file')
    .action((name: string, options: CanaryOptions & CanaryReportOptions) => run((io) => canaryReport(rolloutOf(name, options, io), options, io)));
  command.command('next')
    .description('print the next step of a rollout by CanaryDriver.manual, as a change of its manifests that git applies')
    .argument('[folder]', 'folder or file of the manifests', 'dist')
    .helpOption('-h, --help', 'print this help')
    .option('--rollout <name>', 'which one, where there are several')
    .option('--write', 'change the files instead')
    .action((folder: string, options: CanaryNextOptions) => run((io) => canaryNext(folder, options, io)));
  return command;
}

function connectionOf(options: CanaryOptions, io: Io): Connection { return new Connection(accessOf(options, io.env), 'canary'); }

function rolloutOf(name: string, options: CanaryOptions, io: Io): CanaryRollout {
  return new CanaryRollout(connectionOf(options, io), name, options.namespace);
}

async function status(rollout: CanaryRollout, options: StatusOptions, io: Io): Promise<ExitCode> {
  if (options.watch) { return watch(rollout, options, io); }
  const found = await rollout.find();
  const out = new Output(io.stdout);
  if ('unbegun' in found) {
    await out.write(options.json ? `${JSON.stringify(found, null, 2)}\n` : `No runner has begun ${rollout.said} yet; look at its Job.\n`);
    return ExitCode.OK;
  }
  await out.write(options.json ? `${JSON.stringify(rolloutJson(found.view), null, 2)}\n` : rolloutText(found.view, { color: wantsColor(io), width: reportWidth(io) }));
  return isBad(found.view.status) ? ExitCode.NO : ExitCode.OK;
}
