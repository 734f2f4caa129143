import { Range } from '../sizing/plan';

const GIB = 2 ** 30;

/** Three significant digits, thousands separated; whole above 100. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) { return value > 0 ? 'unbounded' : 'unknown'; }
  const magnitude = Math.abs(value);
  if (magnitude >= 100) { return Math.round(value).toLocaleString('en-US'); }
  if (magnitude === 0) { return '0'; }
  return String(Number(value.toPrecision(3)));
}

/** Bytes in GiB, two decimals below 100. */
export function gib(bytes: number): string {
  const value = bytes / GIB;
  return `${Math.abs(value) >= 100 ? value.toFixed(1) : value.toFixed(2)} GiB`;
}

/** A rate in decimal units: `3.35 TB/s`. */
export function bytesPerSecond(value: number): string {
  return value >= 1e12 ? `${figure(value / 1e12)} TB/s` : `${figure(value / 1e9)} GB/s`;
}

/** Milliseconds, in seconds from one second up. */
export function duration(millis: number): string {
  if (!Number.isFinite(millis)) { return 'unbounded'; }
  return millis < 999.5 ? `${figure(millis)} ms` : `${figure(millis / 1000)} s`;
}

/** A range of milliseconds: the expected figure, and what 90 % of measurements stay within. */
export function durationRange(range: Range): string {
  return `${duration(range.expected)} (${duration(range.low)} to ${duration(range.high)})`;
}

/** A range of plain figures. */
export function figureRange(range: Range): string {
  return `${figure(range.expected)} (${figure(range.low)} to ${figure(range.high)})`;
}

/** US dollars, in cents below 1,000. */
export function dollars(value: number): string {
  return value >= 1000 ? `$${Math.round(value).toLocaleString('en-US')}` : `$${value.toFixed(2)}`;
}

/** A share from 0 to 1, in percent. */
export function percent(share: number): string {
  return `${figure(100 * share)} %`;
}

/** `1 GPU`, `2 GPUs`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}

/** Parameters as people write them: `70.6B`. */
export function parameterCount(parameters: number): string {
  return parameters >= 1e9 ? `${figure(parameters / 1e9)}B` : `${figure(parameters / 1e6)}M`;
}
