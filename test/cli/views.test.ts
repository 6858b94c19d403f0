// Views against recorded journals: what a person sees, at several sizes. Rewritten with `vitest -u` and reviewed as prose.
// A journal here stays for ever: the event format may grow, it never changes what an old run says.
import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import type { RunEvent, StackId, Stamped } from "../../automation/events.ts";
import { createStamper, parseJournal } from "../../automation/journal.ts";
import { makeReport } from "../../automation/report.ts";
import { foldRun, RunFold } from "../../automation/runState.ts";
import { createPalette, wantsColor } from "../../automation/views/color.ts";
import { createJsonView } from "../../automation/views/json.ts";
import { createLinesView } from "../../automation/views/lines.ts";
import { createLiveView, cut, tableLines } from "../../automation/views/live.ts";
import { createQuietView } from "../../automation/views/quiet.ts";
import type { View } from "../../automation/views/view.ts";

const journals = ["platform-up", "preview", "failed", "drift"] as const;
const sizes = [
  { columns: 200, rows: 50 },
  { columns: 80, rows: 24 },
  { columns: 40, rows: 8 },
] as const;
const plain = createPalette(false);

function journal(name: string): readonly Stamped[] {
  const { events, warnings } = parseJournal(
    readFileSync(new URL(`../golden/journals/${name}.jsonl`, import.meta.url), "utf8"),
  );
  expect(warnings).toEqual([]);
  return events;
}

/** What a view writes for these events, with the state that each event found. */
function shown(events: readonly Stamped[], make: (write: (text: string) => void) => View): string {
  let text = "";
  const view = make((more) => {
    text += more;
  });
  const fold = new RunFold();
  for (const event of events) view.show(event, fold.advance(event));
  view.close();
  return text;
}

/** Sixty stacks, of which some are done, some run, one failed and the rest wait. */
function wide(): readonly Stamped[] {
  const stamp = createStamper("20261123-120000-bcdf" as Stamped["runId"], () => new Date("2026-11-23T12:00:00Z"));
  const id = (index: number): StackId => `service-${String(index).padStart(2, "0")}.prod` as StackId;
  const all = Array.from({ length: 60 }, (_, index) => id(index));
  const summary = { counts: { create: 3, same: 2 }, changedOutputs: [], drift: [], approximate: [] };
  const events: RunEvent[] = [
    {
      type: "run-started",
      operation: "up",
      steps: all.map((stack, index) => ({
        stack,
        waitsFor: index < 10 ? [] : [all[index - 10]!, all[index - 9]!],
        reason: "everything",
      })),
      environments: [{ name: "prod", cloud: "real" }],
      concurrency: 8,
      onFailure: "keep-going",
      argv: [],
      version: "0.0.0",
    },
    ...all.slice(0, 12).flatMap((stack, index): RunEvent[] => [
      { type: "stack-started", stack },
      ...(index < 7
        ? [
            {
              type: "stack-finished",
              stack,
              outcome: { type: index === 3 ? "unchanged" : "succeeded" },
              summary,
              durationMs: 1234 * index,
            } as const,
          ]
        : []),
      ...(index === 7
        ? [
            {
              type: "stack-finished",
              stack,
              outcome: { type: "failed", failure: { message: "quota exceeded", hint: "ask for more" } },
              summary,
              durationMs: 61_000,
            } as const,
          ]
        : []),
      ...(index > 7
        ? ([0, 1].map((n) => ({
            type: "stack-event",
            stack,
            event: {
              type: "resource",
              urn: `urn:${n}`,
              resourceType: "gcp:compute/network:Network",
              name: `main-${n}`,
              op: "create",
              status: "started",
            },
          })) satisfies RunEvent[])
        : []),
    ]),
  ];
  return events.map(stamp);
}

describe.each(journals)("%s", (name) => {
  it("as lines", async () => {
    const text = shown(journal(name), (write) => createLinesView({ write, palette: plain }));
    await expect(text).toMatchFileSnapshot(`../golden/lines/${name}.txt`);
  });

  it("as lines in a folding log", async () => {
    const fold = { open: (title: string) => `::group::${title}`, close: () => "::endgroup::" };
    const text = shown(journal(name), (write) => createLinesView({ write, palette: plain, fold }));
    expect(text.split("\n").filter((line) => line === "::endgroup::").length).toBe(
      text.match(/^::group::/gm)?.length ?? 0,
    );
    // What failed is never folded away.
    expect(text).not.toMatch(/^::group::.*failed/m);
  });

  it("quietly: failures alone", () => {
    const text = shown(journal(name), (write) => createQuietView({ write, palette: plain }));
    if (name === "failed") expect(text).toMatch(/^app\.real failed: the app does not want to\n/);
    else expect(text).toBe("");
  });

  it("as JSON: one document, the report", () => {
    const events = journal(name);
    const text = shown(events, (write) => createJsonView({ write, detailed: true }));
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(makeReport(foldRun(events), { detailed: true }))));
  });
});

