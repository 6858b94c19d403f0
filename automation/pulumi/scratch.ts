// A private copy of what the official engine's preview of one stack reads of a backend, for stacks that the backend does not
// have yet and for programs that read what a preview predicted: a file backend with the stack (empty when it is new), the
// stacks that it needs, and its configuration. Nothing of the real backend or the work tree changes, and all of it goes with
// the folder it is made in.
//
// 1. States are copied as they are: secrets in them stay encrypted, and open with what the environment has.
// 2. Of a predicted stack there is what its preview said: what is not known yet, and every secret, stands as Pulumi's own
//    sign for an unknown value, which a StackReference gives on as unknown.
import { randomBytes } from "node:crypto";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { EXACT_REFERENCES } from "../../engine/language/node.ts";
import { type Layout, layoutOf } from "../../engine/state/layout.ts";
import { fullName } from "../../engine/state/stackName.ts";
import { findStateFile } from "../../engine/state/stateFile.ts";
import { commandFailed, type OpenEnvironment } from "./environment.ts";

// The signatures of Pulumi's wire format (pulumi/pulumi: sdk/go/common/resource/properties.go and plugin/rpc.go).
const unknownSentinel = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const signatureKey = "4dabf18193072939515e22adb298388d";

/** A stack of the copy. */
export interface ScratchStack {
  readonly environment: OpenEnvironment;
  readonly stackName: string;
  /** Its outputs, as events tell them; absent: its state in the backend, which must have it. */
  readonly outputs?: Readonly<Record<string, unknown>>;
}

export interface Scratch {
  /** More variables for the command. */
  readonly variables: Readonly<Record<string, string>>;
  /** More arguments for it. */
  readonly arguments: readonly string[];
}

/** A state as the CLI exports it. */
export interface ExportedState {
  readonly version: number;
  readonly deployment?: unknown;
}

/** Makes the copy in a folder. `from`: the state of the stack, `"backend"` for the one it has there. */
export async function makeScratch(
  folder: string,
  { environment, stackName }: ScratchStack,
  from: "backend" | "nothing" | ExportedState,
  needed: readonly ScratchStack[] = [],
): Promise<Scratch> {
  const layout = layoutOf(folder);
  await mkdir(layout.stacks, { recursive: true, mode: 0o700 });
  await writeFile(layout.meta, "version: 1\n");
  const own = { environment, stackName };
  await Promise.all([
    from === "backend" ? copyState(layout, own) : writeState(layout, own, from === "nothing" ? { version: 3 } : from),
    ...needed.map((one) =>
      one.outputs === undefined ? copyState(layout, one) : writePredicted(layout, one, one.outputs),
    ),
  ]);
  const name = `Pulumi.${stackName}.yaml`;
  const file = path.join(folder, name);
  const committed = path.join(environment.root, environment.project.stackConfigDir, name);
  await writeFile(file, await readFile(committed).catch(() => ""), { mode: 0o600 });
  const { PULUMI_CONFIG_PASSPHRASE: word, PULUMI_CONFIG_PASSPHRASE_FILE: words } = environment.env;
  return {
    variables: {
      PULUMI_BACKEND_URL: `file://${folder}`,
      // Where keys are kept elsewhere there is no passphrase, and a key for a copy that nobody opens again is not made there.
      ...(word === undefined && words === undefined
        ? { PULUMI_CONFIG_PASSPHRASE: randomBytes(32).toString("base64url") }
        : {}),
      ...exactReferences(environment),
    },
    arguments: ["--config-file", file],
  };
}

/** For a program that the CLI's own host starts: one unknown output leaves the others of a StackReference known. */
function exactReferences({ folder, project, env }: OpenEnvironment): Record<string, string> {
  if (folder === undefined || project.runtime.name !== "nodejs") return {};
  return { NODE_OPTIONS: [env["NODE_OPTIONS"], `--import=${EXACT_REFERENCES}`].filter(Boolean).join(" ") };
}

async function copyState(layout: Layout, { environment, stackName }: ScratchStack): Promise<void> {
  const { stateFolder, project } = environment;
  const name = { project: project.name, stack: stackName };
  if (stateFolder !== undefined) {
    const file = await findStateFile(layoutOf(stateFolder).stackBase(name));
    if (file !== undefined) {
      const copy = layout.stackBase(name) + file.slice(layoutOf(stateFolder).stackBase(name).length);
      await mkdir(path.dirname(copy), { recursive: true });
      await copyFile(file, copy);
    }
    return;
  }
  const command = ["stack", "export", "--stack", stackName];
  const { code, stdout, stderr } = await environment.command().run(command, environment.root, {});
  if (code !== 0) throw commandFailed(`stack export of ${stackName}`, code, environment.mask(stderr));
  await writeState(layout, { environment, stackName }, JSON.parse(stdout) as ExportedState);
}

async function writePredicted(
  layout: Layout,
  stack: ScratchStack,
  outputs: Readonly<Record<string, unknown>>,
): Promise<void> {
  const project = stack.environment.project.name;
  const type = "pulumi:pulumi:Stack";
  const urn = `urn:pulumi:${stack.stackName}::${project}::${type}::${project}-${stack.stackName}`;
  const root = { urn, custom: false, type, outputs: withoutSecrets(outputs) };
  const manifest = { time: "0001-01-01T00:00:00Z", magic: "", version: "" };
  await writeState(layout, stack, { version: 3, deployment: { manifest, resources: [root] } });
}

async function writeState(
  layout: Layout,
  { environment, stackName }: ScratchStack,
  { deployment, ...versions }: ExportedState,
): Promise<void> {
  const name = { project: environment.project.name, stack: stackName };
  const file = `${layout.stackBase(name)}.json`;
  await mkdir(path.dirname(file), { recursive: true });
  const checkpoint = { stack: fullName(name), latest: deployment ?? null };
  await writeFile(file, JSON.stringify({ ...versions, checkpoint }), { mode: 0o600 });
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  if (signatureKey in value) return unknownSentinel;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withoutSecrets(part)]));
}
