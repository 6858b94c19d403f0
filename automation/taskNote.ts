// What the program of a task and the driver tell each other besides outputs. Pure.

/** Names under which a task keeps, among its outputs, what it read when it ran and the key of these digests. */
export const recordOutput = "tutti:task";
export const keyOutput = "tutti:key";

/** Whether an output is the task's own bookkeeping. */
export function isBookkeeping(output: string): boolean {
  return output === recordOutput || output === keyOutput;
}

/** What became of a task, left in the file that TUTTI_TASK names. `runs` in a preview: it would. */
export type TaskNote =
  | { readonly type: "runs"; readonly reason: string }
  | { readonly type: "kept" }
  | { readonly type: "skipped" };
