// The forms in which a secret may turn up, and the gate that all writing goes through.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { renderReport, reportKinds, writeReportFiles } from "../../automation/commands/reportFiles.ts";
import type { RunEvent, StackId } from "../../automation/events.ts";
import type { Tutti } from "../../automation/index.ts";
import { parseJournal } from "../../automation/journal.ts";
import { maskJournal, maskLog } from "../../automation/lateSecrets.ts";
import { redactDocument, redactEvent, refuseSecrets, withoutTexts } from "../../automation/redaction.ts";
import { makeReport } from "../../automation/report.ts";
import { foldRun } from "../../automation/runState.ts";
import { SecretValues } from "../../engine/secretValues.ts";
import { OutputValue, Secret } from "../../engine/values.ts";

const canary = `  Kanarie "7" & it's <früh>/+$HOME\t`;
const forms: readonly (readonly [string, string])[] = [
  ["raw", canary],
  ["trimmed", canary.trim()],
  ["base64", Buffer.from(canary).toString("base64")],
  ["base64, trimmed", Buffer.from(canary.trim()).toString("base64")],
  ["base64 for URLs", Buffer.from(canary).toString("base64url")],
  ["base64 behind a user's name", Buffer.from(`user:${canary.trim()}@host`).toString("base64")],
  ["URL-escaped", encodeURIComponent(canary)],
  ["a query", new URLSearchParams({ x: canary.trim() }).toString().slice(2)],
  ["JSON-escaped", JSON.stringify(canary).slice(1, -1)],
  ["JSON in JSON", JSON.stringify(JSON.stringify({ canary })).slice(1, -1)],
  [
    "Go's JSON",
    JSON.stringify(canary.trim()).replaceAll("<", "\\u003c").replaceAll(">", "\\u003e").replaceAll("&", "\\u0026"),
  ],
  ["in single quotes of a shell", canary.replaceAll("'", "'\\''")],
  ["in double quotes of a shell", canary.replace(/(["\\$`])/g, "\\$1")],
  [
    "on a page",
    canary
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
      .replaceAll("'", "&#39;"),
  ],
  ["in a table of Markdown", canary.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")],
  ["hex", Buffer.from(canary.trim()).toString("hex")],
];

it.each(forms)("knows a secret %s", (_, text) => {
  const secrets = new SecretValues([canary]);
  expect(secrets.holds(`before ${text} after`)).toBe(true);
  const masked = secrets.mask(`before ${text} after`);
  expect(masked).toContain("[secret]");
  expect(masked).not.toContain("früh");
  expect(secrets.holds(masked)).toBe(false);
});

it("knows a secret as GitHub reads it from a log, and as XML has it", () => {
  const secrets = new SecretValues(["50%: a|b\n7,q<z>"]);
  for (const form of [
    "50%25: a|b%0A7,q<z>",
    "50%25%3A a|b%0A7%2Cq<z>",
    "50%: a|b&#10;7,q&lt;z&gt;",
    "50%: a\\|b 7,q<z>",
  ])
    expect(secrets.mask(`: ${form} :`)).toBe(": [secret] :");
});

it("knows each line of a key, and the longer of two secrets first", () => {
  const pem = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nBAQEFAASCBKcwggSjAgEAAo\n-----END KEY-----\n";
  const secrets = new SecretValues([pem, "short-1", "short-1-and-more"]);
  expect(secrets.mask("line MIIEvQIBADANBgkqhkiG9w0 here")).toBe("line [secret] here");
  expect(secrets.mask("-----BEGIN KEY-----")).toBe("-----BEGIN KEY-----");
  expect(secrets.mask("x short-1-and-more y")).toBe("x [secret] y");
});

it("lets short texts, our own words and public names be", () => {
  const secrets = new SecretValues(["abc", "succeeded", "platform-1x"]);
  secrets.exempt(["my-platform-1x.dev"]);
  for (const text of ["abc", "succeeded", "my-platform-1x.dev"]) expect(secrets.mask(text)).toBe(text);
  secrets.add("platform-1x");
  expect(secrets.holds("platform-1x")).toBe(false);
});

it("takes no point in time for a secret: a certificate and what stands beside it are made in one millisecond", () => {
  const times = [
    "2026-11-26T21:34:29.144Z",
    "2026-11-26T21:34:29+01:00",
    "2026-11-26 21:34:29 +0000 UTC",
    "2026-11-26",
  ];
  const secrets = new SecretValues(times);
  secrets.learn({ serverCaCerts: new Secret([{ createTime: times[0]!, cert: "certificate-1" }]) });
  for (const time of times) expect(secrets.mask(`at ${time}`)).toBe(`at ${time}`);
  expect(secrets.holds("certificate-1")).toBe(true);
  secrets.add("2026-11-26T21:34:29 is my password");
  expect(secrets.mask("2026-11-26T21:34:29 is my password")).toBe("[secret]");
});

it("takes a word for no secret that stands in plain sight beside it, but a real secret there is one", () => {
  const secrets = new SecretValues();
  const label = { team: "payments", token: "abc123def456" };
  secrets.learn({ labels: label, effectiveLabels: new Secret({ ...label, owner: "accounting" }) });
  expect(secrets.mask("payments accounting abc123def456")).toBe("payments [secret] [secret]");
});

it("takes nothing for a secret that stood in plain sight before, unless somebody says so", () => {
  const secrets = new SecretValues();
  const topic = "projects/sandbox/topics/events-304708a";
  secrets.see({ outputs: { topic }, password: new Secret("a-real-secret-7q") });
  // What the SDK calls secret whatever is in it, and what an owner does.
  secrets.learn({ content: new Secret(topic), password: new Secret("a-real-secret-7q") });
  expect(secrets.mask(`${topic} a-real-secret-7q`)).toBe(`${topic} [secret]`);
  secrets.learn({ id: "events-304708a-2" });
  secrets.learn(new Secret("events-304708a-2"));
  expect(secrets.holds("events-304708a-2")).toBe(false);
  secrets.add(topic);
  expect(secrets.holds(topic)).toBe(true);
});

it("keeps a secret one that turns up in plain later", () => {
  const secrets = new SecretValues();
  secrets.learn(new Secret("a-real-secret-7q"));
  secrets.see({ echo: "a-real-secret-7q" });
  secrets.learn({ echo: "a-real-secret-7q", again: new Secret("a-real-secret-7q") });
  expect(secrets.holds("a-real-secret-7q")).toBe(true);
});

it("masks a word that somebody calls secret, but refuses nothing for it", () => {
  const secrets = new SecretValues(["postgres"]);
  expect(secrets.mask("user postgres")).toBe("user [secret]");
  expect(secrets.holds("user postgres")).toBe(false);
  expect(secrets.conceal({ type: "postgres" })).toEqual({ type: "postgres" });
});

it("learns what is inside of secrets, at every depth, and makes secrets of what holds them", () => {
  const secrets = new SecretValues();
  secrets.learn({ a: new Secret({ deep: ["inner-canary-1"] }), b: new OutputValue("output-canary-2", true, true, []) });
  secrets.learn({ plain: "no-canary-3", unknown: new OutputValue(null, false, true, []) });
  const map = { url: "x://inner-canary-1@y", list: ["no-canary-3", { z: "output-canary-2" }], n: 5 };
  expect(secrets.conceal(map)).toEqual({
    url: new Secret("x://inner-canary-1@y"),
    list: ["no-canary-3", { z: new Secret("output-canary-2") }],
    n: 5,
  });
  const clean = { a: ["no-canary-3"] };
  expect(secrets.conceal(clean)).toBe(clean);
});

it("takes secrets out of every text of every event", () => {
  const secrets = new SecretValues(["canary-0001"]);
  const [text, stack] = ["a canary-0001 b", "app.local" as StackId];
  const summary = {
    counts: { create: 1 },
    changedOutputs: [text],
    drift: [{ urn: text, property: text, old: { [text]: [text] }, new: null }],
    approximate: [text],
  };
  const failure = { message: text, urn: text, location: text, hint: text };
  const events: readonly RunEvent[] = [
    {
      type: "run-started",
      operation: "up",
      steps: [],
      environments: [],
      concurrency: 1,
      onFailure: "stop",
      argv: [text],
      version: "1",
    },
    { type: "stack-event", stack, event: { type: "line", stream: "stdout", text } },
    {
      type: "stack-event",
      stack,
      event: { type: "diagnostic", severity: "error", message: text, urn: text, location: text },
    },
    {
      type: "stack-event",
      stack,
      event: {
        type: "resource",
        urn: text,
        resourceType: text,
        name: text,
        op: "create",
        status: "done",
        paths: [text],
      },
    },
    { type: "stack-finished", stack, outcome: { type: "failed", failure }, summary, durationMs: 1 },
    {
      type: "stack-finished",
      stack,
      outcome: { type: "needs-recovery", failure, pending: [text] },
      summary,
      durationMs: 1,
    },
    { type: "stack-finished", stack, outcome: { type: "skipped", reason: text }, summary, durationMs: 1 },
  ];
  for (const event of events) {
    const line = JSON.stringify(redactEvent(event, secrets));
    expect(line).not.toContain("canary");
    expect(line.split("[secret]").length).toBe(JSON.stringify(event).split("canary-0001").length);
  }
});

it("refuses what would hold a secret all the same, and says nothing of it", () => {
  const secrets = new SecretValues(["canary-0001"]);
  expect(refuseSecrets("clean", "the report", secrets)).toBe("clean");
  expect(() => refuseSecrets("a canary-0001", "the report", secrets)).toThrow(
    /^the report would hold a secret in a place that cannot be masked: it was not written$/,
  );
  expect(redactDocument({ "canary-0001": ["canary-0001"] }, "it", secrets)).toEqual({ "[secret]": ["[secret]"] });
  const blind = { mask: (text: string) => text, holds: (text: string) => secrets.holds(text) };
  expect(() => redactDocument({ a: "canary-0001" }, "it", blind)).toThrow("it was not written");
  expect(withoutTexts({ type: "stack-started", stack: "a" as StackId })).toBeUndefined();
});

it("says of a public name that it holds a secret somebody gave, of none that only turned up", () => {
  const secrets = new SecretValues(["prod-7q-east"]);
  secrets.exempt(["web.local-2026", "local-2026"]);
  secrets.learn(new Secret("local-2026"));
  secrets.add("local");
  expect(secrets.exposing()).toBeUndefined();
  secrets.exempt(["web.prod-7q-east"]);
  expect(secrets.exposing()).toBe("web.prod-7q-east");
});

it("takes out of files what turned out to be a secret after it was written, wherever a piece of them ends", () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "tutti-secrets-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [log, journal] = [path.join(folder, "log"), path.join(folder, "journal")];
  const secrets = new SecretValues(['late-7q"x']);
  // 40 bytes a line: the end of a megabyte falls into the middle of one.
  const line = `${"x".repeat(29)}late-7q"x\n`;
  writeFileSync(log, `${line.repeat(60_000)}é without an end late-7q"x`);
  const event = {
    type: "stack-event",
    stack: "a.b",
    event: { type: "diagnostic", severity: "info", message: 'late-7q"x' },
  };
  writeFileSync(journal, `${JSON.stringify(event)}\nno event late-7q"x\n{"type":"run-finished"}\n`);
  maskLog(log, secrets);
  maskJournal(journal, secrets);
  expect(readFileSync(log, "utf8")).toBe(`${`${"x".repeat(29)}[secret]\n`.repeat(60_000)}é without an end [secret]`);
  const masked = JSON.stringify({ ...event, event: { ...event.event, message: "[secret]" } });
  expect(readFileSync(journal, "utf8")).toBe(`${masked}\nno event [secret]\n{"type":"run-finished"}\n`);
  expect(statSync(log).mode & 0o777).toBe(0o600);
  const before = statSync(log).ino;
  maskLog(log, secrets);
  expect(statSync(log).ino).toBe(before);
  expect(readdirSync(folder).sort()).toEqual(["journal", "log"]);
  // One line that no buffer holds at first, between others, with a secret in its middle and at its end.
  const long = "y".repeat(1_000_000);
  writeFileSync(log, `${line}${long}late-7q"x${long}late-7q"x\n${line}`);
  maskLog(log, secrets);
  const short = `${"x".repeat(29)}[secret]\n`;
  expect(readFileSync(log, "utf8")).toBe(`${short}${long}[secret]${long}[secret]\n${short}`);
});

it("looks through the logs of many stacks with one buffer", () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "tutti-secrets-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const log = path.join(folder, "log");
  writeFileSync(log, "said\n");
  let bytes = 0;
  for (const name of ["alloc", "allocUnsafe", "allocUnsafeSlow"] as const) {
    const allocate = Buffer[name];
    const spy = vi.spyOn(Buffer, name).mockImplementation((size: number) => {
      bytes += size;
      return allocate(size);
    });
    onTestFinished(() => spy.mockRestore());
  }
  for (let at = 0; at < 100; at++) maskLog(log, new SecretValues(["late-7q-x"]));
  expect(bytes).toBeLessThan(100 * 1024);
});

describe("a report", () => {
  const journal = readFileSync(new URL("../golden/journals/failed.jsonl", import.meta.url), "utf8");
  const state = foldRun(parseJournal(journal).events);
  const report = makeReport(state);
  const message = report.stacks.find(({ failure }) => failure !== undefined)!.failure!.message;
  const tutti = { logs: () => ({ text: `it said: ${message}` }) } as unknown as Tutti;
  const reported = (secret: string) => ({ report, state, tutti, redaction: new SecretValues([secret]) });

  it.each(reportKinds)("as %s is masked by what is known when it is written", async (kind) => {
    const words = message.replace(/\n.*/s, "");
    const plain = await renderReport(kind, reported("nothing-of-this-7q"));
    const masked = await renderReport(kind, reported(words));
    expect(new SecretValues([words]).holds(plain)).toBe(true);
    expect(new SecretValues([words]).holds(masked)).toBe(false);
    expect(masked).toContain("[secret]");
  });

  it("that cannot be written after its run says how to have it all the same", async () => {
    const writing = writeReportFiles([{ kind: "json", file: "/dev/null/x.json" }], reported("nothing-of-this-7q"));
    await expect(writing).rejects.toMatchObject({
      code: "files",
      message: "the report /dev/null/x.json could not be written: /dev/null is no folder",
      hint: `the run is recorded; tutti report ${report.runId} --report json=<file> writes it again`,
    });
  });

  it("that puts a secret together as it is made is not written", async () => {
    const file = path.join(mkdtempSync(path.join(os.tmpdir(), "tutti-secrets-")), "report.md");
    onTestFinished(() => rmSync(path.dirname(file), { recursive: true }));
    const made = (await renderReport("markdown", reported("nothing-of-this-7q"))).split("\n")[0]!;
    expect(made).toMatch(/^## \S+ tutti up/);
    const writing = writeReportFiles([{ kind: "markdown", file }], reported(made));
    await expect(writing).rejects.toThrow("the markdown report would hold a secret in a place that cannot be masked");
    expect(readdirSync(path.dirname(file))).toEqual([]);
  });
});
