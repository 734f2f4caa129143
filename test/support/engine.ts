import { Testing } from 'cdk8s';
import { EnvValue, Secret } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { planOf, PlanFacts } from './plan';
import { Engine, EngineConfig, EngineContext } from '../../src/engines/engine';

/** A construct with the path `test/chat`, as a fleet would be. */
export function scopeOf(): Construct {
  const chart = Testing.chart();
  return new Construct(chart, 'chat');
}

/** Binds an engine to a plan. */
export function bound(engine: Engine, facts: PlanFacts = {}, context: Partial<EngineContext> = {}): EngineConfig {
  return engine.bind(scopeOf(), { plan: planOf(facts), modelPath: '/models/m', servedModelName: 'acme/small-8b', drainSeconds: 45, ...context });
}

/** The sentence of an error, and nothing else. */
export function sentence(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

/** A value from a Secret. */
export function secretValue(): EnvValue {
  const secret = Secret.fromSecretName(Testing.chart(), 'Keys', 'llm-keys');
  return EnvValue.fromSecretValue({ secret, key: 'api-key' });
}

/** Literal variables of a config. */
export function texts(config: EngineConfig): { [name: string]: string } {
  const all = Object.entries(config.env ?? {});
  return Object.fromEntries(all.filter(([, { value }]) => value !== undefined).map(([name, { value }]) => [name, value]));
}
