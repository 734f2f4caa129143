/** The longest time that both spellings below hold: five digits of hours. */
export const LONGEST_SECONDS = 99_999 * 3600;

/** Whole seconds as Karpenter and Gateway API spell them, e.g. `90s`, `10m`, `1h30m`. Internal. */
export function duration(seconds: number): string {
  const parts: [number, string][] = [[Math.floor(seconds / 3600), 'h'], [Math.floor(seconds % 3600 / 60), 'm'], [seconds % 60, 's']];
  return parts.filter(([amount]) => amount > 0).map(([amount, unit]) => `${amount}${unit}`).join('');
}
