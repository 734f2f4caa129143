import * as fc from 'fast-check';
import { Chance } from '../../../bench/canary-simulation';
import { evidenceOfExcess, evidenceOfRatio, evidenceOfShortfall, mixture, ratioAlternatives } from '../../../src/rollout/analysis/share-test';

/** Share of streams whose evidence is past 1 in 20 at any look. */
function everPast(evidence: (events: number, total: number) => number, share: number): number {
  const chance = new Chance(7);
  let past = 0;
  for (let stream = 0; stream < 400; stream++) {
    let events = 0;
    for (let total = 1; total <= 1500; total++) {
      if (chance.uniform() < share) { events += 1; }
      if (total % 5 === 0 && evidence(events, total) >= Math.log(20)) {
        past += 1;
        break;
      }
    }
  }
  return past / 400;
}

describe('a share', () => {
  // By hand: 1000 requests, none bad; alternatives 1 %, 1/3 %, 0.1 % and none against 2 %.
  test('below its bound is shown by the mean of the likelihood ratios', () => {
    const ratio = (p: number) => ((1 - p) / 0.98) ** 1000;
    expect(evidenceOfShortfall(0, 1000, 0.01, 0.02)).toBeCloseTo(Math.log((ratio(0.01) + ratio(0.01 / 3) + ratio(0.001) + ratio(0)) / 4), 9);
  });

  test('above its bound is shown by few requests if it is far above', () => {
    expect(evidenceOfExcess(10, 30, 0.01, 0.02)).toBeGreaterThan(Math.log(1e6));
    expect(evidenceOfExcess(1, 30, 0.01, 0.02)).toBeLessThan(Math.log(20));
  });

  test('on its bound is called bad in at most one of 20 streams, however often one looks', () => {
    expect(everPast((events, total) => evidenceOfExcess(events, total, 0.05, 0.1), 0.05)).toBeLessThan(0.05);
  });

  test('as bad as the other bound is called good in at most one of 20 streams', () => {
    expect(everPast((events, total) => evidenceOfShortfall(events, total, 0.05, 0.1), 0.1)).toBeLessThan(0.05);
  });

  test('that is bad is found, or the two tests above would prove nothing', () => {
    expect(everPast((events, total) => evidenceOfExcess(events, total, 0.05, 0.1), 0.1)).toBeGreaterThan(0.9);
    expect(everPast((events, total) => evidenceOfShortfall(events, total, 0.05, 0.1), 0.02)).toBeGreaterThan(0.9);
  });
});

describe('two shares', () => {
  test('that are alike are called different in at most one of 20 pairs, whatever part of the traffic each has', () => {
    for (const share of [0.01, 0.25, 0.9]) {
      const chance = new Chance(11);
      let past = 0;
      for (let pair = 0; pair < 400; pair++) {
        let logs = ratioAlternatives(2).map(() => 0);
        for (let event = 0; event < 200; event++) {
          const own = chance.uniform() < share ? 1 : 0;
          const more = evidenceOfRatio(2, own, 1 - own, share);
          logs = logs.map((log, i) => log + more[i]);
          if (mixture(logs) >= Math.log(20)) {
            past += 1;
            break;
          }
        }
      }
      expect(past / 400).toBeLessThan(0.05);
    }
  });

  test('of which one has all the events differ', () => {
    expect(mixture(evidenceOfRatio(2, 6, 0, 0.05))).toBeGreaterThan(Math.log(1000));
  });

  test('are not told apart by a span without events', () => {
    expect(evidenceOfRatio(2, 0, 0, 0.3)).toEqual([0, 0, 0, 0]);
  });
});

test('evidence is a number for any counts', () => {
  fc.assert(fc.property(fc.nat(1e6), fc.nat(1e6), fc.double({ min: 0.001, max: 0.4, noNaN: true }), (events, others, good) => {
    const total = events + others;
    for (const log of [evidenceOfExcess(events, total, good, good * 2), evidenceOfShortfall(events, total, good, good * 2)]) { expect(Number.isNaN(log)).toBe(false); }
  }));
});
