// What the CLI remembers for a user outside of any project: the selected stack of each project, and the backend one is
// logged in to. Both are below PULUMI_HOME (pulumi/pulumi: pkg/workspace/workspace.go, sdk/go/common/workspace/creds.go).
import { createHash } from "node:crypto";
import { join } from "node:path";
import { EngineError, reasonOf } from "./error.ts";
import { readIfPresent, writeDurably } from "./files.ts";
import { indentText, isJsonObject, type JsonObject, type JsonValue, sortedText } from "./json.ts";
import type { Project } from "./project.ts";

/** `PULUMI_HOME`, or `.pulumi` in `HOME`. @throws EngineError when neither is set. */
export function pulumiHome(env: Readonly<Record<string, string>>): string {
  if (env["PULUMI_HOME"]) return env["PULUMI_HOME"];
  if (env["HOME"]) return join(env["HOME"], ".pulumi");
  throw new EngineError("PULUMI_HOME and HOME are not set: there is no place to remember things at");
}

function selectionFile(home: string, project: Project): string {
  const digest = createHash("sha1").update(project.file).digest("hex");
  return join(home, "workspaces", `${project.name}-${digest}-workspace.json`);
}

/** The name of the stack selected for a project and a backend; undefined when none is. */
export async function selectedStack(home: string, project: Project, backendUrl: string): Promise<string | undefined> {
  const file = await readObject(selectionFile(home, project));
  const stacks = file["stacks"];
  const byBackend = isJsonObject(stacks) ? stacks[backendUrl] : undefined;
  const name = byBackend ?? file["stack"]; // `stack` is what older CLIs wrote, for every backend
  return typeof name === "string" && name !== "" ? name : undefined;
}

/** Remembers a stack (its full name), or forgets it. Other settings in the file stay. */
export async function selectStack(
  home: string,
  project: Project,
  backendUrl: string,
  fullName: string | undefined,
): Promise<void> {
  const path = selectionFile(home, project);
  const { stack: _stack, ...file } = await readObject(path);
  const { [backendUrl]: _previous, ...others } = isJsonObject(file["stacks"]) ? file["stacks"] : {};
  const stacks = fullName === undefined ? others : { ...others, [backendUrl]: fullName };
  await writeObject(path, { ...file, stacks });
}

const credentialsFile = (home: string): string => join(home, "credentials.json");

/** The backend one is logged in to. */
export async function currentBackend(home: string): Promise<string | undefined> {
  const current = (await readObject(credentialsFile(home)))["current"];
  return typeof current === "string" && current !== "" ? current : undefined;
}

/** Logs in to a backend; accounts of others, tokens included, stay as they are. */
export async function rememberBackend(home: string, url: string): Promise<void> {
  const file = await readObject(credentialsFile(home));
  const accounts = isJsonObject(file["accounts"]) ? file["accounts"] : {};
  const account = accounts[url] ?? { lastValidatedAt: "0001-01-01T00:00:00Z" };
  await writeObject(credentialsFile(home), { ...file, current: url, accounts: { ...accounts, [url]: account } });
}

/** Logs out of a backend, or of all. */
export async function forgetBackend(home: string, url: string | undefined): Promise<void> {
  const file = await readObject(credentialsFile(home));
  const accounts = isJsonObject(file["accounts"]) ? file["accounts"] : {};
  const kept = url === undefined ? {} : Object.fromEntries(Object.entries(accounts).filter(([key]) => key !== url));
  const { current, ...rest } = file;
  const keepCurrent = url !== undefined && current !== undefined && current !== url;
  await writeObject(credentialsFile(home), { ...rest, ...(keepCurrent ? { current } : {}), accounts: kept });
}

async function readObject(path: string): Promise<JsonObject> {
  const bytes = await readIfPresent(path);
  if (bytes === undefined) return {};
  try {
    const json = JSON.parse(bytes.toString("utf8")) as JsonValue;
    if (isJsonObject(json)) return json;
  } catch (thrown) {
    throw new EngineError(`could not read ${path}: ${reasonOf(thrown)}`);
  }
  throw new EngineError(`could not read ${path}: expected an object`);
}

async function writeObject(path: string, value: JsonObject): Promise<void> {
  await writeDurably(path, indentText(sortedText(value)));
}
