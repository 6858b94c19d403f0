// The one error class of the driver: it ends a command, with an exit code and a way out. What a stack does wrong is a
// Failure (data), what a workspace has wrong is a Problem (data); this carries those problems when they end a command.
import { type Problem, problemLine } from "./problems.ts";

/** Why a command ended before or without a run; exitCode.ts maps each to a number. */
export type ErrorCode =
  | "usage" // options or filters that cannot be
  | "workspace" // no workspace, or one with problems
  | "engine" // the engine is missing or too old
  | "authentication"
  | "guard"
  | "not-found" // a run, a stack in the backend, a state
  | "locked"
  | "cancelled"
  | "files" // a file of ours that cannot be written or read
  | "internal"; // a bug in tutti

/** Ends a command. `message` holds the wrong value; `hint` says what to do. */
export class TuttiError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** Only of code `workspace`: everything that is wrong, sorted. */
  readonly problems: readonly Problem[];

  constructor(
    code: ErrorCode,
    message: string,
    more: { readonly hint?: string; readonly problems?: readonly Problem[]; readonly cause?: unknown } = {},
  ) {
    super(message, "cause" in more ? { cause: more.cause } : undefined);
    this.name = "TuttiError";
    this.code = code;
    this.hint = more.hint;
    this.problems = more.problems ?? [];
  }
}

/** The error that ends a command when a workspace has problems; there must be at least one. */
export function workspaceError(problems: readonly Problem[]): TuttiError {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return new TuttiError(
    "workspace",
    `the workspace has ${count}:\n${problems.map((p) => `  ${problemLine(p)}`).join("\n")}`,
    {
      problems,
    },
  );
}

const remedies: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full: make room",
  EDQUOT: "the disk quota is used up: make room",
  EROFS: "the file system is read-only: make it writable",
  EACCES: "permission denied: give the user who runs tutti access to it",
  EPERM: "not permitted: give the user who runs tutti access to it",
  EIO: "the disk failed: check it",
  EMFILE: "too many open files: raise the limit (ulimit -n)",
};

/** An error of the operating system as one of ours; undefined for any other, which is a bug. */
export function filesError(error: unknown): TuttiError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return undefined;
  const hint = `${remedies[code] ?? "mend that"}, then run the same command again`;
  return new TuttiError("files", error.message, { hint, cause: error });
}
