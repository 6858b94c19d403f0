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

/** Whether a thrown value is a system error with this code (`ENOENT`, `EEXIST`, ...). */
export function hasCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && (thrown as NodeJS.ErrnoException).code === code;
}
