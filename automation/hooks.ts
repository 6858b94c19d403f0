// Hooks after a run, as data: what a workspace declares, when a hook has something to say of a report, and what it says.
// Pure. What is told comes from the report alone, in which every secret is masked; automation/hooks/ does the telling.
import type { EnvReference } from "./define.ts";
import type { Operation } from "./events.ts";
import { type Duration, durationMs } from "./patience.ts";
import type { Report, StackReport } from "./report.ts";
import { suggest } from "./suggest.ts";

// ---- Declarations ---------------------------------------------------------------------------------------------------

/** How a run ended. `failed`: a stack did not end well, whatever the way. */
export type RunOutcome = "succeeded" | "failed" | "cancelled";
const outcomes: readonly RunOutcome[] = ["succeeded", "failed", "cancelled"];
const operations: readonly Operation[] = ["up", "preview", "refresh", "destroy", "drift"];

/** When a hook has something to say. */
export interface HookTrigger {
  /** Runs that ended so. Default: `["failed"]`. */
  readonly outcome?: readonly RunOutcome[];
  /** Also runs that found drift. Default: true. */
  readonly drift?: boolean;
  /** Of these operations. Default: all but `preview`. */
  readonly operation?: readonly Operation[];
  /** In these environments. Default: all that are real. */
  readonly environment?: readonly string[];
}

interface HookOptions {
  readonly on?: HookTrigger;
  /** Also for sandbox environments, where nothing listens and hooks are skipped otherwise. Default: false. */
  readonly sandbox?: boolean;
  /** For one request; a hook as a whole takes four times as long at most. Default: `10s`. */
  readonly timeout?: Duration;
}

interface HookBase extends HookOptions {
  readonly kind: "hook";
  /** Keys of the definition that mean nothing. */
  readonly unknownKeys: readonly string[];
}
/** Tells a URL of a run. */
export interface Webhook extends HookBase {
  readonly type: "webhook";
  readonly url: string | EnvReference;
  readonly secret: EnvReference | undefined;
}
/** Keeps a ticket for each stack and operation that is in trouble. */
export interface TicketHook extends HookBase {
  readonly type: "ticket";
  readonly system: TicketSystemSpec;
}
export type Hook = Webhook | TicketHook;

/** Which ticket system, and how to get in. */
export type TicketSystemSpec =
  | {
      readonly type: "github-issues";
      /** `owner/name`. */
      readonly repository: string;
      readonly token: EnvReference;
      /** By which tickets are found again, with a mark in their text. */
      readonly label: string;
      readonly api: string;
    }
  | {
      readonly type: "servicenow";
      readonly instance: string | EnvReference;
      readonly user: EnvReference;
      readonly password: EnvReference;
      readonly assignmentGroup: string | undefined;
      readonly closeCode: string;
    };

/**
 * Posts JSON to a URL after runs: `{ schemaVersion: 1, runId, operation, outcome, stacks, ... }` (RunMessage). With `secret`,
 * `X-Tutti-Signature: sha256=<hex>` is the HMAC-SHA256 of `<X-Tutti-Timestamp>.<body>`. `Idempotency-Key` is the same for
 * every attempt to tell one run.
 */
export function webhook(
  spec: HookOptions & { readonly url: string | EnvReference; readonly secret?: EnvReference },
): Webhook {
  const { url, secret, ...options } = spec;
  return Object.freeze({ kind: "hook", type: "webhook", url, secret, ...known(options) });
}

/**
 * Opens a ticket for every stack whose operation failed or that drifted, adds to it when that happens again, and closes it
 * when the same operation goes well. A destroy that goes well closes all tickets of its stack.
 */
export function ticket(spec: HookOptions & { readonly system: TicketSystemSpec }): TicketHook {
  const { system, ...options } = spec;
  return Object.freeze({ kind: "hook", type: "ticket", system, ...known(options) });
}

