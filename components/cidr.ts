// IPv4 ranges in CIDR notation: reads them, and finds those that overlap before a cloud does.

/** A range of addresses, ends included, as unsigned 32-bit numbers. */
export interface Cidr {
  readonly text: string;
  readonly first: number;
  readonly last: number;
  /** Bits of the network part, 0 to 32. */
  readonly prefix: number;
}

const form = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/;

/** Reads `10.0.0.0/20`; undefined when it is no range, or when bits after the prefix are set (`10.0.0.1/20`). */
export function parseCidr(text: string): Cidr | undefined {
  const parts = form.exec(text)?.slice(1).map(Number);
  if (parts === undefined) return undefined;
  const [a = 256, b = 256, c = 256, d = 256, prefix = 33] = parts;
  if ([a, b, c, d].some((byte) => byte > 255) || prefix > 32) return undefined;
  const first = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
  const size = 2 ** (32 - prefix);
  return first % size === 0 ? { text, first, last: first + size - 1, prefix } : undefined;
}

/** Whether two ranges share an address. */
export function overlap(one: Cidr, other: Cidr): boolean {
  return one.first <= other.last && other.first <= one.last;
}
