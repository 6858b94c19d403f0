// The one error class of the engine's own making: something the caller must be told in a sentence, with the exit code the
// pulumi CLI would end with. Whatever else is thrown is a bug in the engine.

/** Exit codes of the pulumi CLI since 3.227 (pulumi/pulumi: sdk/go/common/util/cmdutil/exit.go). */
export const exitCodes = {
  success: 0,
  error: 1,
  configuration: 2,
  authentication: 3,
  resource: 4,
  policy: 5,
  stackNotFound: 6,
  unexpectedChanges: 7,
  cancelled: 8,
  timeout: 9,
  internal: 255,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A failure to report as `error: <message>`; `message` may have several lines, never a stack trace. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly exitCode: ExitCode;
  constructor(message: string, exitCode: ExitCode = exitCodes.error) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** `message` of anything thrown, for a sentence that says what went wrong inside a larger action. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** What people are told of a system error, by its code, and what to do about it. */
const systemErrors: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  ENOSPC: ["the disk is full", "make room there"],
  EDQUOT: ["the disk quota is used up", "make room there"],
  EROFS: ["the file system is read-only", "make it writable"],
  EACCES: ["permission denied", "give the user who runs this access to it"],
  EPERM: ["operation not permitted", "give the user who runs this access to it"],
  EIO: ["the disk failed", "check it"],
  EMFILE: ["too many open files", "raise the limit (ulimit -n)"],
  ENFILE: ["too many open files", "raise the limit of the machine"],
};

/** A sentence about a file that cannot be read or written, with what to do; for any other error, its own message. */
export function fileProblem(verb: "read" | "write", path: string, thrown: unknown): string {
  const code = thrown instanceof Error ? ((thrown as NodeJS.ErrnoException).code ?? "") : "";
  const known = systemErrors[code];
  if (known === undefined) return `could not ${verb} ${path}: ${reasonOf(thrown)}`;
  return `could not ${verb} ${path}: ${known[0]} (${code}). To go on, ${known[1]}, then run the same command again`;
}

/** Whether a thrown value is a system error with this code (`ENOENT`, `EEXIST`, ...). */
export function hasCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && (thrown as NodeJS.ErrnoException).code === code;
}
