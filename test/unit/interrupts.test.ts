// The ladder of signals, with time in the test's hands.
import { expect, it } from "vitest";
import { Cancellation } from "../../automation/cancellation.ts";
import { cancelOnInterrupts } from "../../automation/commands/interrupts.ts";
import type { Interrupt } from "../../automation/commands/world.ts";
import type { RunState } from "../../automation/runState.ts";

/** A run that is asked to end and does not, in a world whose clock the test turns. */
function stubborn(variables: Readonly<Record<string, string>> = {}) {
  const cancellation = new Cancellation();
  const said: string[] = [];
  let cancel: RunState["cancel"];
  cancellation.onRequest((by, level) => {
    cancel = { by, level };
    said.push(`${by} ${level}`);
  });
  let nowMs = 0;
  let timers: { readonly atMs: number; readonly run: () => void }[] = [];
  let signal: (name: Interrupt) => void = () => {};
  const world = {
    variables,
    onInterrupt(listener: (name: Interrupt) => void) {
      signal = listener;
      return () => {
        signal = () => {};
      };
    },
    after(ms: number, run: () => void) {
      const timer = { atMs: nowMs + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((one) => one !== timer);
      };
    },
  };
  const run = {
    cancel: cancellation.request.bind(cancellation),
    get state() {
      return { cancel } as RunState;
    },
  };
  const stop = cancelOnInterrupts(run, world, (code) => said.push(`exit ${code}`));
  return {
    said,
    stop,
    signal: (name: Interrupt) => signal(name),
    pass(ms: number): void {
      nowMs += ms;
      for (const timer of timers.filter(({ atMs }) => atMs <= nowMs)) {
        timers = timers.filter((one) => one !== timer);
        timer.run();
      }
    },
    waiting: () => timers.length,
  };
}

it.each([
  ["in CI", { CI: "true" }, 5_000],
  ["elsewhere", {}, 20_000],
])(
  "SIGTERM %s interrupts, kills when its grace is over, and leaves what does not end even then",
  (_, variables, graceMs) => {
    const { said, signal, pass } = stubborn(variables);
    signal("SIGTERM");
    pass(graceMs - 1);
    expect(said).toEqual(["terminate 2"]);
    pass(1);
    expect(said).toEqual(["terminate 2", "terminate 3"]);
    pass(2_999);
    expect(said).toHaveLength(2);
    pass(1);
    expect(said).toEqual(["terminate 2", "terminate 3", "exit 143"]);
  },
);

it("a second SIGTERM kills at once; so does one after two interrupts", () => {
  const twice = stubborn();
  twice.signal("SIGTERM");
  twice.signal("SIGHUP");
  expect(twice.said).toEqual(["terminate 2", "terminate 3"]);
  const after = stubborn();
  for (const name of ["SIGINT", "SIGINT", "SIGTERM"] as const) after.signal(name);
  expect(after.said).toEqual(["interrupt 1", "interrupt 2", "terminate 3"]);
});

it("three interrupts stop, interrupt and kill; time alone makes nothing harder before", () => {
  const { said, signal, pass } = stubborn();
  for (const level of [1, 2]) {
    signal("SIGINT");
    pass(3_600_000);
    expect(said).toHaveLength(level);
  }
  signal("SIGINT");
  pass(3_000);
  expect(said).toEqual(["interrupt 1", "interrupt 2", "interrupt 3", "exit 130"]);
});

it("a run that ends in time is not killed afterwards", () => {
  const { said, signal, pass, stop, waiting } = stubborn({ CI: "true" });
  signal("SIGTERM");
  stop();
  pass(3_600_000);
  signal("SIGTERM");
  expect(said).toEqual(["terminate 2"]);
  expect(waiting()).toBe(0);
});
