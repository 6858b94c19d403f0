// Closes a switch over a union: a new member does not compile until it is handled.

/** Never called when types hold; what came from a file is checked before it gets here. */
export function unreachable(value: never): never {
  throw new Error(`unexpected ${JSON.stringify(value)}`);
}
