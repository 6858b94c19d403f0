// What a cut-off run left behind in one stack, and how it is settled.
//
// A pending operation is one whose beginning the state has and whose end it has not. Anything but a creation is settled by
// reading the resource again (a refresh). A creation may have made something that the state does not know: in a sandbox we
// look for it, for a real cloud somebody has to say its id. It is adopted (read into the state) or, where the state has
// another resource of that name by now, deleted; one that made nothing is cleared.
//
// Nothing is decided here without being told first: `examine` finds out and proposes, `settle` does what was proposed and
// looks again.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { adoptPendingCreates } from "../../engine/command/adopt.ts";
import type { CommandResult } from "../../engine/index.ts";
import { deleteResource } from "../../engine/providers/sandbox/cloud.ts";
import { EngineError } from "../../engine/state/error.ts";
import type { Workspace } from "../define.ts";
import { TuttiError } from "../errors.ts";
import type { StackId } from "../events.ts";
import { parseStackId, type ResolvedStack } from "../workspace.ts";
import { commandFailed, type OpenEnvironment, openEnvironment } from "./environment.ts";
import { isAfterthought } from "./failure.ts";
import { holdEnvironments } from "./hold.ts";
import { listCloud, type SandboxResource } from "./sandboxCloud.ts";
import { sandboxFiles } from "./sandboxFiles.ts";
import { makeScratch } from "./scratch.ts";

/** What is to be done about one pending operation. */
export type Proposal =
  /** It is read again, and the state takes what is found, or that it is gone. */
  | { readonly type: "refresh" }
  /** What it created is taken into the state. */
  | { readonly type: "adopt"; readonly id: string }
  /** It created nothing, or what it created is among `orphans`: the note about it goes. */
  | { readonly type: "clear" }
  /** Nobody here can tell what it created: say `adopt` with an id, or `clear`. */
  | { readonly type: "ask" };

export interface PendingOperation {
  readonly doing: string;
  readonly urn: string;
  readonly resourceType: string;
  readonly proposal: Proposal;
}

/** What `examine` found. */
export interface Findings {
  readonly stack: StackId;
  readonly pending: readonly PendingOperation[];
  /** In the sandbox's cloud, made by this stack, known to no state, and not to be adopted: to be deleted. */
  readonly orphans: readonly SandboxResource[];
}

/** What somebody knows about pending creations. */
export interface Decisions {
  /** Ids of what was created, by URN. */
  readonly adopt?: ReadonlyMap<string, string>;
  /** URNs whose creation made nothing. */
  readonly clear?: ReadonlySet<string>;
  /** Delete what was created instead of adopting it; in a sandbox only. */
  readonly deleteInstead?: boolean;
}

export interface RecoveryOptions {
  readonly workspace: Workspace;
  readonly root: string;
  /** The workspace's `.tutti`, or what stands for it. */
  readonly base: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly stack: StackId;
  /** The stack as the workspace knows it; absent when no contract claims it. */
  readonly known?: ResolvedStack | undefined;
}

interface StateJson {
  readonly version: number;
  readonly deployment?: {
    readonly resources?: readonly Entry[];
    readonly pending_operations?: readonly { readonly type: string; readonly resource: Entry }[];
  } | null;
}
interface Entry {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly delete?: boolean;
  readonly pendingReplacement?: boolean;
}

/** Finds out what is left open in a stack and proposes what to do; changes nothing. @throws TuttiError `not-found`. */
export async function examine(options: RecoveryOptions, decisions: Decisions = {}): Promise<Findings> {
  return look(await opened(options), options, decisions);
}

/**
 * Does what `examine` proposed, then looks again; what is still open comes back.
 *
 * @throws TuttiError `usage`, with nothing changed, when a creation has no decision; `locked` when a run goes on.
 */
export async function settle(
  options: RecoveryOptions & { readonly lockTimeoutMs?: number; readonly tell?: (text: string) => void },
  findings: Findings,
): Promise<Findings> {
  const { stack, base, known } = options;
  const undecided = findings.pending.filter(({ proposal }) => proposal.type === "ask");
  if (undecided.length > 0)
    throw new TuttiError("usage", `nobody here can tell what became of ${undecided.map(({ urn }) => urn).join(", ")}`, {
      hint: "look into the cloud, then say --adopt <urn>=<id>, or --clear <urn> when nothing was created",
    });
  const environment = await opened(options);
  const held = await holdEnvironments(new Map([[environment.name, environment.leases]]), {
    runId: "none",
    operation: `recover ${stack}`,
    lockTimeoutMs: options.lockTimeoutMs ?? 0,
    ...(options.tell === undefined ? {} : { tell: options.tell }),
  });
  try {
    if (findings.pending.length > 0)
      await refresh(environment, known?.stackName ?? stack, findings, () => held.check(environment.name));
    for (const orphan of findings.orphans) await deleteResource(sandboxFiles(base, environment.name).cloud, orphan);
  } finally {
    await held.release();
  }
  return look(environment, options, {});
}

