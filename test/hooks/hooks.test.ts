// Hooks after a run: through the library, with a script in Pulumi's place and local servers in that of the services.
import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkWorkspace } from "../../automation/checkWorkspace.ts";
import {
  defineEnvironment,
  defineStack,
  defineWorkspace,
  env,
  githubIssues,
  serviceNow,
  ticket,
  webhook,
} from "../../automation/define.ts";
import type { Operation, StepSummary } from "../../automation/events.ts";
import { emptySummary, type StepOutcome } from "../../automation/execute.ts";
import { runHooks } from "../../automation/hooks/index.ts";
import { shortened } from "../../automation/hooks/serviceNow.ts";
import type { Hook, RunMessage } from "../../automation/hooks.ts";
import { open } from "../../automation/open.ts";
import { problemLine } from "../../automation/problems.ts";
import { makeReport, type Report } from "../../automation/report.ts";
import { foldRun } from "../../automation/runState.ts";
import { createPalette } from "../../automation/views/color.ts";
import { summaryLines } from "../../automation/views/summary.ts";
import { type Asked, fakeGithub, fakeServiceNow, type Service, serve } from "./services.ts";

const stack = (name: string) => defineStack({ name, program: () => Promise.resolve({}) });
const stacks = [stack("data"), stack("web")] as const;
const variables = {
  TOKEN: "ghp_very-secret-token",
  SN_USER: "robot",
  SN_PASSWORD: "very-secret-word",
  HOOK_SECRET: "shared-key",
};

let root = "";
const services: Service[] = [];
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), "tutti-hooks-"));
  writeFileSync(path.join(root, "Pulumi.yaml"), "name: acme\nruntime: nodejs\n");
});
afterEach(async () => {
  rmSync(root, { recursive: true, force: true });
  for (const service of services.splice(0)) await service.close();
});
async function up<S extends Service>(starting: Promise<S>): Promise<S> {
  const service = await starting;
  services.push(service);
  return service;
}

const fails = (message = "quota exceeded"): StepOutcome => ({
  type: "failed",
  failure: { message, hint: "ask for more", exitCode: 4 },
});
const drifts: Partial<StepSummary> = {
  drift: [{ urn: "urn:pulumi:web.prod::acme::t::bucket", property: "ttl", old: 1, new: 2 }],
};

interface Ending {
  readonly operation?: Operation;
  readonly environment?: "prod" | "local";
  readonly outcomes?: Readonly<Record<string, StepOutcome>>;
  readonly summaries?: Readonly<Record<string, Partial<StepSummary>>>;
}

/** A run whose stacks end as told, and its report. */
async function run(
  hooks: readonly Hook[],
  { operation = "up", environment = "prod", outcomes = {}, summaries = {} }: Ending = {},
  order: string[] = [],
) {
  const workspace = defineWorkspace({
    stacks,
    environments: {
      local: defineEnvironment({ cloud: "sandbox" }),
      prod: defineEnvironment({ cloud: "real", backend: "file:///nowhere" }),
    },
    hooks,
  });
  const door = {
    prepare: async () => ({
      runStep: async ({ stack: id }: { stack: string }) => ({
        outcome: outcomes[id] ?? ({ type: "succeeded" } as const),
        summary: { ...emptySummary, ...summaries[id] },
      }),
      close: async () => void order.push("released"),
    }),
    outputs: async () => ({}),
    backendStacks: async () => [],
  };
  const tutti = await open(workspace, { directory: root, door, variables });
  const events = [];
  const going = tutti[operation]({ environment, onFailure: "keep-going" });
  for await (const event of going) {
    events.push(event);
  }
  const report = await going.result();
  return { report, events, tutti };
}

