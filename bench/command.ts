import { execFileSync } from 'child_process';

/** What a command took, with all that it started. */
export interface CommandTook {
  /** CPU seconds. */
  readonly cpu: number;
  readonly seconds: number;
  /** Most memory of one process, in MiB. */
  readonly mebibytes: number;
}

/** Node tells what it used itself, and Python also what its children did. */
const MEASURE = `
import json, resource, subprocess, sys, time
start = time.monotonic()
subprocess.run(sys.argv[2:], check=True, stdout=open(sys.argv[1], 'wb'))
took = time.monotonic() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({'cpu': used.ru_utime + used.ru_stime, 'seconds': took, 'mebibytes': used.ru_maxrss / 1024}))
`;

/** How a command is run. */
export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** File for what it prints. */
  readonly output?: string;
  readonly times?: number;
}

/** Runs a command, and gives the median by CPU time of several runs. */
export function measureCommand(command: string[], { cwd, env, output = '/dev/null', times = 1 }: CommandOptions = {}): CommandTook {
  const run = (): CommandTook => JSON.parse(execFileSync('python3', ['-c', MEASURE, output, ...command], { cwd, encoding: 'utf8', env: { ...process.env, ...env } }));
  return Array.from({ length: times }, run).sort((a, b) => a.cpu - b.cpu)[Math.floor(times / 2)];
}
