// Runs the hooks of a workspace after a run: resolves what they name, decides who has something to say, and tells it. Whatever
// goes wrong is told of the hook and changes nothing else; no credential is in what is told.
import path from "node:path";
import type { Workspace } from "../define.ts";
import { TuttiError } from "../errors.ts";
import {
  type Hook,
  type HookEnd,
  hookName,
  keyPrefix,
  messageFor,
  type TicketSystemSpec,
  ticketWork,
} from "../hooks.ts";
import { durationMs } from "../patience.ts";
import { findProject } from "../pulumi/project.ts";
import type { Report } from "../report.ts";
import { version } from "../version.ts";
import { resolveReference } from "../workspace.ts";
import { createGithubIssues } from "./githubIssues.ts";
import type { HttpOptions } from "./http.ts";
import { createServiceNow } from "./serviceNow.ts";
import { keepTickets, type TicketSystem } from "./ticketSystem.ts";
import { postMessage } from "./webhook.ts";

export interface HookRun {
  readonly workspace: Workspace;
  readonly root: string;
  /** In which env() is looked up. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Wait before a second attempt, milliseconds; tests have no time. */
  readonly delayMs?: number;
}

/** Tells a report to all hooks, side by side; each that had something to say comes back, in the order of the workspace. Never throws. */
export async function runHooks(report: Report, run: HookRun): Promise<readonly HookEnd[]> {
  const project = await findProject(run.root).then(
    ({ name }) => name,
    () => path.basename(run.root),
  );
  const ends = await Promise.all(run.workspace.hooks.map((hook) => runHook(hook, report, project, run)));
  return ends.flatMap((end) => end ?? []);
}

async function runHook(hook: Hook, report: Report, project: string, run: HookRun): Promise<HookEnd | undefined> {
  const name = hookName(hook);
  /** Values that were resolved for it: none of them may be told. */
  const used: string[] = [];
  const resolve = (value: Parameters<typeof resolveReference>[0]): string => {
    const found = resolveReference(value, run.variables, name);
    if (!found.ok) throw new TuttiError("usage", found.error.message);
    used.push(found.value);
    return found.value;
  };
  const timeoutMs = durationMs(hook.timeout) ?? 10_000;
  const http: HttpOptions = {
    timeoutMs,
    signal: AbortSignal.any([run.signal, AbortSignal.timeout(4 * timeoutMs)]),
    ...(run.delayMs === undefined ? {} : { delayMs: run.delayMs }),
  };
  try {
    const did = await tell(hook, report, project, resolve, http);
    if (did === undefined) return undefined;
    return did === "sandbox"
      ? { hook: name, status: "skipped", message: "sandbox" }
      : { hook: name, status: "done", message: did };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      hook: name,
      status: "failed",
      message: used.reduce((text, value) => text.replaceAll(value, "[secret]"), message),
    };
  }
}

/** What was done, in words; undefined when there was nothing to say. */
async function tell(
  hook: Hook,
  report: Report,
  project: string,
  resolve: (value: Parameters<typeof resolveReference>[0]) => string,
  http: HttpOptions,
): Promise<string | undefined> {
  if (hook.type === "webhook") {
    const message = messageFor(hook, report, project);
    if (message === undefined || message === "sandbox") return message;
    const secret = hook.secret && resolve(hook.secret);
    await postMessage({ url: resolve(hook.url), secret }, message, http);
    return `told of run ${report.runId}`;
  }
  const work = ticketWork(hook, report, project);
  if (work === undefined || work === "sandbox") return work;
  if (work.troubles.length === 0 && work.well.length === 0) return undefined;
  return keepTickets(systemOf(hook.system, resolve, http), work, keyPrefix(project));
}

function systemOf(
  spec: TicketSystemSpec,
  resolve: (value: Parameters<typeof resolveReference>[0]) => string,
  http: HttpOptions,
): TicketSystem {
  const userAgent = `tutti/${version()}`;
  switch (spec.type) {
    case "github-issues": {
      const { api, repository, label, token } = spec;
      return createGithubIssues({ api, repository, label, token: resolve(token) }, userAgent, http);
    }
    case "servicenow": {
      const { instance, user, password, assignmentGroup, closeCode } = spec;
      const access = { instance: resolve(instance), user: resolve(user), password: resolve(password) };
      return createServiceNow({ ...access, assignmentGroup, closeCode }, userAgent, http);
    }
  }
}
