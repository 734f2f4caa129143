import { cacheBytesPerToken } from '../../src/sizing/kv-cache';
import { StageShare } from '../../src/sizing/shares';

/** Cache bytes that one more token of a long request takes on a rank, all layers of the stage together; windows are full by then. */
export function growthBytesPerToken(stage: StageShare, bits: number): number {
  return stage.attention.reduce((sum, a) => sum + (a.kept === Infinity ? a.layers * cacheBytesPerToken(a, bits) : 0), 0);
}
