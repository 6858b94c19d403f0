// Keeps the two kinds of state apart. A state that holds sandbox resources names the feature `tutti-sandbox`, which every
// official CLI refuses by itself; here the driver refuses before anything is started, in both directions.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { sandboxFeature } from "../../engine/state/deployment.ts";
import { TuttiError } from "../errors.ts";

interface Checkpoint {
  readonly checkpoint?: { readonly latest?: Deployment | null };
  readonly features?: readonly string[];
}
interface Deployment {
  readonly features?: readonly string[];
  readonly resources?: readonly { readonly type?: string }[];
}

/**
 * Refuses a state in a file backend that belongs to the other cloud: a real environment never opens sandbox resources, and
 * a sandbox never opens `gcp` or `kubernetes` resources that are not its own. A stack without state passes.
 *
 * @throws TuttiError `engine`.
 */
export async function refuseForeignState(
  cloud: "sandbox" | "real",
  folder: string,
  project: string,
  stack: string,
): Promise<void> {
  const text = await readFile(path.join(folder, ".pulumi", "stacks", project, `${stack}.json`), "utf8").catch(
    () => undefined,
  );
  // Cheap first: most states have neither the feature nor the types.
  if (text === undefined || !(text.includes(sandboxFeature) || /"type":\s*"(?:gcp|kubernetes):/.test(text))) return;
  let checkpoint: Checkpoint;
  try {
    checkpoint = JSON.parse(text) as Checkpoint;
  } catch {
    return; // The engine says what is wrong with the file.
  }
  const latest = checkpoint.checkpoint?.latest;
  const sandbox = [...(checkpoint.features ?? []), ...(latest?.features ?? [])].includes(sandboxFeature);
  if (cloud === "real" && sandbox) {
    throw new TuttiError("engine", `the state of ${stack} holds sandbox resources, and its environment is real`, {
      hint: "use another backend: a sandbox's state cannot become a real one",
    });
  }
  const foreign = (latest?.resources ?? []).find(({ type }) => /^(?:gcp|kubernetes):/.test(type ?? ""));
  if (cloud === "sandbox" && !sandbox && foreign !== undefined) {
    throw new TuttiError(
      "engine",
      `the state of ${stack} holds ${foreign.type} of a real cloud, and its environment is a sandbox`,
      {
        hint: "a sandbox keeps its own state under .tutti/: remove the file that was put there",
      },
    );
  }
}
