// What an engine warns of as pending, and what fails because it was interrupted, in the words of both engines.
import { expect, it } from "vitest";
import type { StepEvent } from "../../automation/events.ts";
import { readEngineEvents } from "../../automation/pulumi/engineEvents.ts";

const warning =
  "Attempting to deploy or update resources with 2 pending operations from previous deployment.\n" +
  "  * urn:pulumi:a.dev::p::t:m:T::one, interrupted while creating\n" +
  "  * urn:pulumi:a.dev::p::t:m:T::two, interrupted while updating\n" +
  "These resources are in an unknown state because the Pulumi CLI was interrupted.";

function reader(interrupted = false) {
  const told: StepEvent[] = [];
  const options = { operation: "up", root: "/w", mask: (text: string) => text, stack: "a.dev" } as const;
  const events = readEngineEvents({ ...options, emit: (event) => told.push(event), interrupted: () => interrupted });
  const say = (severity: "warning" | "error", message: string): void =>
    events.accept({ sequence: 1, timestamp: 0, diagnosticEvent: { severity, message, color: "never" } } as never);
  const end = (result: string): void =>
    events.accept({ sequence: 2, timestamp: 0, summaryEvent: { result, resourceChanges: { same: 1 } } } as never);
  return { ...events, told, say, end };
}

it("names pending operations with what to do, and keeps the creations for the report", () => {
  const { say, end, finish, told } = reader();
  say("warning", warning);
  end("succeeded");
  expect(told).toEqual([
    {
      type: "diagnostic",
      severity: "warning",
      message:
        "an earlier run was cut off in the middle of 2 operations; tutti recover a.dev finds out what became of it:\n" +
        "  creating urn:pulumi:a.dev::p::t:m:T::one\n  updating urn:pulumi:a.dev::p::t:m:T::two",
    },
  ]);
  const { outcome, summary } = finish({ code: 0, stderr: "", interrupted: false });
  expect(outcome).toEqual({ type: "unchanged" });
  expect(summary.pending).toEqual(["urn:pulumi:a.dev::p::t:m:T::one"]);
});

it("needs recovery where what failed may have failed because of them", () => {
  const { say, end, finish } = reader();
  say("warning", warning);
  say("error", "already exists");
  end("failed");
  expect(finish({ code: 1, stderr: "", interrupted: false }).outcome).toMatchObject({
    type: "needs-recovery",
    failure: { message: "already exists", hint: expect.stringContaining("tutti recover a.dev") },
    pending: ["urn:pulumi:a.dev::p::t:m:T::one"],
  });
});

it("takes what fails after an interrupt for cancelled, and what failed before for a failure", () => {
  const late = reader(true);
  late.say("error", "the deployment was cancelled");
  late.end("failed");
  expect(late.finish({ code: 1, stderr: "", interrupted: true }).outcome).toEqual({ type: "cancelled" });
  const early = reader(false);
  early.say("error", "no such network");
  early.end("failed");
  expect(early.finish({ code: 1, stderr: "", interrupted: true }).outcome).toMatchObject({
    type: "failed",
    failure: { message: "no such network" },
  });
});
