import { Construct } from 'constructs';
import { DRAFT_PLACE, MODEL_PLACE } from './weights-source';
import { Engine, EngineConfig, EngineContext } from '../engines/engine';
import { prefixOf } from '../errors';

/**
 * Image and user of an engine. What prepares the weights runs in them, and the engine is bound with where the weights then are:
 * the first binding, in a scope that is thrown away, breaks the circle.
 */
export function engineProbe(scope: Construct, engine: Engine, context: Omit<EngineContext, 'modelPath'>): EngineConfig {
  const probe = new Construct(scope, 'EngineProbe');
  try {
    return engine.bind(probe, { ...context, modelPath: MODEL_PLACE.path, draftModelPath: DRAFT_PLACE.path });
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    if (!message.startsWith(prefixOf(probe))) { throw error; }
    throw new Error(`${prefixOf(scope)}${message.slice(prefixOf(probe).length)}`);
  } finally {
    scope.node.tryRemoveChild('EngineProbe');
  }
}
