// Verdicts and step events from what a real engine said. The recordings were made with the engine version their first line
// names; program code and paths in them were shortened.
import { readFileSync } from "node:fs";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { describe, expect, it } from "vitest";
import type { Operation, StepEvent } from "../../automation/events.ts";
import { readEngineEvents } from "../../automation/pulumi/engineEvents.ts";

function recording(name: string): readonly EngineEvent[] {
  const lines = readFileSync(new URL(`recordings/${name}.jsonl`, import.meta.url), "utf8")
    .trim()
    .split("\n");
  return lines.slice(1).map((line) => JSON.parse(line) as EngineEvent);
}

function read(
  events: readonly EngineEvent[],
  operation: Operation,
  end: { code?: number; stderr?: string; interrupted?: boolean } = {},
  mask = (text: string): string => text,
) {
  const told: StepEvent[] = [];
  const reader = readEngineEvents({ operation, root: "/home/user/demo", mask, emit: (event) => told.push(event) });
  for (const event of events) reader.accept(event);
  const result = reader.finish({ code: 0, stderr: "", interrupted: false, ...end });
  const resources = told.flatMap((event) =>
    event.type === "resource" ? [`${event.status} ${event.op} ${event.name}`] : [],
  );
  return { ...result, told, resources };
}

describe("a verdict", () => {
  it.each([
    ["create", "up", "succeeded", { create: 3 }, ["file", "mode"]],
    ["update", "up", "succeeded", { same: 2, update: 1 }, ["mode"]],
    ["replace", "up", "succeeded", { same: 1, update: 1, replace: 1 }, ["mode"]],
    ["unchanged", "up", "unchanged", { same: 3 }, []],
    ["destroy", "destroy", "succeeded", { delete: 3 }, []],
    ["preview-unknown-outputs", "preview", "succeeded", { create: 3 }, ["mode", "obj", "pet", "pw"]],
    ["no-drift", "drift", "unchanged", { same: 3 }, []],
  ] as const)("of %s", (name, operation, type, counts, changedOutputs) => {
    const { outcome, summary } = read(recording(name), operation);
    expect(outcome).toEqual({ type });
    expect(summary.counts).toEqual(counts);
    expect(summary.changedOutputs).toEqual(changedOutputs);
    expect(summary.drift).toEqual([]);
  });

  it("takes a resource among the outputs, as a preview shows it, for unchanged", () => {
    const pet = { id: "p", length: 2, urn: "urn:pulumi:dev::demo::random:index/randomPet:RandomPet::p" };
    const unset = { "@isPulumiResource": true, prefix: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" };
    const outputs = (of: object) => ({ pet: of, list: [of], kept: 1 });
    const stack = (next: object) => {
      const urn = "urn:pulumi:dev::demo::pulumi:pulumi:Stack::demo-dev";
      const metadata = { op: "same", urn, type: "pulumi:pulumi:Stack", old: { outputs: outputs(pet) }, new: next };
      return { sequence: 1, timestamp: 1, resOutputsEvent: { metadata } } as unknown as Parameters<
        typeof read
      >[0][number];
    };
    expect(read([stack({ outputs: outputs({ ...pet, ...unset }) })], "preview").summary.changedOutputs).toEqual([]);
    const other = stack({ outputs: { ...outputs({ ...pet, ...unset }), pet: { ...pet, ...unset, length: 3 } } });
    expect(read([other], "preview").summary.changedOutputs).toEqual(["pet"]);
  });

  it("is a change when nothing but an output became another", () => {
    const metadata = {
      op: "same",
      urn: "urn:pulumi:dev::demo::pulumi:pulumi:Stack::demo-dev",
      type: "pulumi:pulumi:Stack",
    };
    const [old, next] = [{ outputs: { kept: 1, mode: "a" } }, { outputs: { kept: 1, mode: "b" } }];
    const stack = { resOutputsEvent: { metadata: { ...metadata, old, new: next } } } as unknown as EngineEvent;
    const { outcome, summary } = read([...recording("unchanged"), stack], "up");
    expect(outcome).toEqual({ type: "succeeded" });
    expect(summary).toMatchObject({ counts: { same: 3 }, changedOutputs: ["mode"] });
  });

  it("is a failure with the program's own message and place when the program throws", () => {
    // Its own, whatever else the command had to say in the end.
    const { outcome } = read(recording("thrown"), "up", { code: 255, stderr: "error: no such thing\n" });
    expect(outcome).toEqual({
      type: "failed",
      failure: { message: "boom here", location: "index.js:5:62", exitCode: 255 },
    });
  });

  it("is a failure with the whole message of a RunError", () => {
    const { outcome } = read(recording("run-error"), "up", { code: 1 });
    expect(outcome).toEqual({ type: "failed", failure: { message: "a run error: do this", exitCode: 1 } });
  });

  it("names the resource of a failed operation, and the first of several errors", () => {
    const { outcome, resources } = read(recording("failed-resource"), "up", { code: 1 });
    expect(outcome).toMatchObject({
      type: "failed",
      failure: { message: "the cloud says no", urn: expect.stringMatching(/::b$/) },
    });
    expect(resources).toContain("failed create-replacement b");
    expect(resources).toContain("failed create c");
  });

  it("names the resource of a failed check", () => {
    const { outcome } = read(recording("failed-check"), "up", { code: 1 });
    expect(outcome).toMatchObject({
      type: "failed",
      failure: {
        message: expect.stringContaining("must be at least 1, got: -1"),
        urn: expect.stringMatching(/::bad$/),
      },
    });
  });

  it("is a failure when errors were told, whatever the exit code", () => {
    expect(read(recording("thrown"), "up", { code: 0 }).outcome.type).toBe("failed");
    const [error] = recording("thrown").filter(({ diagnosticEvent }) => diagnosticEvent?.severity === "error");
    expect(read([error!, ...recording("unchanged")], "up").outcome.type).toBe("failed");
    const [operation] = recording("failed-resource").filter(({ resOpFailedEvent }) => resOpFailedEvent !== undefined);
    const { outcome } = read([operation!, ...recording("unchanged")], "up");
    expect(outcome).toMatchObject({
      type: "failed",
      failure: { urn: operation!.resOpFailedEvent!.metadata.urn },
    });
  });

  it("needs recovery when a change ends well without a summary", () => {
    const events = recording("create").filter((event) => event.summaryEvent === undefined);
    expect(read(events, "up").outcome).toMatchObject({ type: "needs-recovery", pending: [] });
    expect(read(events, "preview").outcome.type).toBe("failed");
  });

  it("needs recovery, naming what was in flight, when the engine dies in the middle", () => {
    const events = recording("create");
    const begun = events.findIndex(
      (event) => event.resourcePreEvent?.metadata.type === "pulumi-nodejs:dynamic:Resource",
    );
    const { outcome } = read(events.slice(0, begun + 1), "up", { code: 137, interrupted: true });
    expect(outcome).toMatchObject({ type: "needs-recovery", pending: [expect.stringMatching(/Resource::[ab]$/)] });
  });

  it("is cancelled when it was interrupted with nothing in flight", () => {
    expect(read(recording("create").slice(0, 2), "up", { code: 8, interrupted: true }).outcome).toEqual({
      type: "cancelled",
    });
  });

  it("takes the first error line of a command that never got to events", () => {
    const stderr = "warning: something\nerror: incorrect passphrase\n";
    expect(read([], "up", { code: 1, stderr }).outcome).toMatchObject({
      type: "failed",
      failure: { message: "incorrect passphrase", exitCode: 1 },
    });
  });
});

it("fails when secrets of an upstream cannot be opened, which the engine only notes", () => {
  const note = {
    message: "eliding undecryptable secrets for stack reference 'organization/demo/network.dev'\n",
    severity: "info",
    color: "never",
    prefix: "",
  };
  const { outcome } = read([{ diagnosticEvent: note } as unknown as EngineEvent, ...recording("unchanged")], "up");
  expect(outcome).toMatchObject({
    type: "failed",
    failure: { message: expect.stringMatching(/^the secrets of organization\/demo\/network\.dev cannot be opened/) },
  });
});

describe("resources", () => {
  it("are told of when they begin and end, and not when they stay the same", () => {
    const { resources } = read(recording("replace"), "up");
    expect(resources).toContain("started create-replacement b");
    expect(resources).toContain("done create-replacement b");
    expect(resources).toContain("done delete-replaced b");
    expect(resources.filter((line) => line.includes(" same "))).toEqual([]);
  });

  it("are planned in a preview, each once", () => {
    const { resources } = read(recording("preview-unknown-outputs"), "preview");
    expect(resources.filter((line) => line.endsWith(" pet"))).toEqual(["planned create pet"]);
  });

  it("carry the changed paths", () => {
    const { told } = read(recording("replace-random"), "up");
    expect(told).toContainEqual(expect.objectContaining({ op: "replace", name: "pet", paths: ["length"] }));
  });
});

describe("drift", () => {
  it("lists each property with the state's and the cloud's value, and what is gone", () => {
    const { outcome, summary } = read(recording("drift"), "drift");
    const rows = summary.drift.map(({ urn, property, old, new: found }) => [
      urn.split("::").at(-1),
      property,
      old,
      found,
    ]);
    expect(outcome).toEqual({ type: "succeeded" });
    expect(rows).toEqual([
      ["a", "size", 2, 7],
      ["a", "tags.x", "1", "9"],
      ["a", "tags.y", null, "2"],
      ["b", "", "b", null],
    ]);
  });

  it("is not what a refresh inside an update finds", () => {
    expect(read(recording("up-refresh"), "up").summary.drift).toEqual([]);
  });
});

describe("secrets", () => {
  it("are masked in messages, drift and failures before any event exists", () => {
    const mask = (text: string): string => text.replaceAll("boom", "[secret]").replaceAll("9", "[secret]");
    const thrown = read(recording("thrown"), "up", { code: 255 }, mask);
    expect(JSON.stringify([thrown.told, thrown.outcome])).not.toContain("boom");
    const silent = read([], "up", { code: 1, stderr: "error: boom\n" }, mask);
    expect(silent.outcome).toMatchObject({ failure: { message: "[secret]" } });
    const drift = read(recording("drift"), "drift", {}, mask);
    expect(drift.summary.drift.find(({ property }) => property === "tags.x")?.new).toBe("[secret]");
  });
});
