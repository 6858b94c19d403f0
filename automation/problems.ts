// What is wrong with a workspace, as data: collected, sorted, shown all at once, never thrown one by one.
import { suggest } from "./suggest.ts";

export type ProblemCode =
  | "bad-name"
  | "bad-value"
  | "cloud-in-contract"
  | "cycle"
  | "duplicate-name"
  | "missing-setting"
  | "missing-stack"
  | "secret-setting"
  | "unknown-environment"
  | "unknown-key"
  | "unlisted-program"
  | "wrong-setting";

/** One thing that is wrong. */
export interface Problem {
  readonly code: ProblemCode;
  /** Lower-case, holds the wrong value and what to do. */
  readonly message: string;
  /** `stack cluster`, `environment prod`, `prod.settings.cluster.size`, or a file relative to the workspace root. */
  readonly where: string;
}

/** Problems without doubles, by place, then code, then message: the same workspace gives the same text. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  const key = ({ where, code, message }: Problem): string => JSON.stringify([where, code, message]);
  const distinct = new Map(problems.map((problem) => [key(problem), problem]));
  return [...distinct.entries()].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, problem]) => problem);
}

/** One line a problem: `where: message`. */
export function problemLine({ where, message }: Problem): string {
  return `${where}: ${message}`;
}

/** The problem of a key that nothing knows, with the key that was probably meant. */
export function unknownKeyProblem(where: string, key: string, known: readonly string[]): Problem {
  const meant = suggest(key, known);
  const choices = known.length > 0 ? `; known: ${[...known].sort().join(", ")}` : "; none are known here";
  return {
    code: "unknown-key",
    where,
    message: `unknown key "${key}"${meant === undefined ? choices : `; did you mean "${meant}"?`}`,
  };
}
