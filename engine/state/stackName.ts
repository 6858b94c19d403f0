// Names of stacks on a file backend. In full a stack is `organization/<project>/<stack>`: the organization is always the
// word "organization".
import { EngineError } from "./error.ts";

export const organization = "organization";

export interface StackName {
  readonly project: string;
  readonly stack: string;
}

/** `organization/<project>/<stack>`, as checkpoints and locks have it. */
export function fullName({ project, stack }: StackName): string {
  return `${organization}/${project}/${stack}`;
}

/** How a stack is shown: its short name within its own project, else the full one. */
export function displayName(name: StackName, currentProject: string | undefined): string {
  return name.project === currentProject ? name.stack : fullName(name);
}

/**
 * Reads `stack`, `project/stack`, `organization/stack` or `organization/project/stack`.
 * @throws EngineError for a bad name, or when the project is neither given nor known.
 */
export function parseStackName(text: string, currentProject: string | undefined): StackName {
  if (text === "") throw new EngineError("stack name must not be empty");
  const parts = text.split("/");
  if (parts.length > 3)
    throw new EngineError(`stack name "${text}" has too many parts: expected organization/project/stack`);
  if (parts.length === 3 && parts[0] !== organization)
    throw new EngineError("organization name must be 'organization'");
  const stack = parts.at(-1)!;
  const given = parts.length === 1 ? undefined : parts.at(-2);
  const project = parts.length === 2 && given === organization ? currentProject : (given ?? currentProject);
  if (project === undefined)
    throw new EngineError(
      "no Pulumi.yaml project file found; either run this command from a directory containing a Pulumi project, " +
        "or pass the fully qualified stack name (organization/project/stack)",
    );
  checkProjectName(project);
  checkStackName(stack);
  return { project, stack };
}

/** @throws EngineError unless the name is 1 to 100 letters, digits, hyphens, underscores and periods. */
export function checkStackName(stack: string): void {
  if (stack === "") throw new EngineError("a stack name may not be empty");
  if (stack.length > 100) throw new EngineError("a stack name cannot exceed 100 characters");
  const at = stack.search(/[^A-Za-z0-9_.-]/);
  if (at >= 0)
    throw new EngineError(
      `a stack name may only contain alphanumeric, hyphens, underscores, or periods: invalid character '${stack[at]}' at position ${at}`,
    );
  refuseDots(stack, "stack");
}

/** The same rules for a project. */
export function checkProjectName(project: string): void {
  if (project === "") throw new EngineError("project names may not be empty");
  if (project.length > 100) throw new EngineError("project names are limited to 100 characters");
  if (!/^[A-Za-z0-9_.-]+$/.test(project))
    throw new EngineError(
      `project names may only contain alphanumerics, hyphens, underscores, and periods: got "${project}"`,
    );
  refuseDots(project, "project");
}

/** Both become names of folders. */
function refuseDots(name: string, what: string): void {
  if (name === "." || name === "..") throw new EngineError(`"${name}" cannot be the name of a ${what}`);
}
