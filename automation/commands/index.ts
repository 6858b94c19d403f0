// Every command by its name, in the order of the help text; each is loaded when a command line may mean it.
import type { Register } from "./command.ts";

const commands: Readonly<Record<string, () => Promise<{ readonly register: Register }>>> = {
  up: () => import("./up.ts"),
  preview: () => import("./preview.ts"),
  refresh: () => import("./refresh.ts"),
  destroy: () => import("./destroy.ts"),
  drift: () => import("./drift.ts"),
  resume: () => import("./resume.ts"),
  recover: () => import("./recover.ts"),
  unlock: () => import("./unlock.ts"),
  outputs: () => import("./outputs.ts"),
  list: () => import("./list.ts"),
  graph: () => import("./graph.ts"),
  logs: () => import("./logs.ts"),
  runs: () => import("./runs.ts"),
  report: () => import("./report.ts"),
  sandbox: () => import("./sandbox.ts"),
  new: () => import("./new.ts"),
  doctor: () => import("./doctor.ts"),
  env: () => import("./env.ts"),
  pulumi: () => import("./pulumi.ts"),
  completion: () => import("./completion.ts"),
};

/** What a command line that begins with this word may mean: the command of that name, else any of them. */
export async function commandsFor(first: string | undefined): Promise<readonly Register[]> {
  const named = first !== undefined && Object.hasOwn(commands, first) ? commands[first] : undefined;
  const loaded = await Promise.all((named === undefined ? Object.values(commands) : [named]).map((load) => load()));
  return loaded.map(({ register }) => register);
}