async function opened({ workspace, root, base, variables, stack, known }: RecoveryOptions): Promise<OpenEnvironment> {
  const name = parseStackId(stack)?.environment ?? "";
  const environment = Object.hasOwn(workspace.environments, name) ? workspace.environments[name] : undefined;
  if (environment === undefined) throw new TuttiError("usage", `no environment is named "${name}"`);
  const folder = known?.contract.folder?.dir;
  const open = await openEnvironment({
    ...{ name, environment, workspace, folder, sandbox: name, root, base, variables, ci: true },
  });
  const stackName = known?.stackName ?? stack;
  if (!(await open.held()).has(stackName))
    throw new TuttiError("not-found", `stack ${stack} is not deployed`, { hint: "tutti list shows what is" });
  await open.checkState(stackName);
  return open;
}

async function look(
  environment: OpenEnvironment,
  { base, stack, known: resolved }: Pick<RecoveryOptions, "base" | "stack" | "known">,
  decisions: Decisions,
): Promise<Findings> {
  const stackName = resolved?.stackName ?? stack;
  const { resources = [], pending_operations: operations = [] } =
    (await exportState(environment, stackName)).deployment ?? {};
  const cloud = environment.cloud === "sandbox" ? await listCloud(base, environment.name, false) : [];
  // What was deleted to make room is named by the state still, and may be there anew under the same id.
  const known = new Set(resources.filter((one) => !one.pendingReplacement).map(({ urn, id }) => `${urn} ${id ?? ""}`));
  // Stacks of two projects may have one name.
  const ours = `urn:pulumi:${stackName}::${environment.project.name}::`;
  const unknown = cloud.filter((one) => one.urn.startsWith(ours) && !known.has(`${one.urn} ${one.id}`));
  const taken = new Set(
    resources.filter((one) => one.delete !== true && !one.pendingReplacement).map(({ urn }) => urn),
  );
  const pending = operations.map(({ type: doing, resource: { urn, type: resourceType } }): PendingOperation => {
    const made = unknown.filter((one) => one.urn === urn);
    const propose = (): Proposal => {
      if (doing !== "creating") return { type: "refresh" };
      const id = decisions.adopt?.get(urn);
      if (id !== undefined) return { type: "adopt", id };
      if (decisions.clear?.has(urn)) return { type: "clear" };
      if (environment.cloud === "real" || !seen(resourceType)) return { type: "ask" };
      const [only] = made;
      const adoptable = only !== undefined && made.length === 1 && !taken.has(urn) && !decisions.deleteInstead;
      return adoptable ? { type: "adopt", id: only.id } : { type: "clear" };
    };
    return { doing, urn, resourceType, proposal: propose() };
  });
  checkDecisions(decisions, pending);
  const adopted = new Set(
    pending.flatMap(({ urn, proposal }) => (proposal.type === "adopt" ? [`${urn} ${proposal.id}`] : [])),
  );
  return { stack, pending, orphans: unknown.filter(({ urn, id }) => !adopted.has(`${urn} ${id}`)) };
}

/** Whether we can see all that a creation of this type makes: the sandbox's cloud, and what makes nothing outside of the state. */
function seen(resourceType: string): boolean {
  return /^(?:gcp|kubernetes|random|pulumi):/.test(resourceType);
}

function checkDecisions(
  { adopt = new Map(), clear = new Set() }: Decisions,
  pending: readonly PendingOperation[],
): void {
  const creating = new Set(pending.filter(({ doing }) => doing === "creating").map(({ urn }) => urn));
  const stranger = [...adopt.keys(), ...clear].find((urn) => !creating.has(urn));
  if (stranger !== undefined)
    throw new TuttiError("usage", `"${stranger}" is no creation that was cut off`, {
      hint: creating.size === 0 ? "there is none" : `there is: ${[...creating].join(", ")}`,
    });
}

