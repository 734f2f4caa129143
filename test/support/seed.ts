/**
 * Properties see the same examples in every run, so that a red one can be repeated; `FAST_CHECK_SEED=random npm test` looks
 * further, and `FAST_CHECK_SEED=<number>` repeats what such a run printed.
 */
import * as fc from 'fast-check';

const stated = process.env.FAST_CHECK_SEED;
if (stated !== 'random') { fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(stated ?? 20261121) }); }
