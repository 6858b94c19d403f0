// What can be wrong about existing projects: their folders, and the names that their stacks would get. Pure.
import type { AnyContract, Workspace } from "./define.ts";
import type { Problem } from "./problems.ts";
import { type ResolvedStack, shown } from "./workspace.ts";

/** Pulumi's own rule for stack names (pulumi/pulumi: sdk/go/common/tokens/stack_name.go). */
const stackNamePattern = /^[A-Za-z0-9_.-]{1,100}$/;

/** What is wrong with where a contract says its project is; nothing for a program of the workspace. */
export function folderMistakes({ folder }: AnyContract): readonly string[] {
  if (folder === undefined) return [];
  const { dir, stack }: { readonly dir: unknown; readonly stack: unknown } = folder;
  const mistakes: string[] = [];
  if (typeof dir !== "string" || dir === "" || /^(?:\/|[A-Za-z]:|\\)/.test(dir))
    mistakes.push(`"dir" must be the project's folder, relative to the workspace's root, got ${shown(dir)}`);
  else if (dir.split("/").every((part) => part === "" || part === "."))
    mistakes.push(`"dir" is the workspace itself; its own programs are defined with defineStack`);
  if (typeof stack !== "string" || stack === "")
    mistakes.push(`"stack" must be Pulumi's name of the stack, like "payments-{environment}", got ${shown(stack)}`);
  else {
    const strange = [...stack.matchAll(/\{[^}]*\}?|\}/g)]
      .map(([text]) => text)
      .filter((text) => !placeholders.has(text));
    if (strange.length > 0)
      mistakes.push(`"stack" has ${strange.join(" and ")}; what can stand there is {environment} and {instance}`);
    else if (!/^[A-Za-z0-9_.-]*$/.test(stack.replace(/\{\w+\}/g, "")))
      mistakes.push(`"stack" is ${shown(stack)}; Pulumi takes letters, digits, "-", "_" and "."`);
  }
  return mistakes;
}

const placeholders = new Set(["{environment}", "{instance}"]);

/** Stacks of existing projects whose names in Pulumi would be too long, lack their instance, or be those of others. */
export function stackNameProblems(workspace: Workspace, stacks: Iterable<ResolvedStack>): readonly Problem[] {
  const problems: Problem[] = [];
  const taken = new Map<string, ResolvedStack>();
  for (const stack of stacks) {
    const { id, stackName, instance, environment, contract } = stack;
    const { folder } = contract;
    if (folder === undefined || folderMistakes(contract).length > 0) continue;
    const bad = (message: string): void => void problems.push({ code: "bad-name", where: `stack ${id}`, message });
    const names = folder.stack.includes("{instance}");
    if (instance !== undefined && !names)
      bad(`is one of several instances, so "stack" needs {instance}: ${folder.stack}-{instance}`);
    else if (instance === undefined && names)
      bad(`has no instances here, so "stack" cannot have {instance}; give it some with each(...)`);
    else if (!stackNamePattern.test(stackName)) bad(`Pulumi takes no stack name like ${shown(stackName)}`);
    // The same name is another stack where the state is kept elsewhere.
    const key = JSON.stringify([folder.dir, stackName, backendOf(workspace, environment)]);
    const other = taken.get(key);
    if (other !== undefined && (instance === undefined || names))
      bad(`is stack "${stackName}" of ${folder.dir}, and so is ${other.id}; put {environment} into "stack"`);
    taken.set(key, stack);
  }
  return problems;
}

function backendOf({ environments }: Workspace, name: string): unknown {
  const { cloud, backend } = environments[name]!;
  return cloud === "sandbox" ? ["sandbox", name] : backend;
}
