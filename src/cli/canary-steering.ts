import { setTimeout as sleep } from 'node:timers/promises';
import { CanaryRollout, Found } from './canary-rollout';
import { ExitCode, Io, Output, Refusal } from './io';
import { RolloutCommand, RolloutStatus } from '../report/rollout-status';
import { inShort, isOver, RolloutView, span } from '../report/rollout-view';

/** Options of the commands, as commander names them. */
export interface SteerOptions { readonly wait?: boolean; readonly timeout?: number }

const ATTEMPTS = 8;
const LOOK_MILLIS = 500;
const DEFAULT_TIMEOUT_SECONDS = 120;
/** What a look takes beside the time between two. */
const ANSWER_SECONDS = 5;

const DONE: { readonly [verb in RolloutCommand]: string } = { pause: 'paused', resume: 'resumed', abort: 'aborted', promote: 'promoted' };

/** Says a person's command to the runner, if it makes sense now. */
export async function steer(rollout: CanaryRollout, verb: RolloutCommand, { wait, timeout }: SteerOptions, io: Io): Promise<ExitCode> {
  const { view } = await say(rollout, verb);
  const out = new Output(io.stdout);
  if (wait) {
    const status = await taken(rollout, verb, timeout ?? DEFAULT_TIMEOUT_SECONDS);
    await out.write(`${rollout.said}: '${verb}' is taken; ${inShort(status)}\n`);
  } else {
    const when = view.runner?.alive ? `within ${span(view.status.tickSeconds + ANSWER_SECONDS)}` : absence(view);
    await out.write(`${rollout.said}: '${verb}' is asked for; the runner takes it at its next look, ${when}\n`);
  }
  return ExitCode.OK;
}

/** Resolves once a runner has taken it. */
async function taken(rollout: CanaryRollout, verb: RolloutCommand, timeout: number): Promise<RolloutStatus> {
  const end = Date.now() + timeout * 1000;
  for (;;) {
    const found = await rollout.find();
    if ('unbegun' in found) { throw new Refusal(`${rollout.said} lost its state before '${verb}' was taken; say it again when it has begun anew`, ExitCode.NO); }
    const { status, runner } = found.view;
    if (status.command === verb) { return status; }
    if (isOver(status) || status.steppingBack) {
      throw new Refusal(`${rollout.said} went another way before '${verb}' was taken: ${status.phase} (${status.reason})`, ExitCode.NO);
    }
    if (found.view.asked !== verb) { throw new Refusal(`${rollout.said}: '${verb}' was taken back before the runner took it`, ExitCode.NO); }
    if (Date.now() > end) {
      const why = runner?.alive ? `${runner.name} is at work` : absence(found.view);
      throw new Refusal(`${rollout.said}: '${verb}' was not taken within ${span(timeout)}, and holds once a runner takes it; ${why}`, ExitCode.PENDING);
    }
    await sleep(LOOK_MILLIS);
  }
}

function absence({ runner, now }: RolloutView): string {
  return `but none is at work${runner === undefined ? '' : `: the last one looked ${span((now - runner.lookedAt) / 1000)} ago`}`;
}

/** Writes it where nothing has changed since it was found to make sense. */
async function say(rollout: CanaryRollout, verb: RolloutCommand): Promise<Found> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const found = await rollout.find();
    if ('unbegun' in found) { throw new Refusal(`no runner has begun ${rollout.said} yet, so it can't be ${DONE[verb]}`, ExitCode.NO); }
    if (found.view.asked === verb) { return found; } // it stands there already
    const nonsense = nonsenseOf(verb, found.view);
    if (nonsense !== undefined) { throw new Refusal(`${rollout.said} ${nonsense}`, ExitCode.NO); }
    if (await rollout.command(verb, found.resourceVersion)) { return found; }
  }
  throw new Refusal(`${rollout.said} changed under each of ${ATTEMPTS} attempts to say '${verb}'; try again`, ExitCode.NO);
}

/** Why a command makes no sense now. */
function nonsenseOf(verb: RolloutCommand, { status, asked, superseded }: RolloutView): string | undefined {
  const { phase, reason, steppingBack, noWayBack, command, pausedSince } = status;
  const cannot = `so it can't be ${DONE[verb]}`;
  if (superseded) { return `is of a spec that is not in force any more, ${cannot}`; }
  if (isOver(status)) { return `is over (${phase}${reason === undefined ? '' : `: ${reason}`}), ${cannot}`; }
  if (steppingBack) { return verb === 'abort' ? `goes back already (${reason})` : `goes back (${reason}), ${cannot}`; }
  if (noWayBack) { return verb === 'promote' ? 'is promoted already' : `has taken over, and its stable fleet is being scaled down, ${cannot}; only another rollout leads back`; }
  if (verb === 'pause' && command === 'pause' && asked === undefined) { return 'is paused already'; }
  if (verb === 'promote' && command === 'promote' && asked === undefined) { return 'is being promoted already'; }
  if (verb === 'resume' && pausedSince === undefined && command !== 'promote' && (asked === undefined || asked === 'resume')) { return `is ${phase}, not paused`; }
  return undefined;
}
