// What commands for one environment have in common: opening the workspace and naming the environment.
import path from "node:path";
import { TuttiError } from "../errors.ts";
import { open, type Tutti } from "../index.ts";
import type { OpenOptions } from "../pulumi/environment.ts";
import { ownedVariables } from "../pulumi/realEnvironment.ts";
import { isCi } from "../variables.ts";
import { noneNamed, ownValue } from "../workspace.ts";
import type { Globals, Session } from "./command.ts";

/** The workspace and how to open one environment of it. @throws TuttiError `usage` for an environment there is not. */
export async function environmentNamed(
  name: string,
  { cwd }: Pick<Globals, "cwd">,
  { world }: Session,
): Promise<{ readonly tutti: Tutti; readonly options: OpenOptions }> {
  const tutti = await open(path.resolve(world.cwd, cwd), { variables: world.variables });
  const environment = ownValue(tutti.workspace.environments, name);
  if (environment === undefined) {
    throw new TuttiError("usage", noneNamed("environment", name, Object.keys(tutti.workspace.environments)));
  }
  return {
    tutti,
    options: {
      name,
      environment,
      workspace: tutti.workspace,
      sandbox: name,
      root: tutti.root,
      base: path.join(tutti.root, ".tutti"),
      variables: world.variables,
      owned: ownedVariables(tutti.workspace.environments),
      ci: isCi(world.variables),
      stdin: () => world.readInput(),
      ...(world.canAsk && { ask: (question: string, hidden?: "hidden") => world.ask(question, hidden) }),
    },
  };
}