/**
 * Tickets as GitHub issues. The token needs write access to issues and labels: without it GitHub drops the label, and the
 * ticket is not found again. `api` is for GitHub Enterprise Server: `https://<host>/api/v3`.
 */
export function githubIssues(spec: {
  readonly repository: string;
  readonly token: EnvReference;
  readonly label?: string;
  readonly api?: string;
}): TicketSystemSpec {
  const { repository, token, label = "tutti", api = "https://api.github.com" } = spec;
  return Object.freeze({ type: "github-issues", repository, token, label, api });
}

/**
 * Tickets as ServiceNow incidents, through the Table API, found again by `correlation_id`. `instance` is the URL
 * (`https://acme.service-now.com`). `closeCode` must be one of the instance's own; default `Solution provided`.
 */
export function serviceNow(spec: {
  readonly instance: string | EnvReference;
  readonly user: EnvReference;
  readonly password: EnvReference;
  readonly assignmentGroup?: string;
  readonly closeCode?: string;
}): TicketSystemSpec {
  const { instance, user, password, assignmentGroup, closeCode = "Solution provided" } = spec;
  return Object.freeze({ type: "servicenow", instance, user, password, assignmentGroup, closeCode });
}

const optionKeys = ["on", "sandbox", "timeout"];

function known(options: HookOptions): HookOptions & { readonly unknownKeys: readonly string[] } {
  return { ...options, unknownKeys: Object.keys(options).filter((key) => !optionKeys.includes(key)) };
}

/** What is wrong with a hook, in sentences; it may be written in plain JavaScript. */
export function hookMistakes(hook: Hook, environments: readonly string[]): readonly string[] {
  const mistakes: string[] = [];
  for (const key of hook.unknownKeys) {
    const meant = suggest(key, [...optionKeys, "url", "secret", "system"]);
    mistakes.push(`unknown key "${key}"${meant === undefined ? "" : `; did you mean "${meant}"?`}`);
  }
  const isEnv = (value: unknown): boolean =>
    typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "env";
  const credential = (name: string, value: unknown): void => {
    if (!isEnv(value)) mistakes.push(`"${name}" must be env("NAME"): a credential does not belong into a workspace`);
  };
  const address = (name: string, value: unknown): void => {
    if (!isEnv(value) && !(typeof value === "string" && /^https?:\/\/\S+$/.test(value)))
      mistakes.push(`"${name}" must be a URL or env("NAME"), got ${JSON.stringify(value)}`);
  };
  if (hook.type === "webhook") {
    address("url", hook.url);
    if (hook.secret !== undefined) credential("secret", hook.secret);
  } else if (hook.system?.type === "github-issues") {
    const { repository, token, api } = hook.system;
    if (!/^[\w.-]+\/[\w.-]+$/.test(repository))
      mistakes.push(`"repository" must be <owner>/<name>, got ${JSON.stringify(repository)}`);
    credential("token", token);
    address("api", api);
  } else if (hook.system?.type === "servicenow") {
    const { instance, user, password } = hook.system;
    address("instance", instance);
    credential("user", user);
    credential("password", password);
  } else mistakes.push(`"system" must be githubIssues(...) or serviceNow(...)`);
  const { on = {}, timeout } = hook;
  for (const [key, choices] of Object.entries({ outcome: outcomes, operation: operations, environment: environments }))
    for (const word of (on as Readonly<Record<string, readonly string[] | undefined>>)[key] ?? [])
      if (!(choices as readonly string[]).includes(word)) {
        const meant = suggest(word, choices);
        mistakes.push(
          `"on.${key}" has "${word}"; ${meant === undefined ? `there are: ${choices.join(", ")}` : `did you mean "${meant}"?`}`,
        );
      }
  for (const key of Object.keys(on))
    if (!["outcome", "drift", "operation", "environment"].includes(key))
      mistakes.push(`"on" has an unknown key "${key}"`);
  if (timeout !== undefined && durationMs(timeout) === undefined)
    mistakes.push(`"timeout" is no duration, got ${JSON.stringify(timeout)}; write 10s`);
  return mistakes;
}

