// Looks at the backend of one real environment for `doctor`: whether it answers with what the environment has, and whether
// its layout is one that CLIs still take. Changes nothing: a folder that holds no states yet is not asked, since the CLI
// writes a file into it when it is. Waits no longer than it may, for a CLI or for a folder (one of a network that is gone).
import { access } from "node:fs/promises";
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
  ...about
}: Pick<OpenOptions, "name" | "environment" | "root" | "variables"> & {
  /** Every environment of the workspace: what one of them calls its own reaches no other. */
  readonly all: Readonly<Record<string, Environment>>;
  /** How long the backend may take to answer. */
  readonly patienceMs: number;
}): Promise<BackendFinding> {
  const { name, root } = about;
  const kill = AbortSignal.timeout(patienceMs);
  const options = {
    ...about,
    base: path.join(root, ".tutti"),
    sandbox: name,
    owned: ownedVariables(all),
    ci: true,
    kill,
  };
  const late = new Promise<never>((_, reject) =>
    kill.addEventListener("abort", () => reject(kill.reason), { once: true }),
  );
  try {
    return await Promise.race([look(options), late]);
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

async function look(options: OpenOptions): Promise<BackendFinding> {
  const { name, backend, stateFolder, held } = await openEnvironment(options);
  const none = (): boolean => false;
  if (stateFolder !== undefined && !(await access(path.join(stateFolder, ".pulumi")).then(() => true, none)))
    return { status: "note", message: `${name}: nothing is kept in ${backend} yet` };
  const { size } = await held();
  return { status: "ok", message: `${name}: ${backend} answers; ${size} stacks of this project` };
}
