// IPv4 ranges as the sandbox's networks need them: parsing, overlap, containment, free blocks.

export interface Range {
  /** First address as an unsigned 32-bit number. */
  readonly first: number;
  /** Prefix length, 0 to 32. */
  readonly prefix: number;
}

/** Parses `a.b.c.d/n`; undefined when it is not one or has bits set beyond its prefix (as the cloud refuses it). */
export function parseRange(text: string): Range | undefined {
  const match = /^(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})\/(\d{1,2})$/.exec(text);
  const first = match ? parseAddress(match[1]!) : undefined;
  const prefix = Number(match?.[2]);
  if (first === undefined || prefix > 32) return undefined;
  return first % sizeOf(prefix) === 0 ? { first, prefix } : undefined;
}

export function parseAddress(text: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

export function formatRange({ first, prefix }: Range): string {
  return `${formatAddress(first)}/${prefix}`;
}

/** How many addresses a prefix holds. */
export function sizeOf(prefix: number): number {
  return 2 ** (32 - prefix);
}

export function overlaps(a: Range, b: Range): boolean {
  return a.first < b.first + sizeOf(b.prefix) && b.first < a.first + sizeOf(a.prefix);
}

export function contains(outer: Range, inner: Range): boolean {
  return outer.first <= inner.first && inner.first + sizeOf(inner.prefix) <= outer.first + sizeOf(outer.prefix);
}

/** The first free block of a prefix length within a range, or undefined when there is none. */
export function freeBlock(within: Range, prefix: number, taken: readonly Range[]): Range | undefined {
  const end = within.first + sizeOf(within.prefix);
  const sorted = [...taken].sort((a, b) => a.first - b.first);
  let first = within.first;
  while (first + sizeOf(prefix) <= end) {
    const block = { first, prefix };
    const obstacle = sorted.find((range) => overlaps(range, block));
    if (obstacle === undefined) return block;
    const after = obstacle.first + sizeOf(obstacle.prefix);
    first = Math.ceil(after / sizeOf(prefix)) * sizeOf(prefix);
  }
  return undefined;
}
