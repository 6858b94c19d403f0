// `stack output` and `stack`: what a stack holds, secrets masked unless asked for. Without `--show-secrets` nothing is
// decrypted, and no passphrase is needed.

import { hostname } from "node:os";
import { decodeDeployment, type Snapshot } from "../state/deployment.ts";
import { EngineError } from "../state/error.ts";
import { arrayText, plainText, stringText, structText } from "../state/json.ts";
import type { ResourceState } from "../state/resource.ts";
import type { SecretReader } from "../state/serialize.ts";
import { encodeProperties } from "../state/serialize.ts";
import { displayName, organization } from "../state/stackName.ts";
import type { PropertyMap } from "../values.ts";
import type { CommandContext } from "./context.ts";
import { ago, jsonText, massagedMap, shownValue, tableText, timeText, valueText, wantsJson } from "./print.ts";
import { type OpenedStack, openStack, readDeployment } from "./stack.ts";

const blinding: SecretReader = { decrypt: () => '"[secret]"' };

/** The state of a stack for looking at: secrets decrypted, or blinded. Undefined when it never was updated. */
async function look(context: CommandContext, { backend, name }: OpenedStack): Promise<Snapshot | undefined> {
  const { deployment } = await backend.readRaw(name);
  if (deployment === undefined) return undefined;
  if (!context.flags.boolean("show-secrets")) return decodeDeployment(deployment, blinding);
  const opened = await readDeployment(context, deployment);
  return opened.snapshot;
}

function outputsOf(snapshot: Snapshot | undefined, showSecrets: boolean): PropertyMap {
  const root = snapshot?.resources.find(({ type, parent }) => type === "pulumi:pulumi:Stack" && parent === "");
  return massagedMap(root?.outputs ?? {}, showSecrets);
}

/** `stack output [name] [--json | --shell] [--show-secrets]` */
export async function stackOutput(context: CommandContext): Promise<number> {
  const { flags } = context;
  if (flags.boolean("json") && flags.boolean("shell"))
    throw new EngineError("only one of --json and --shell may be set");
  const stack = await openStack(context);
  const outputs = outputsOf(await look(context, stack), flags.boolean("show-secrets"));
  const [name] = context.args;
  if (name !== undefined && !Object.hasOwn(outputs, name))
    throw new EngineError(`current stack does not have output property '${name}'`);
  const chosen = name === undefined ? Object.keys(outputs).sort() : [name];
  if (wantsJson(flags)) {
    context.stdout(
      jsonText(name === undefined ? encodeProperties(outputs, { type: "plaintext" }, "") : valueText(outputs[name]!)),
    );
  } else if (flags.boolean("shell")) {
    for (const key of chosen) context.stdout(`${key}=${shellQuoted(shownValue(outputs[key]!))}\n`);
  } else context.stdout(name === undefined ? outputsText(outputs) : `${shownValue(outputs[name]!)}\n`);
  return 0;
}