/** Adopts and clears what was decided, and reads everything else again. */
async function refresh(
  environment: OpenEnvironment,
  stack: string,
  { stack: id, pending }: Findings,
  fence: () => Promise<void>,
): Promise<void> {
  const adopted = new Map(
    pending.flatMap(({ urn, proposal }) => (proposal.type === "adopt" ? [[urn, proposal.id] as const] : [])),
  );
  const inCopy = environment.cloud === "real" && adopted.size > 0;
  if (inCopy) await adoptInCopy(environment, stack, id, adopted);
  const adopt = inCopy ? [] : [...adopted].flat().flatMap((word) => ["--import-pending-creates", word]);
  const clear = pending.some(({ proposal }) => proposal.type === "clear") ? ["--clear-pending-creates"] : [];
  const command = ["refresh", "--yes", "--skip-preview", "--stack", stack, ...adopt, ...clear];
  const result = await environment.command({ fence }).run(command, environment.root, {});
  if (result.code !== 0) throw refreshFailed(environment, id, result);
}

function refreshFailed({ mask }: OpenEnvironment, id: StackId, { code, stdout, stderr }: CommandResult): TuttiError {
  const said = mask(`${stderr}\n${stdout}`);
  if (/the stack is currently locked/.test(said))
    return new TuttiError("locked", `stack ${id} is locked: ${lockHolder(said)}`, { hint: `tutti unlock ${id}` });
  const errors = [...said.matchAll(/^ *error: (.*)/gm)].map(([, text]) => text!);
  return commandFailed(`refresh of ${id}`, code, errors.find((text) => !isAfterthought(text)) ?? said);
}

/**
 * Takes what was created into the state of a real stack: in a private copy it is put there under its id and read from the
 * provider, and only when that went well is the copy's state imported. The CLI has a flag for it
 * (`refresh --import-pending-creates`), which notes the id and then forgets the whole operation: with 3.260 the state has
 * nothing of it afterwards. An import forgets all pending operations, which is why each of them must be decided before.
 *
 * @throws TuttiError with nothing changed: `usage` when the state has another resource of that name by now, `not-found` when
 * nothing is there under an id, `engine` when it cannot be read.
 */
async function adoptInCopy(
  environment: OpenEnvironment,
  stack: string,
  id: StackId,
  ids: ReadonlyMap<string, string>,
): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "tutti-"));
  try {
    const scratch = await makeScratch(
      path.join(folder, "copy"),
      { environment, stackName: stack },
      adoptedState(await exportState(environment, stack), ids),
    );
    const targets = [...ids.keys()].flatMap((urn) => ["--target", urn]);
    const command = ["refresh", "--yes", "--skip-preview", "--stack", stack, ...targets, ...scratch.arguments];
    const result = await environment.command().run(command, environment.root, scratch.variables);
    if (result.code !== 0) throw refreshFailed(environment, id, result);
    const state = await exportState(environment, stack, scratch.variables);
    const there = new Set((state.deployment?.resources ?? []).map(({ urn }) => urn));
    const unfound = [...ids].find(([urn]) => !there.has(urn));
    if (unfound !== undefined)
      throw new TuttiError("not-found", `there is no ${unfound[0]} with the id "${unfound[1]}"`, {
        hint: "look into the cloud again; what was cut off is still open",
      });
    const file = path.join(folder, "state.json");
    await writeFile(file, JSON.stringify(state), { mode: 0o600 });
    const imported = await environment
      .command()
      .run(["stack", "import", "--stack", stack, "--file", file], environment.root, {});
    if (imported.code !== 0)
      throw commandFailed(`stack import of ${id}`, imported.code, environment.mask(imported.stderr));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function adoptedState(state: StateJson, ids: ReadonlyMap<string, string>): StateJson {
  const { resources = [], pending_operations: operations = [] } = state.deployment ?? {};
  try {
    const { adopted } = adoptPendingCreates(resources, operations, ids);
    return { ...state, deployment: { ...state.deployment, resources: adopted, pending_operations: [] } };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new TuttiError("usage", error.message, { hint: "delete it in the cloud, then say --clear <urn>" });
  }
}

async function exportState(
  environment: OpenEnvironment,
  stack: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<StateJson> {
  const command = ["stack", "export", "--stack", stack];
  const { code, stdout, stderr } = await environment.command().run(command, environment.root, variables);
  if (code !== 0) throw commandFailed(`stack export of ${stack}`, code, environment.mask(stderr));
  return JSON.parse(stdout) as StateJson;
}

function lockHolder(text: string): string {
  return /created by (.+)$/m.exec(text)?.[1] ?? "its owner is not known";
}
