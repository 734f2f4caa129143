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
  '': 1, 'k': 1e3, 'M': 1e6, 'G': 1e9, 'T': 1e12, 'Ki': KIB, 'Mi': MIB, 'Gi': GIB, 'Ti': 2 ** 40,
};

/** Bytes of a memory quantity; undefined where it is not written as a number with a unit. */
export function quantityBytes(quantity: string | number): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([kMGT]|[KMGT]i)?$/.exec(String(quantity)) ?? [];
  return amount === undefined ? undefined : Number(amount) * UNITS[unit ?? ''];
}
