/**
 * Whole seconds as Karpenter and Gateway API spell them, e.g. `90s`, `10m`, `1h30m`. Internal.
 *
 * Both accept at most five digits a unit; a longer time than 99,999 hours is cut to that.
 */
export function duration(seconds: number): string {
  const whole = Math.min(Math.ceil(seconds), 99_999 * 3600);
  const parts: [number, string][] = [[Math.floor(whole / 3600), 'h'], [Math.floor(whole % 3600 / 60), 'm'], [whole % 60, 's']];
  return parts.filter(([amount]) => amount > 0).map(([amount, unit]) => `${amount}${unit}`).join('') || '0s';
}
