export const KIB = 2 ** 10;
export const MIB = 2 ** 20;
export const GIB = 2 ** 30;

/** Bytes as a quantity, rounded up to whole mebibytes (`512Mi`, `16Gi`). */
export function bytesUp(bytes: number): string {
  const mib = Math.ceil(bytes / MIB);
  return mib % 1024 === 0 && mib > 0 ? `${mib / 1024}Gi` : `${mib}Mi`;
}

/** Thousandths of a CPU as a quantity (`500m`, `12`). */
export function cpu(millis: number): string {
  return millis % 1000 === 0 ? String(millis / 1000) : `${millis}m`;
}

const UNITS: { [unit: string]: number } = {
  '': 1, 'n': 1e-9, 'u': 1e-6, 'm': 1e-3, 'k': 1e3, 'M': 1e6, 'G': 1e9, 'T': 1e12, 'P': 1e15, 'E': 1e18,
  'Ki': KIB, 'Mi': MIB, 'Gi': GIB, 'Ti': 2 ** 40, 'Pi': 2 ** 50, 'Ei': 2 ** 60,
};

/** A quantity as a number, in bytes where it is one of memory; undefined where it is not written as a number with a unit. */
export function amountOf(quantity: unknown): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([numkMGTPE]|[KMGTPE]i)?$/.exec(String(quantity)) ?? [];
  return amount === undefined ? undefined : Number(amount) * UNITS[unit ?? ''];
}