describe.each(sizes)("the live table in $columns columns and $rows rows", (size) => {
  it.each(["platform-up", "failed", "wide"] as const)("of %s, half way and at the end", async (name) => {
    const events = name === "wide" ? wide() : journal(name);
    const fold = new RunFold();
    const frames: string[] = [];
    for (const [index, event] of events.entries()) {
      const state = fold.advance(event);
      const lines = tableLines(state, Date.parse(event.time) + 1500, size, { palette: plain, unicode: true });
      expect(lines.length).toBeLessThan(size.rows);
      for (const line of lines) expect([...line].length).toBeLessThanOrEqual(size.columns);
      if (index === Math.floor(events.length / 2) || index === events.length - 1) frames.push(lines.join("\n"));
    }
    await expect(`${frames.join("\n\n")}\n`).toMatchFileSnapshot(
      `../golden/live/${name}-${size.columns}x${size.rows}.txt`,
    );
  });
});

describe("the live view", () => {
  function terminal() {
    let text = "";
    const resizers = new Set<() => void>();
    const timers = new Set<() => void>();
    const size = { columns: 60, rows: 20 };
    const view = createLiveView({
      palette: plain,
      unicode: false,
      now: () => Date.parse("2026-11-23T18:14:58Z"),
      every: (_, run) => {
        timers.add(run);
        return () => timers.delete(run);
      },
      screen: {
        write: (more) => {
          text += more;
        },
        size: () => size,
        onResize: (listener) => {
          resizers.add(listener);
          return () => resizers.delete(listener);
        },
      },
    });
    return { view, size, resizers, timers, text: () => text };
  }

  it("hides the cursor, shows it again, and stops its timer, however it ends", () => {
    const [first] = journal("platform-up");
    const ways: readonly ((t: ReturnType<typeof terminal>) => void)[] = [
      ({ view }) => view.close(),
      ({ view }) => {
        const [begin, ...rest] = journal("platform-up");
        const fold = new RunFold();
        fold.advance(begin!);
        for (const event of rest) view.show(event, fold.advance(event));
      },
    ];
    for (const end of ways) {
      const t = terminal();
      t.view.show(first!, foldRun([first!]));
      expect(t.timers.size).toBe(1);
      expect(t.text()).toContain("\x1b[?25l");
      end(t);
      t.view.close();
      expect(t.text().lastIndexOf("\x1b[?25h")).toBeGreaterThan(t.text().lastIndexOf("\x1b[?25l"));
      expect([t.timers.size, t.resizers.size]).toEqual([0, 0]);
    }
  });

  it("draws anew at another size", () => {
    const t = terminal();
    const [first] = journal("platform-up");
    t.view.show(first!, foldRun([first!]));
    t.size.columns = 20;
    const before = t.text().length;
    for (const resize of t.resizers) resize();
    const redrawn = stripVTControlCharacters(t.text().slice(before)).trimEnd().split("\n");
    expect(redrawn.length).toBeGreaterThan(2);
    for (const line of redrawn) expect(line.length).toBeLessThanOrEqual(20);
    t.view.close();
  });

  it("leaves the end of the run in the scrollback as the grouped lines do", () => {
    const t = terminal();
    const fold = new RunFold();
    for (const event of journal("failed")) t.view.show(event, fold.advance(event));
    expect(t.text()).toContain("app.real failed: the app does not want to\n");
    expect(t.text()).toMatch(/up: 1 failed, 1 unchanged in/);
  });
});

it("cuts lines at a width and keeps their colours whole", () => {
  const { red, green } = createPalette(true);
  const line = `${red("red")} and ${green("green")}`;
  expect(stripVTControlCharacters(cut(line, 9))).toBe("red and g");
  expect(cut(line, 9)).toContain("\x1b[39m");
  expect(cut(line, 40)).toBe(line);
});

describe("colour", () => {
  it.each([
    [{}, true, undefined, true],
    [{}, false, undefined, false],
    [{ CI: "true" }, true, undefined, false],
    [{ CI: "true", FORCE_COLOR: "1" }, false, undefined, true],
    [{ FORCE_COLOR: "0" }, true, undefined, false],
    [{ NO_COLOR: "1", FORCE_COLOR: "1" }, true, undefined, false],
    [{ NO_COLOR: "" }, true, undefined, true],
    [{ TERM: "dumb" }, true, undefined, false],
    [{}, false, true, true],
    [{ FORCE_COLOR: "1" }, true, false, false],
  ] as const)("with %j, terminal %s, option %s: %s", (variables, isTerminal, option, wanted) => {
    expect(wantsColor({ variables, isTerminal, option })).toBe(wanted);
  });
});
