/** The canary's runner, as its Job starts it. */
import * as fs from 'fs';
import { REAL_CLOCK } from './clock';
import { Exposition } from './exposition';
import { transport } from './http';
import { KubeClient } from './kube-client';
import { jsonLog } from './log';
import { Prometheus } from './prometheus';
import { Runner } from './runner';

/** Where a pod has its service account. */
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const DEFAULT_PORT = 9464;
const LONGEST_STOP_MILLIS = 10_000;

async function main(): Promise<number> {
  const log = jsonLog(REAL_CLOCK.now, { namespace: process.env.CANARY_NAMESPACE, rollout: process.env.CANARY_NAME });
  const needed = (name: string) => {
    const value = process.env[name];
    if (!value) { throw new Error(`environment variable ${name} is missing`); }
    return value;
  };
  const host = needed('KUBERNETES_SERVICE_HOST');
  const address = process.env.KUBERNETES_API ?? `https://${host.includes(':') ? `[${host}]` : host}:${needed('KUBERNETES_SERVICE_PORT')}`;
  const read = (file: string) => () => fs.readFileSync(file, 'utf8').trim();
  const readIfGiven = (variable: string) => process.env[variable] ? read(process.env[variable]) : undefined;
  const account = process.env.CANARY_SERVICE_ACCOUNT ?? ACCOUNT;
  const secure = address.startsWith('https:');
  const [namespace, name] = [needed('CANARY_NAMESPACE'), needed('CANARY_NAME')];
  const exposition = new Exposition(name);
  const kubernetes = exposition.counting('kubernetes', transport(secure ? read(`${account}/ca.crt`) : undefined));
  const kube = new KubeClient(address, kubernetes, REAL_CLOCK, secure ? read(`${account}/token`) : () => undefined);
  const toPrometheus = exposition.counting('prometheus', transport(readIfGiven('CANARY_PROMETHEUS_CA_FILE')));
  const prometheusToken = readIfGiven('CANARY_PROMETHEUS_TOKEN_FILE');
  const runner = new Runner({
    namespace,
    name,
    hash: needed('CANARY_HASH'),
    identity: process.env.POD_NAME ?? `runner-${process.pid}`,
  }, {
    kube,
    prometheus: (url) => new Prometheus(url, toPrometheus, prometheusToken),
    clock: REAL_CLOCK,
    log,
    observed: (spec, state) => exposition.observe(spec, state, kube.now()),
  });
  const server = exposition.listen(Number(process.env.CANARY_METRICS_PORT ?? DEFAULT_PORT));
  server.on('error', (error) => log('warn', `no metrics: ${error.message}`));

  const stopped = new Promise<'stopped'>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        log('info', `${signal}: the rollout goes on when the Job's next pod starts`);
        runner.stop();
        setTimeout(() => resolve('stopped'), LONGEST_STOP_MILLIS).unref();
      });
    }
  });
  const end = await Promise.race([runner.run(), stopped]);
  log('info', `the runner ends: ${end}`);
  return end === 'stopped' ? 1 : 0; // so that the Job starts another pod
}

main().then((code) => process.exit(code), (error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
