// Points in time as they stand in a state: RFC 3339 in UTC as Go writes it, so that a CLI that writes the state anew leaves
// them as they are: a fraction of a second has no zeros at its end (Go: time.RFC3339Nano).

export function stateTime(time: Date = new Date()): string {
  return time.toISOString().replace(/\.?0+Z$/, "Z");
}