describe("a webhook", () => {
  async function listener(order: string[] = []): Promise<Service & { readonly asked: Asked[] }> {
    const asked: Asked[] = [];
    const service = await up(
      serve((one) => {
        asked.push(one);
        order.push("told");
        return { status: 204 };
      }),
    );
    return Object.assign(service, { asked });
  }

  it("is told of a failed run, signed, after the environments were released; the run ends as it would have", async () => {
    const order: string[] = [];
    const { url, asked } = await listener(order);
    const hook = webhook({ url, secret: env("HOOK_SECRET") });
    const { report, events, tutti } = await run([hook], { outcomes: { "web.prod": fails() } }, order);
    expect(report.exitCode).toBe(4);
    expect(report.hooks).toEqual([
      { hook: `webhook ${new URL(url).host}`, status: "done", message: `told of run ${report.runId}` },
    ]);
    expect(order).toEqual(["released", "told"]);
    // The journal has it, and its report is the same.
    expect(events.at(-1)!.type).toBe("run-finished");
    expect(makeReport(foldRun(tutti.journal(report.runId).events))).toEqual(report);

    const [{ headers, text }] = asked as [Asked];
    const message = JSON.parse(text) as RunMessage;
    expect(message).toMatchObject({
      schemaVersion: 1,
      project: "acme",
      runId: report.runId,
      operation: "up",
      outcome: "failed",
      drift: false,
      exitCode: 4,
      environments: ["prod"],
      stacks: [
        { id: "data.prod", status: "succeeded", exitCode: 0 },
        { id: "web.prod", status: "failed", exitCode: 4, reason: "quota exceeded", drift: 0 },
      ],
    });
    expect(headers["idempotency-key"]).toBe(`acme-${report.runId}`);
    const signed = createHmac("sha256", "shared-key").update(`${headers["x-tutti-timestamp"]}.${text}`).digest("hex");
    expect(headers["x-tutti-signature"]).toBe(`sha256=${signed}`);
  });

  it("is told of drift without its values, and of nothing that it did not ask for", async () => {
    const { url, asked } = await listener();
    const hooks = [webhook({ url })];
    expect((await run(hooks)).report.hooks).toBeUndefined();
    expect(
      (await run(hooks, { operation: "preview", outcomes: { "web.prod": fails() } })).report.hooks,
    ).toBeUndefined();
    await run([webhook({ url, on: { drift: false } })], { operation: "drift", summaries: { "web.prod": drifts } });
    expect(asked).toEqual([]);
    await run(hooks, { operation: "drift", summaries: { "web.prod": drifts } });
    expect(JSON.parse(asked[0]!.text)).toMatchObject({
      outcome: "succeeded",
      drift: true,
      stacks: [{ drift: 0 }, { drift: 1 }],
    });
    expect(asked[0]!.text).not.toContain("ttl");
    await run([webhook({ url, on: { outcome: ["succeeded"], environment: ["prod"] } })]);
    expect(asked).toHaveLength(2);
  });

  it("is skipped in a sandbox, where nothing listens, unless told otherwise", async () => {
    const { url, asked } = await listener();
    const failing: Ending = { environment: "local", outcomes: { "web.local": fails() } };
    expect((await run([webhook({ url })], failing)).report.hooks).toEqual([
      expect.objectContaining({ status: "skipped", message: "sandbox" }),
    ]);
    expect(asked).toEqual([]);
    expect((await run([webhook({ url, sandbox: true })], failing)).report.hooks).toEqual([
      expect.objectContaining({ status: "done" }),
    ]);
  });

  it("is tried again with the same key, and in the end a warning in the report that holds no credential", async () => {
    const { url, asked, instead } = await listener();
    const { report } = await run([], { outcomes: { "web.prod": fails() } });
    const tell = (hook: Hook, more: object = {}) =>
      runHooks(report, {
        workspace: defineWorkspace({ stacks: [], environments: {}, hooks: [hook] }),
        root,
        variables: { ...variables, HOOK_URL: `${url}/T000/very-secret-path`, ...more },
        signal: new AbortController().signal,
        delayMs: 1,
      });
    instead.push({ status: 500 }, "drop");
    expect(await tell(webhook({ url: env("HOOK_URL") }))).toMatchObject([{ hook: "webhook HOOK_URL", status: "done" }]);
    expect(asked).toHaveLength(1);

    instead.push(
      { status: 500 },
      { status: 503, headers: { "retry-after": "0.001" } },
      { status: 500, body: { message: "very-secret-path is wrong" } },
    );
    const host = new URL(url).host;
    expect(await tell(webhook({ url: env("HOOK_URL") }))).toEqual([
      {
        hook: "webhook HOOK_URL",
        status: "failed",
        message: `POST ${host}: 500 very-secret-path is wrong (3 attempts)`,
      },
    ]);
    instead.push({ status: 400, body: { message: "shared-key is no good" } });
    const [end] = await tell(webhook({ url: env("HOOK_URL"), secret: env("HOOK_SECRET") }));
    // What is not going to pass is not tried again.
    expect(end).toEqual({
      hook: "webhook HOOK_URL",
      status: "failed",
      message: `POST ${host}: 400 [secret] is no good`,
    });
    instead.push("hang", "hang", "hang");
    expect(await tell(webhook({ url, timeout: "250ms" }))).toMatchObject([
      // The hook as a whole has a limit, too, which a slow machine may meet first.
      { status: "failed", message: expect.stringMatching(/^POST \S+: (?:no answer in 250 ms|stopped)/) },
    ]);
    expect(await tell(webhook({ url: env("HOOK_URL") }), { HOOK_URL: "" })).toMatchObject([
      {
        status: "failed",
        message: "the environment variable HOOK_URL is empty; set it before you use this environment",
      },
    ]);
  });

  it("that is not told is a warning at the end of the run, whose exit code stays", async () => {
    const { events, report } = await run([
      webhook({ url: "http://127.0.0.1:9", on: { outcome: ["succeeded"] }, timeout: "1s" }),
    ]);
    expect(report.exitCode).toBe(0);
    expect(summaryLines(foldRun(events), createPalette(false)).at(-2)).toMatch(
      /^warning: webhook 127\.0\.0\.1:9 was not told: POST 127/,
    );
    const written = JSON.parse(
      readFileSync(path.join(root, ".tutti/runs", report.runId, "report.json"), "utf8"),
    ) as Report;
    expect(written.hooks).toEqual([expect.objectContaining({ status: "failed" })]);
  });
});