function shellQuoted(text: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function outputsText(outputs: PropertyMap): string {
  const names = Object.keys(outputs).sort();
  const head = `Current stack outputs (${names.length}):\n`;
  if (names.length === 0) return `${head}    No output values currently in this stack\n`;
  return (
    head +
    tableText(
      ["OUTPUT", "VALUE"],
      names.map((name) => [name, shownValue(outputs[name]!)]),
      "    ",
    )
  );
}

/** `stack`: what is known of the current stack. */
export async function stackShow(context: CommandContext): Promise<number> {
  const { flags } = context;
  const stack = await openStack(context);
  const project = await context.projectIfAny();
  const shown = flags.boolean("fully-qualify-stack-names")
    ? displayName(stack.name, undefined)
    : displayName(stack.name, project?.name);
  if (flags.boolean("show-name")) {
    context.stdout(`${shown}\n`);
    return 0;
  }
  const snapshot = await look(context, stack);
  const outputs = outputsOf(snapshot, flags.boolean("show-secrets"));
  if (wantsJson(flags)) {
    context.stdout(jsonText(await stackJson(stack, snapshot, outputs)));
    return 0;
  }
  const lines = [`Current stack is ${shown}:`, `    Managed by ${hostname()}`];
  if (snapshot !== undefined)
    lines.push(
      `    Last updated: ${ago(snapshot.manifest.time, Date.now())} (${snapshot.manifest.time.replace("T", " ").replace("Z", " +0000 UTC")})`,
      ...(snapshot.manifest.version === "" ? [] : [`    Pulumi version used: ${snapshot.manifest.version}`]),
    );
  const resources = snapshot?.resources ?? [];
  lines.push(`Current stack resources (${resources.length}):`);
  if (resources.length === 0) lines.push("    No resources currently in this stack");
  context.stdout(`${lines.join("\n")}\n`);
  if (resources.length > 0) context.stdout(tableText(["TYPE", "NAME"], treeRows(resources, context), "    "));
  if (resources.length > 0) context.stdout(`\n${outputsText(outputs)}`);
  context.stdout("\nUse `pulumi stack select` to change stack; `pulumi stack ls` lists known ones\n");
  return 0;
}

async function stackJson(stack: OpenedStack, snapshot: Snapshot | undefined, outputs: PropertyMap): Promise<string> {
  const { manifest, resources = [] } = snapshot ?? {};
  const optional = (text: string) => (text === "" ? undefined : stringText(text));
  return structText([
    ["organization", stringText(organization)],
    ["project", stringText(stack.name.project)],
    ["stack", stringText(stack.name.stack)],
    ["backend", stringText(stack.backend.url)],
    ["tags", plainText(await stack.backend.tags(stack.name))],
    [
      "manifest",
      manifest &&
        structText([
          ["time", stringText(timeText(manifest.time))],
          ["pulumiVersion", stringText(manifest.version)],
        ]),
    ],
    [
      "resources",
      arrayText(
        resources.map((resource) =>
          structText([
            ["urn", stringText(resource.urn)],
            ["type", stringText(resource.type)],
            ["name", stringText(nameOf(resource))],
            ["id", optional(resource.id)],
            ["parent", optional(resource.parent)],
          ]),
        ),
      ),
    ],
    ["outputs", encodeProperties(outputs, { type: "plaintext" }, "")],
  ]);
}

function nameOf({ urn }: ResourceState): string {
  return urn.split("::").slice(3).join("::");
}

/** Children under their parents, in the order of the state. */
function treeRows(resources: readonly ResourceState[], { flags }: CommandContext): readonly (readonly string[])[] {
  const children = new Map<string, ResourceState[]>();
  const known = new Set(resources.map(({ urn }) => urn));
  const root = resources.find(({ type, parent }) => type === "pulumi:pulumi:Stack" && parent === "");
  // providers have no parent, and are shown below the stack all the same, after its own children
  const isChild = ({ parent }: ResourceState) => known.has(parent);
  const ordered = [...resources.filter(isChild), ...resources.filter((resource) => !isChild(resource))];
  for (const resource of ordered) {
    const parent = isChild(resource) ? resource.parent : resource === root ? "" : (root?.urn ?? "");
    children.set(parent, [...(children.get(parent) ?? []), resource]);
  }
  const rows: string[][] = [];
  const visit = (resource: ResourceState, padding: string, branch: string, below: string) => {
    rows.push([`${padding}${branch}${resource.type}`, nameOf(resource)]);
    const items = resource.delete ? [] : (children.get(resource.urn) ?? []);
    const detail = `${padding}${below}${items.length > 0 ? "│  " : "   "}`;
    if (flags.boolean("show-urns")) rows.push([`${detail}URN: ${resource.urn}`]);
    if (flags.boolean("show-ids") && resource.id !== "") rows.push([`${detail}ID: ${resource.id}`]);
    items.forEach((child, index) => {
      const isLast = index === items.length - 1;
      visit(child, padding + below, isLast ? "└─ " : "├─ ", isLast ? "   " : "│  ");
    });
  };
  for (const top of children.get("") ?? []) visit(top, "", "", "");
  return rows;
}
