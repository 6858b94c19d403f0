// Turns a selection into steps with an order. Direction is decided here, once: a destroy is the same graph turned round.
import type { Operation, StackId } from "./events.ts";

/** One stack to run, once. */
export interface PlanStep {
  readonly stack: StackId;
  /** Steps of this plan that must end well first, in plan order; each comes before this one. */
  readonly waitsFor: readonly StackId[];
  /** Why the stack was selected, for people. */
  readonly reason: string;
}

/** Steps in an order in which they could run one after the other. */
export interface Plan {
  readonly operation: Operation;
  readonly steps: readonly PlanStep[];
}
