// Says which stacks need each other in a circle when their contracts import each other: such files fail while they are
// loaded ("Cannot access 'a' before initialization"), so there is no workspace yet to find the circle in. Pure.
import { cycleProblem, cycles } from "./graph.ts";
import { type Problem, sortProblems } from "./problems.ts";

/**
 * A problem for every circle of imports, by the names of the stacks where all files of it are contracts.
 * `imports` holds, by file relative to the workspace root, the files that it imports.
 */
export function importCircles(imports: ReadonlyMap<string, readonly string[]>): readonly Problem[] {
  return sortProblems(
    cycles(imports).map((circle) => {
      const stacks = circle.map((file) => /^stacks\/([^/]+)\/contract\.ts$/.exec(file)?.[1]);
      if (stacks.every((name) => name !== undefined)) return cycleProblem(stacks);
      const path = [...circle, circle[0]].join(" -> ");
      return { code: "cycle", where: circle[0]!, message: `files import each other in a circle: ${path}` };
    }),
  );
}
