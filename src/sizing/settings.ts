import { EngineSettings } from './plan';
import { Subject } from './request';
import { Degrees } from './shares';
import { Accelerator } from '../catalog/accelerator';

/** Longest sequence to plan for: the 99th percentiles of prompt and output together, up to a power of two, within the model's context. */
export function lengthFor(subject: Subject, promptP99: number, outputP99: number): number {
  const wanted = Math.ceil(promptP99) + Math.ceil(outputP99);
  const context = subject.model.maxContextTokens ?? Infinity;
  return Math.min(context, Math.max(2 ** Math.ceil(Math.log2(wanted)), 16));
}

/** The engine's own defaults for a device, with what the user fixed. */
export function settingsFor(subject: Subject, accelerator: Accelerator, at: Degrees, wantedLen: number): EngineSettings {
  const { engine, rules, memoryVersion: version } = subject;
  const maxModelLen = engine.maxModelLen ?? wantedLen;
  const limit = engine.speculative ? rules.speculativeRequests : undefined;
  const seqs = engine.maxNumSeqs ?? (limit === undefined ? rules.maxNumSeqs(accelerator, version) : Math.max(1, Math.floor(limit / at.dp)));
  const most = rules.stepHoldsEverySequence ? seqs * maxModelLen : Infinity;
  const tokens = engine.maxNumBatchedTokens ?? Math.min(most, rules.maxNumBatchedTokens(accelerator, version, maxModelLen, at));
  // Of the two, the one that nobody fixed gives way.
  const few = rules.stepHoldsEverySequence && tokens < seqs;
  return {
    maxModelLen,
    maxNumSeqs: few && engine.maxNumSeqs === undefined ? tokens : seqs,
    maxNumBatchedTokens: few && engine.maxNumSeqs !== undefined ? seqs : tokens,
    memoryFraction: engine.memoryFraction ?? rules.memoryFraction(version, accelerator, at),
    kvBlockSize: engine.kvBlockSize ?? rules.blockSize,
    ...engine.speculative ? { speculative: engine.speculative } : {},
  };
}
