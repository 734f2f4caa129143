/** Numbers of hits that are plausible among `count` requests of which each is a hit with this probability: all but one in a million runs. */
export function plausibleHits(count: number, probability: number, doubt = 1e-6): { least: number; most: number } {
  if (probability === 0 || probability === 1) { return { least: count * probability, most: count * probability }; }
  let logTerm = count * Math.log1p(-probability); // of no hit
  let below = 0;
  let least: number | undefined;
  for (let hits = 0; hits <= count; hits++) {
    const term = Math.exp(logTerm);
    if (least === undefined && below + term > doubt / 2) { least = hits; }
    below += term;
    if (1 - below < doubt / 2) { return { least: least!, most: hits }; }
    logTerm += Math.log((count - hits) / (hits + 1)) + Math.log(probability / (1 - probability));
  }
  return { least: least ?? 0, most: count };
}
