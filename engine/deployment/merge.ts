// What a snapshot holds at one moment, made of its parts: new resources first, in the order in which they were done, then
// what is left of the old ones, in theirs. Whatever a resource needs was done before it or stood before it; references to
// resources that were renamed, moved or found gone meanwhile are brought in order here.
import type { Operation } from "../state/deployment.ts";
import type { ResourceState } from "../state/resource.ts";
import { withoutDangling } from "./dangling.ts";
import { normalizeUrns } from "./normalize.ts";
import { inOrder } from "./order.ts";

/** What is written: immutable. */
export interface SnapshotContents {
  readonly resources: readonly ResourceState[];
  readonly pendingOperations: readonly Operation[];
}

export interface SnapshotParts {
  readonly news: readonly ResourceState[];
  readonly base: readonly ResourceState[];
  readonly operations: readonly Operation[];
  /** A refresh has gone on beside other steps: what it found gone, others may still name. */
  readonly refreshed: boolean;
}

export function merge({ news, base, operations, refreshed }: SnapshotParts): SnapshotContents {
  const states = inOrder(normalizeUrns([...news, ...base]));
  return { resources: refreshed ? withoutDangling(states) : states, pendingOperations: operations };
}