describe("a ticket", () => {
  const messages = ({ report }: { report: Report }): readonly string[] =>
    (report.hooks ?? []).map(({ status, message }) => `${status}: ${message}`);

  it("as a GitHub issue is opened, added to and closed; each operation of each stack has its own", async () => {
    const github = await up(fakeGithub(variables.TOKEN, "acme/platform"));
    const hooks = [
      ticket({ system: githubIssues({ repository: "acme/platform", token: env("TOKEN"), api: github.url }) }),
    ];
    const failing: Ending = { outcomes: { "web.prod": fails("@everybody <!-- quota --> exceeded") } };
    expect(messages(await run(hooks, failing))).toEqual(["done: opened acme/platform#1"]);
    const [issue] = github.issues;
    expect(issue).toMatchObject({ title: "web.prod: up failed", labels: [{ name: "tutti" }], state: "open" });
    expect(issue!.body).toContain(
      "up of web.prod: @\u200beverybody &lt;!-- quota --> exceeded\nwhat to do: ask for more",
    );
    expect(issue!.body).toMatch(/<!-- tutti:tutti\/acme\/web\.prod\/up -->$/);

    expect(messages(await run(hooks, failing))).toEqual(["done: updated acme/platform#1"]);
    expect(issue!.comments).toHaveLength(1);
    const drifting: Ending = { operation: "drift", summaries: { "web.prod": drifts } };
    expect(messages(await run(hooks, drifting))).toEqual(["done: opened acme/platform#2"]);
    expect(github.issues[1]!.body).toContain("- urn:pulumi:web.prod::acme::t::bucket");
    // The up goes well: that says nothing of the drift.
    expect(messages(await run(hooks))).toEqual(["done: closed acme/platform#1"]);
    expect(issue).toMatchObject({ state: "closed", state_reason: "completed" });
    expect(github.issues[1]!.state).toBe("open");
    expect(messages(await run(hooks))).toEqual(["done: nothing to do"]);
    // What is gone has no troubles left.
    expect(messages(await run(hooks, { operation: "destroy" }))).toEqual(["done: closed acme/platform#2"]);
    expect(github.log.filter((line) => !/ 20[01]$/.test(line))).toEqual([]);
  });

  it("is found again among many issues and pull requests, and never twice opened for want of a label", async () => {
    const github = await up(fakeGithub(variables.TOKEN, "acme/platform"));
    const system = githubIssues({ repository: "acme/platform", token: env("TOKEN"), api: `${github.url}/` });
    const other = (number: number, body: string, more: object = {}) => ({
      number,
      title: "",
      body,
      labels: [{ name: "tutti" }],
      comments: [],
      state: "open" as const,
      ...more,
    });
    for (let number = 1; number <= 120; number++) github.issues.push(other(number, "by hand"));
    github.issues.push(
      other(121, "<!-- tutti:tutti/acme/web.prod/up -->", { pull_request: {} }),
      other(122, "<!-- tutti:tutti/acme-two/web.prod/up -->"),
    );
    const failing: Ending = { outcomes: { "web.prod": fails() } };
    expect(messages(await run([ticket({ system })], failing))).toEqual(["done: opened acme/platform#123"]);
    expect(messages(await run([ticket({ system })], failing))).toEqual(["done: updated acme/platform#123"]);
    github.rights.push = false;
    expect(
      messages(await run([ticket({ system })], { operation: "refresh", outcomes: { "web.prod": fails() } })),
    ).toEqual([
      'failed: acme/platform#124 was opened without its label "tutti", so it will not be found again: give the token write access',
    ]);
  });

  it("is not opened twice when nobody knows whether it arrived, and is when it was turned away", async () => {
    const github = await up(fakeGithub(variables.TOKEN, "acme/platform"));
    const hooks = [
      ticket({ system: githubIssues({ repository: "acme/platform", token: env("TOKEN"), api: github.url }) }),
    ];
    const failing: Ending = { outcomes: { "web.prod": fails() } };
    github.instead.push(undefined, "drop");
    expect(messages(await run(hooks, failing))[0]).toMatch(/^failed: POST 127\.0\.0\.1:\d+: /);
    expect(github.log.filter((line) => line.startsWith("POST"))).toHaveLength(1);
    github.instead.push(undefined, { status: 429, headers: { "retry-after": "0.01" } });
    expect(messages(await run(hooks, failing))).toEqual(["done: opened acme/platform#1"]);
  });

  it("as a ServiceNow incident is opened, noted and resolved", async () => {
    const now = await up(fakeServiceNow(variables.SN_USER, variables.SN_PASSWORD));
    const system = serviceNow({
      instance: now.url,
      user: env("SN_USER"),
      password: env("SN_PASSWORD"),
      assignmentGroup: "platform",
    });
    const hooks = [ticket({ system })];
    const failing: Ending = { outcomes: { "web.prod": fails(), "data.prod": { type: "timed-out", afterMs: 5 } } };
    expect(messages(await run(hooks, failing))).toEqual(["done: opened INC0000001, opened INC0000002"]);
    expect(now.incidents[1]).toMatchObject({
      short_description: "web.prod: up failed",
      correlation_id: "tutti/acme/web.prod/up",
      assignment_group: "platform",
      state: "1",
    });
    expect(messages(await run(hooks, { outcomes: { "web.prod": fails() } }))).toEqual([
      "done: updated INC0000002, closed INC0000001",
    ]);
    expect(now.incidents[1]!.notes).toEqual([expect.stringContaining("up of web.prod: quota exceeded")]);
    expect(messages(await run(hooks))).toEqual(["done: closed INC0000002"]);
    expect(now.incidents[1]).toMatchObject({
      state: "6",
      close_code: "Solution provided",
      close_notes: expect.stringContaining("up went well"),
    });
    expect(now.log.filter((line) => !/ 20[01]$/.test(line))).toEqual([]);
  });

  it("is refused with wrong credentials or a close code that the instance does not have, and says so without them", async () => {
    const github = await up(fakeGithub("another", "acme/platform"));
    const now = await up(fakeServiceNow("robot", variables.SN_PASSWORD));
    const sn = { instance: now.url, user: env("SN_USER"), password: env("SN_PASSWORD") };
    const failing: Ending = { outcomes: { "web.prod": fails() } };
    expect(
      messages(
        await run(
          [ticket({ system: githubIssues({ repository: "acme/platform", token: env("TOKEN"), api: github.url }) })],
          failing,
        ),
      ),
    ).toEqual([`failed: GET ${new URL(github.url).host}: 401 Bad credentials`]);
    await run([ticket({ system: serviceNow(sn) })], failing);
    const [end] = messages(await run([ticket({ system: serviceNow({ ...sn, closeCode: "Fixed" }) })]));
    expect(end).toMatch(/^failed: PATCH .*: 400 Validation Failed/);
    expect(now.incidents[0]!.state).toBe("1");
  });

  it("keeps keys that are too long for ServiceNow short, and apart", () => {
    expect(shortened("tutti/acme/web.prod/up")).toBe("tutti/acme/web.prod/up");
    const long = ["a", "b"].map((end) => shortened(`tutti/${"p".repeat(60)}/${"s".repeat(90)}.${end}/up`));
    expect(new Set(long).size).toBe(2);
    expect(long.every((key) => key.length <= 100 && key.startsWith(shortened(`tutti/${"p".repeat(60)}/`)))).toBe(true);
  });
});

