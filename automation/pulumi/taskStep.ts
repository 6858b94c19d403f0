// What a step does for a task before and after the operation on its stack: which of them need no program at all, and what the
// program says became of the task (taskNote.ts).
import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { AnyContract } from "../define.ts";
import type { Operation } from "../events.ts";
import type { StepContext, StepResult } from "../execute.ts";
import { isBookkeeping, type TaskNote } from "../taskNote.ts";

/** Why no program has to run for a task; undefined for all others. */
export function withoutProgram(
  { task }: AnyContract,
  cloud: "sandbox" | "real",
  operation: Operation,
): string | undefined {
  if (task === undefined) return undefined;
  if (operation === "refresh" || operation === "drift") return "a task has nothing in the cloud";
  // Where others need its outputs, its program gives those of the sandbox.
  if (task.network && cloud === "sandbox" && task.sandbox === undefined && operation !== "destroy") return "sandbox";
  return undefined;
}

/** Runs the operation on a task's stack with a place for its note, and reads the result by that. */
export async function withNote(
  context: StepContext,
  operate: (context: StepContext, variables: Readonly<Record<string, string>>) => Promise<StepResult>,
): Promise<StepResult> {
  const { operation } = context;
  // What the engine keeps a task as is no resource that anybody asked for.
  const quiet: StepContext = { ...context, emit: (event) => event.type !== "resource" && context.emit(event) };
  const folder = await mkdtemp(path.join(os.tmpdir(), "tutti-task-"));
  try {
    const file = path.join(folder, "note.json");
    const result = await operate(quiet, { TUTTI_TASK: file });
    const text = await readFile(file, "utf8").catch(() => "");
    return asTask(result, text === "" ? undefined : (JSON.parse(text) as TaskNote), operation);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A task has no resources worth counting; what it did is why it ran, and the outputs that are others. */
function asTask({ outcome, summary }: StepResult, note: TaskNote | undefined, operation: Operation): StepResult {
  const changedOutputs = summary.changedOutputs.filter((name) => !isBookkeeping(name));
  const about = { ...summary, counts: {}, changedOutputs };
  const well = outcome.type === "succeeded" || outcome.type === "unchanged";
  if (!well) return { outcome, summary: about };
  if (operation === "destroy") {
    return {
      outcome,
      summary: { ...about, changedOutputs: [], task: { ran: false, reason: "forgotten, not undone" } },
    };
  }
  switch (note?.type) {
    case "runs":
      return {
        outcome: { type: "succeeded" },
        summary: {
          ...about,
          task: { ran: true, reason: `${operation === "preview" ? "would run" : "ran"}: ${note.reason}` },
        },
      };
    case "kept":
      return {
        outcome: { type: "unchanged" },
        summary: { ...about, task: { ran: false, reason: "nothing it reads has changed since it ran" } },
      };
    case "skipped":
      return { outcome: { type: "skipped", reason: "sandbox" }, summary: about };
    default:
      return { outcome, summary: about };
  }
}
