// `state get`: one resource as the state has it, secrets masked unless asked for.

import { decodeDeployment } from "../state/deployment.ts";
import { EngineError } from "../state/error.ts";
import { encodeResource, type ResourceState } from "../state/resource.ts";
import type { CommandContext } from "./context.ts";
import { jsonText, massagedMap, tableText, valueText, wantsJson } from "./print.ts";
import { openStack, readDeployment } from "./stack.ts";

/** `state get <urn | name> [--show-secrets] [--output json]` */
export async function stateGet(context: CommandContext): Promise<number> {
  const { flags, args } = context;
  const { backend, name } = await openStack(context);
  const { deployment } = await backend.readRaw(name);
  if (deployment === undefined) throw new EngineError(`no state found for stack ${name.stack}`);
  const showSecrets = flags.boolean("show-secrets");
  const snapshot = showSecrets
    ? (await readDeployment(context, deployment)).snapshot
    : decodeDeployment(deployment, { decrypt: () => '"[secret]"' });
  const state = find(snapshot.resources, args[0]!);
  const inputs = massagedMap(state.inputs, showSecrets);
  const outputs = massagedMap(state.outputs, showSecrets);
  if (wantsJson(flags)) {
    context.stdout(jsonText(encodeResource({ ...state, inputs, outputs }, { type: "plaintext" })));
    return 0;
  }
  const rows = (
    [
      ["URN", state.urn],
      ["ID", state.id],
      ["Type", state.type],
      ["Parent", state.parent],
      ["Provider", state.provider],
      ["Protected", state.protect ? "true" : ""],
    ] as const
  ).filter(([, value]) => value !== "");
  context.stdout(tableText(rows[0]!, rows.slice(1)));
  for (const [title, map] of [
    ["Inputs", inputs],
    ["Outputs", outputs],
  ] as const) {
    const lines = Object.entries(map).map(([key, value]) => `    ${key}: ${valueText(value)}\n`);
    context.stdout(`${title}:\n${lines.length === 0 ? "    none\n" : lines.join("")}`);
  }
  return 0;
}

/** By URN, or by a name that only one resource has. What waits for deletion counts only when nothing else does. */
function find(resources: readonly ResourceState[], wanted: string): ResourceState {
  const matching = (given: readonly ResourceState[]) =>
    wanted.startsWith("urn:pulumi:")
      ? given.filter(({ urn }) => urn === wanted)
      : given.filter(({ urn }) => urn.split("::").slice(3).join("::") === wanted);
  const live = matching(resources.filter((resource) => !resource.delete));
  const found = live.length > 0 ? live : matching(resources).slice(0, 1);
  if (found.length === 0) throw new EngineError(`No such resource "${wanted}" exists in the current state`);
  if (found.length > 1)
    throw new EngineError(
      `the name "${wanted}" belongs to several resources; give one of their URNs:\n${found.map(({ urn }) => `  ${urn}`).join("\n")}`,
    );
  return found[0]!;
}