it("finds everything that is wrong with hooks, at once", () => {
  const lines = (...hooks: unknown[]): readonly string[] =>
    checkWorkspace(
      defineWorkspace({
        stacks,
        environments: { prod: defineEnvironment({ cloud: "sandbox" }) },
        hooks: hooks as Hook[],
      }),
    ).map(problemLine);
  const good = webhook({
    url: env("URL"),
    secret: env("S"),
    on: { outcome: ["failed"], environment: ["prod"] },
    timeout: "5s",
  });
  expect(lines(good)).toEqual([]);
  expect(
    lines(
      {},
      webhook({
        url: "ops.example.com",
        secret: "s",
        on: { outcome: ["fail"], environment: ["prd"], when: 1 },
        timeout: 5,
        retries: 3,
      } as never),
    ),
  ).toEqual([
    "workspace.hooks[0]: is {}, not made by webhook(...) or ticket(...)",
    `workspace.hooks[1]: "on.environment" has "prd"; did you mean "prod"?`,
    `workspace.hooks[1]: "on.outcome" has "fail"; there are: succeeded, failed, cancelled`,
    `workspace.hooks[1]: "on" has an unknown key "when"`,
    `workspace.hooks[1]: "secret" must be env("NAME"): a credential does not belong into a workspace`,
    `workspace.hooks[1]: "timeout" is no duration, got 5; write 10s`,
    `workspace.hooks[1]: "url" must be a URL or env("NAME"), got "ops.example.com"`,
    `workspace.hooks[1]: unknown key "retries"`,
  ]);
  const issue = ticket({ system: githubIssues({ repository: "platform", token: "ghp" as never }) });
  expect(lines(issue, ticket({} as never))).toEqual([
    `workspace.hooks[0]: "repository" must be <owner>/<name>, got "platform"`,
    `workspace.hooks[0]: "token" must be env("NAME"): a credential does not belong into a workspace`,
    `workspace.hooks[1]: "system" must be githubIssues(...) or serviceNow(...)`,
  ]);
});
