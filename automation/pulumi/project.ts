// What the door needs to know of Pulumi.yaml.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { parse } from "yaml";
import { TuttiError } from "../errors.ts";

export interface Project {
  readonly name: string;
  /** Where stack files are committed, relative to the root. */
  readonly stackConfigDir: string;
  readonly runtime: { readonly name: string; readonly options: Readonly<Record<string, unknown>> };
  /** Relative to the root; undefined: the root. */
  readonly main: string | undefined;
}

/** What the file may be called (pulumi/pulumi: sdk/go/common/workspace/paths.go). YAML takes JSON as it is. */
export const projectFileNames: readonly string[] = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"];

async function read(root: string): Promise<{ readonly file: string; readonly text: string }> {
  for (const name of projectFileNames) {
    const file = path.join(root, name);
    try {
      return { file, text: await readFile(file, "utf8") };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT") throw new TuttiError("workspace", `${file} cannot be read: ${code ?? message}`);
    }
  }
  throw new TuttiError("workspace", `${path.join(root, projectFileNames[0]!)} cannot be read: ENOENT`);
}

/** @throws TuttiError `workspace` when there is no readable Pulumi.yaml in the folder. */
export async function findProject(root: string): Promise<Project> {
  const { file, text } = await read(root);
  const { name, stackConfigDir, runtime, main } = (parse(text) ?? {}) as {
    name?: unknown;
    stackConfigDir?: unknown;
    runtime?: string | { name?: unknown; options?: Record<string, unknown> | null };
    main?: unknown;
  };
  if (typeof name !== "string")
    throw new TuttiError("workspace", `${file} has no project name`, { hint: "add: name: platform" });
  const { name: runtimeName, options } = typeof runtime === "object" ? runtime : { name: runtime, options: undefined };
  return {
    name,
    stackConfigDir: typeof stackConfigDir === "string" ? stackConfigDir : ".",
    runtime: { name: typeof runtimeName === "string" ? runtimeName : "", options: options ?? {} },
    main: typeof main === "string" ? main : undefined,
  };
}
