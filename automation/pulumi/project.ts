// What the door needs to know of Pulumi.yaml.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { parse } from "yaml";
import { TuttiError } from "../errors.ts";

export interface Project {
  readonly name: string;
  /** Where stack files are committed, relative to the root. */
  readonly stackConfigDir: string;
}

/** @throws TuttiError `workspace` when there is no readable Pulumi.yaml in the folder. */
export async function findProject(root: string): Promise<Project> {
  const file = path.join(root, "Pulumi.yaml");
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new TuttiError("workspace", `${file} cannot be read: ${error.code ?? error.message}`);
  });
  const { name, stackConfigDir } = (parse(text) ?? {}) as { name?: unknown; stackConfigDir?: unknown };
  if (typeof name !== "string")
    throw new TuttiError("workspace", `${file} has no project name`, { hint: "add: name: platform" });
  return { name, stackConfigDir: typeof stackConfigDir === "string" ? stackConfigDir : "." };
}