/** A hook in a few words, without anything of its credentials. */
export function hookName(hook: Hook): string {
  if (hook.type === "webhook") return `webhook ${typeof hook.url === "string" ? hostOf(hook.url) : hook.url.variable}`;
  const { system } = hook;
  if (system.type === "github-issues") return `ticket ${system.repository}`;
  return `ticket ${typeof system.instance === "string" ? hostOf(system.instance) : system.instance.variable}`;
}

function hostOf(url: string): string {
  return /^https?:\/\/(?:[^/@]*@)?([^/?#]*)/.exec(url)?.[1] ?? "";
}

// ---- What a run has to say ------------------------------------------------------------------------------------------

/** What a webhook is told: no inputs, no outputs, no values of drift. Texts are masked, and cut to 1,000 characters. */
export interface RunMessage {
  readonly schemaVersion: 1;
  readonly project: string;
  readonly runId: string;
  readonly operation: Operation;
  readonly outcome: RunOutcome;
  /** Whether drift was found. */
  readonly drift: boolean;
  readonly exitCode: number;
  /** RFC 3339 UTC. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly environments: readonly string[];
  readonly totals: Report["totals"];
  readonly counts: Report["counts"];
  readonly stacks: readonly {
    readonly id: string;
    readonly status: StackReport["status"];
    readonly exitCode: number;
    readonly durationMs: number;
    readonly reason?: string;
    /** How many properties drifted. */
    readonly drift: number;
  }[];
}

/** The stacks that a hook may speak of; `sandbox` says that there are none because nothing real was run. */
export function stacksFor(hook: Hook, report: Report): readonly StackReport[] | "sandbox" | "nothing" {
  const { operation = operations.filter((one) => one !== "preview"), environment } = hook.on ?? {};
  if (!operation.includes(report.operation)) return "nothing";
  const named = report.environments.filter(({ name }) => environment === undefined || environment.includes(name));
  if (named.length === 0) return "nothing";
  const told = new Set(named.filter(({ cloud }) => cloud === "real" || hook.sandbox === true).map(({ name }) => name));
  if (told.size === 0) return "sandbox";
  return report.stacks.filter(({ id }) => told.has(id.split(".")[1]!));
}

/** The message of a webhook; undefined when the run is none of those it is for. */
export function messageFor(hook: Webhook, report: Report, project: string): RunMessage | "sandbox" | undefined {
  const stacks = stacksFor(hook, report);
  if (typeof stacks === "string")
    return stacks === "sandbox" && matches(hook, report, report.stacks) ? stacks : undefined;
  if (!matches(hook, report, stacks)) return undefined;
  const { runId, operation, exitCode, startedAt, durationMs, environments, totals, counts } = report;
  return {
    schemaVersion: 1,
    project,
    runId,
    operation,
    outcome: outcomeOf(report, stacks),
    drift: stacks.some(({ drift }) => drift.length > 0),
    exitCode,
    startedAt,
    durationMs,
    environments: environments.map(({ name }) => name),
    totals,
    counts,
    stacks: stacks.map((stack) => ({
      id: stack.id,
      status: stack.status,
      exitCode: stack.exitCode,
      durationMs: stack.durationMs,
      ...(stack.reason === undefined ? {} : { reason: cut(stack.reason) }),
      drift: stack.drift.length,
    })),
  };
}

function matches(hook: Hook, report: Report, stacks: readonly StackReport[]): boolean {
  const { outcome = ["failed"], drift = true } = hook.on ?? {};
  return outcome.includes(outcomeOf(report, stacks)) || (drift && stacks.some((stack) => stack.drift.length > 0));
}

function outcomeOf({ cancelled }: Report, stacks: readonly StackReport[]): RunOutcome {
  if (stacks.some(isTroubled)) return "failed";
  return cancelled !== undefined || stacks.some(({ status }) => status === "cancelled") ? "cancelled" : "succeeded";
}

function isTroubled({ status }: StackReport): boolean {
  return status === "failed" || status === "timed-out" || status === "needs-recovery" || status === "blocked";
}

/** What a ticket is about. */
export interface TicketDraft {
  /** `tutti/<project>/<stack>/<operation>`: the same for the same trouble. */
  readonly key: string;
  readonly title: string;
  readonly text: string;
}

/** Tickets to be open after a run, and those that its stacks no longer need, with what to say of it. */
export interface TicketWork {
  readonly troubles: readonly TicketDraft[];
  readonly well: readonly { readonly key: string; readonly text: string }[];
}

/** What of a run belongs into tickets. A stack that was blocked or cancelled says nothing of itself. */
export function ticketWork(hook: TicketHook, report: Report, project: string): TicketWork | "sandbox" | undefined {
  const stacks = stacksFor(hook, report);
  if (stacks === "nothing") return undefined;
  const found = workOf(hook, report, stacks === "sandbox" ? report.stacks : stacks, project);
  if (stacks !== "sandbox") return found;
  return found.troubles.length > 0 ? "sandbox" : undefined;
}

function workOf({ on = {} }: Hook, report: Report, stacks: readonly StackReport[], project: string): TicketWork {
  const { outcome = ["failed"], drift: told = true } = on;
  const { operation, runId } = report;
  const key = (id: string, about: string): string => `${keyPrefix(project)}${id}/${about}`;
  const troubles = stacks.flatMap((stack): readonly TicketDraft[] => {
    const { id, status, drift } = stack;
    const failed = isTroubled(stack) && status !== "blocked" && outcome.includes("failed");
    const drifted = drift.length > 0 && told;
    if (!failed && !drifted) return [];
    const what = failed ? `${operation} ${status === "failed" ? "failed" : status}` : "drift";
    const resources = [...new Set(drift.map(({ urn }) => urn))];
    const lines = [
      ...(failed ? [`${operation} of ${id}: ${cut(stack.failure?.message ?? stack.reason ?? status)}`] : []),
      ...(stack.failure?.hint === undefined ? [] : [`what to do: ${cut(stack.failure.hint)}`]),
      ...(drifted ? [`the cloud has ${resources.length} of its resources otherwise than the state:`] : []),
      ...(drifted ? resources.slice(0, 20).map((urn) => `- ${urn}`) : []),
      ...(drifted && resources.length > 20 ? [`- and ${resources.length - 20} more`] : []),
      `run ${runId}, exit code ${stack.exitCode}; tutti report ${runId} shows all of it`,
    ];
    return [{ key: key(id, operation), title: `${id}: ${what}`, text: lines.join("\n") }];
  });
  const inTrouble = new Set(troubles.map((one) => one.key));
  const well = stacks
    .filter((stack) => ["succeeded", "unchanged", "skipped"].includes(stack.status) && stack.exitCode === 0)
    .flatMap(({ id }) => {
      // What is gone has no troubles left.
      const about = operation === "destroy" ? operations : [operation];
      return about.map((one) => ({ key: key(id, one), text: `${operation} went well in run ${runId}` }));
    })
    .filter((one) => !inTrouble.has(one.key));
  return { troubles, well };
}

/** What the keys of all tickets of a project begin with. */
export function keyPrefix(project: string): string {
  return `tutti/${project}/`;
}

function cut(text: string): string {
  return text.length > 1_000 ? `${text.slice(0, 997)}...` : text;
}

/** How telling went: `skipped` when nothing listens (a sandbox). */
export interface HookEnd {
  readonly hook: string;
  readonly status: "done" | "failed" | "skipped";
  /** What was done, why it failed (credentials masked), or `sandbox`. */
  readonly message: string;
}
