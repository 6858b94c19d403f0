// Finds in the workspace what a Pulumi stack name stands for: contract, environment, instance, settings, and where each
// need is. Pure.
import type { AnyContract, Environment, Need, StackInfo, Workspace } from "../define.ts";
import type { StackId } from "../events.ts";
import { complaint } from "./check.ts";
import type { Source } from "./needs.ts";

export interface Located {
  readonly contract: AnyContract;
  readonly stack: StackInfo;
  /** Parsed, defaults filled in. */
  readonly settings: unknown;
  readonly needs: readonly { readonly name: string; readonly contract: AnyContract; readonly source: Source }[];
}

type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };
const wrong = (error: string): { ok: false; error: string } => ({ ok: false, error });

/** What the stack of this name is, or one sentence why it is nothing. */
export function locate(workspace: Workspace, name: string): Result<Located> {
  const [program, environmentName, instance, ...rest] = name.split(".");
  if (environmentName === undefined || rest.length > 0) {
    return wrong(`stack "${name}" is not named <program>.<environment> or <program>.<environment>.<instance>`);
  }
  const contract = workspace.stacks.find((candidate) => candidate.name === program);
  if (contract === undefined) {
    return wrong(`no stack "${program}" in the workspace; it has: ${workspace.stacks.map((c) => c.name).join(", ")}`);
  }
  const environment = workspace.environments[environmentName];
  if (environment === undefined) {
    return wrong(
      `no environment "${environmentName}" in the workspace; it has: ${Object.keys(workspace.environments).join(", ")}`,
    );
  }
  const instances = instancesOf(environment, contract);
  if (!instances.some(([known]) => known === instance)) {
    const known = instances.map(([one]) =>
      [program, environmentName, one].filter((part) => part !== undefined).join("."),
    );
    return wrong(`no stack "${name}" in the workspace; environment "${environmentName}" has: ${known.join(", ")}`);
  }
  const given = instances.find(([known]) => known === instance)![1];
  const bad = complaint(contract.settings, given);
  if (bad !== undefined)
    return wrong(
      `settings of ${name}: ${bad}. They are given in environment "${environmentName}" of stacks/workspace.ts`,
    );
  const needs: Located["needs"][number][] = [];
  for (const [key, need] of Object.entries(contract.needs)) {
    const source = sourceOf(workspace, need, environmentName, instance);
    if (!source.ok) return wrong(`${name} needs "${key}": ${source.error}`);
    needs.push({ name: key, contract: need.kind === "need" ? need.contract : need, source: source.value });
  }
  const stack: StackInfo = { id: name as StackId, name: contract.name, environment: environmentName, instance };
  return { ok: true, value: { contract, stack, settings: contract.settings.parse(given), needs } };
}

/** Instances of a stack in an environment with the settings given to each; a stack without instances is one nameless. */
function instancesOf(
  environment: Environment,
  contract: AnyContract,
): readonly (readonly [string | undefined, unknown])[] {
  const given = environment.settings[contract.name] as
    | { kind?: unknown; entries?: readonly (readonly [string, unknown])[] }
    | undefined;
  return given?.kind === "instances" ? given.entries! : [[undefined, given ?? {}]];
}

function sourceOf(
  workspace: Workspace,
  need: AnyContract | Need,
  home: string,
  instance: string | undefined,
): Result<Source> {
  const contract = need.kind === "need" ? need.contract : need;
  const environmentName = (need.kind === "need" ? need.environment : undefined) ?? home;
  const environment = workspace.environments[environmentName];
  if (environment === undefined) return wrong(`no environment "${environmentName}"`);
  const base = `${contract.name}.${environmentName}`;
  const ids = instancesOf(environment, contract).map(
    ([one]) => [one, one === undefined ? base : `${base}.${one}`] as const,
  );
  if (need.kind === "need" && need.every) {
    return { ok: true, value: { kind: "every", stacks: ids.map(([one, id]) => [one ?? "default", id] as const) } };
  }
  const match = ids.find(([one]) => one === undefined) ?? ids.find(([one]) => one === instance);
  if (match === undefined) {
    return wrong(
      `${contract.name} has instances in "${environmentName}" (${ids.map(([one]) => one).join(", ")}): use ${contract.name}.all`,
    );
  }
  return { ok: true, value: { kind: "one", stack: match[1] } };
}
