import { Fitted } from './fitted';

/** What measurements may correct: each a factor on a group of constants that act alike. */
export const KNOBS = ['bandwidth', 'arithmetic', 'link', 'overhead', 'firstToken'] as const;
export type Knob = typeof KNOBS[number];

/** One factor for each; `bandwidth`, `arithmetic` and `link` multiply rates, `overhead` and `firstToken` multiply times. */
export type Factors = { readonly [knob in Knob]: number };

/** How firmly the constants are believed in before measurements are seen: standard deviations of the logarithms of the factors. */
export const BELIEF: Factors = { bandwidth: 0.2, arithmetic: 0.2, link: 0.25, overhead: 0.35, firstToken: 0.5 };

/** Factors stay between the inverse of this and this: beyond, something else than a constant is wrong. */
export const BOUND: Factors = { bandwidth: 2, arithmetic: 2, link: 2, overhead: 4, firstToken: 8 };

/** The constants with those of one architecture and one engine corrected. No share of a peak becomes more than the peak. */
export function corrected(fitted: Fitted, architecture: string, engine: string, f: Factors): Fitted {
  const k = fitted.kernels[architecture];
  const o = fitted.overheads[engine];
  const share = (value: number, factor: number) => Math.min(1, value * factor);
  const { links, loops } = fitted;
  const waves = ({ share: s, clustering }: { readonly share: number; readonly clustering: number }) =>
    ({ share: share(s, f.firstToken), clustering: clustering * f.firstToken });
  return {
    ...fitted,
    kernels: {
      ...fitted.kernels,
      [architecture]: {
        ...k,
        gemm16: share(k.gemm16, f.arithmetic),
        gemm8: share(k.gemm8, f.arithmetic),
        gemm4: share(k.gemm4, f.arithmetic),
        stream16: share(k.stream16, f.bandwidth),
        stream8: share(k.stream8, f.bandwidth),
        stream4: share(k.stream4, f.bandwidth),
        cache: share(k.cache, f.bandwidth),
        attention: share(k.attention, f.arithmetic),
      },
    },
    overheads: {
      ...fitted.overheads,
      [engine]: {
        ...o,
        secondsPerLayer: o.secondsPerLayer * f.overhead,
        secondsPerExpertLayer: o.secondsPerExpertLayer * f.overhead,
        secondsPerStep: o.secondsPerStep * f.overhead,
        secondsPerRequest: o.secondsPerRequest * f.overhead,
        secondsPerArrival: o.secondsPerArrival * f.firstToken,
        stepsToClient: o.stepsToClient * f.firstToken,
        secondsPerPromptLayer: o.secondsPerPromptLayer * f.overhead,
      },
    },
    secondsPerPromptToken: fitted.secondsPerPromptToken * f.firstToken,
    links: {
      scaleUpLatency: links.scaleUpLatency / f.link,
      scaleUpShare: share(links.scaleUpShare, f.link),
      meshLatency: links.meshLatency / f.link,
      meshTurnLatency: links.meshTurnLatency / f.link,
      meshShare: share(links.meshShare, f.link),
      pcieLatency: links.pcieLatency.map((l) => l / f.link),
      pcieShare: links.pcieShare.map((s) => share(s, f.link)),
    },
    loops: { ...loops, mixed: waves(loops.mixed), separate: waves(loops.separate) },
  };
}
