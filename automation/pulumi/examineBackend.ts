// Looks at the backend of one real environment for `doctor`: whether it answers with what the environment has, and whether
// its layout is one that CLIs still take. Changes nothing: a folder that holds no states yet is not asked, since the CLI
// writes a file into it when it is.
import { existsSync } from "node:fs";
import path from "node:path";
import type { Environment } from "../define.ts";
import { TuttiError } from "../errors.ts";
import { type OpenOptions, openEnvironment } from "./environment.ts";
import { ownedVariables } from "./realEnvironment.ts";

export interface BackendFinding {
  readonly status: "ok" | "note" | "problem";
  readonly message: string;
  readonly hint?: string;
}

/** What there is to say of a real environment's backend; never throws for what it finds. */
export async function examineBackend({
  all,
  patienceMs,
  ...options
}: Pick<OpenOptions, "name" | "environment" | "root" | "variables"> & {
  /** Every environment of the workspace: what one of them calls its own reaches no other. */
  readonly all: Readonly<Record<string, Environment>>;
  /** How long the backend may take to answer. */
  readonly patienceMs: number;
}): Promise<BackendFinding> {
  const { name, root } = options;
  const kill = AbortSignal.timeout(patienceMs);
  try {
    const base = path.join(root, ".tutti");
    const environment = await openEnvironment({
      ...options,
      base,
      sandbox: name,
      owned: ownedVariables(all),
      ci: true,
      kill,
    });
    const { stateFolder, backend } = environment;
    if (stateFolder !== undefined && !existsSync(path.join(stateFolder, ".pulumi")))
      return { status: "note", message: `${name}: nothing is kept in ${backend} yet` };
    const { size } = await environment.held();
    return { status: "ok", message: `${name}: ${backend} answers; ${size} stacks of this project` };
  } catch (error) {
    if (kill.aborted)
      return {
        status: "problem",
        message: `${name}: the backend has not answered in ${patienceMs / 1000} s`,
        hint: "is it reached from here (network, proxy, credentials)? pulumi stack ls asks it the same",
      };
    const hint = error instanceof TuttiError ? error.hint : undefined;
    const message = `${name}: ${error instanceof Error ? error.message : String(error)}`;
    return { status: "problem", message, ...(hint === undefined ? {} : { hint }) };
  }
}
