// Views against recorded journals: what a person sees, at several sizes. Rewritten with `vitest -u` and reviewed as prose.
// A journal here stays for ever: the event format may grow, it never changes what an old run says.
import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import type { Outcome, RunEvent, StackId, Stamped } from "../../automation/events.ts";
import { createStamper, parseJournal } from "../../automation/journal.ts";
import { makeReport } from "../../automation/report.ts";
import { foldRun, RunFold } from "../../automation/runState.ts";
import { foldOf } from "../../automation/views/ci.ts";
import { createPalette, wantsColor } from "../../automation/views/color.ts";
import { criticalPath, forecast } from "../../automation/views/forecast.ts";
import { createGroupedView } from "../../automation/views/grouped.ts";
import { createJsonView } from "../../automation/views/json.ts";
import { createLinesView } from "../../automation/views/lines.ts";
import { createLiveView } from "../../automation/views/live.ts";
import { createNdjsonView } from "../../automation/views/ndjson.ts";
import { createQuietView } from "../../automation/views/quiet.ts";
import { createStreamView } from "../../automation/views/stream.ts";
import { tableLines } from "../../automation/views/table.ts";
import { asciiSigns, showsUnicode } from "../../automation/views/unicode.ts";
import type { View } from "../../automation/views/view.ts";
import { cut, padded, widthOf, wrap } from "../../automation/views/width.ts";

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
  it("as grouped lines", async () => {
    const text = shown(journal(name), (write) => createGroupedView({ write, palette: plain }));
    await expect(text).toMatchFileSnapshot(`../golden/grouped/${name}.txt`);
  });

  it("as a stream of lines", async () => {
    const text = shown(journal(name), (write) => createStreamView({ write, palette: plain }));
    await expect(text).toMatchFileSnapshot(`../golden/stream/${name}.txt`);
  });

  it("as sentences for a screen reader: no signs, no colour", async () => {
    const text = shown(journal(name), (write) => createLinesView({ write }));
    await expect(text).toMatchFileSnapshot(`../golden/lines/${name}.txt`);
    expect(text).not.toMatch(/[^\x20-\x7e\n]|^ |[+~] \d/m);
  });

  it("as events: every one, a line each", () => {
    const events = journal(name);
    const text = shown(events, (write) => createNdjsonView({ write }));
    expect(
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual(events);
  });

  it.each([{ GITHUB_ACTIONS: "true" }, { GITLAB_CI: "true" }])("in the log of a CI service: %j", (variables) => {
    const fold = foldOf(variables)!;
    const text = shown(journal(name), (write) => createGroupedView({ write, palette: plain, fold }));
    const opened = text.match(/^(?:::group::|.\[0Ksection_start:)/gm)?.length ?? 0;
    expect(text.match(/^(?:::endgroup::|.\[0Ksection_end:)/gm)?.length ?? 0).toBe(opened);
    if (name !== "failed") expect(opened).toBeGreaterThan(0);
    // What failed is never folded away, and GitHub shows it beside the source.
    expect(text).not.toMatch(/^::group::.*failed/m);
    if (name === "failed" && "GITHUB_ACTIONS" in variables)
      expect(text).toContain(
        "::error file=stacks/app/program.ts,line=7,col=46,title=app.real failed::the app does not want to\n",
      );
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

it("cuts no number of the live table's summary off, leaves no failure out of it, and marks what is cut", () => {
  const events = wide();
  const summary =
    /^(?:[━╸─]+ {2})?up +\d+% {2}\d+(?: of |\/)60(?: done)?(?: · \d+ running)?( · \d failed)? {2}(?:\d+m )?[\d.]+s(?:, about (?:\d+m )?\d+s left)?$/;
  const hidden = /^ {2}and \d+ more stacks(?:: \d+ \w+(?:, \d+ \w+)*(?:, …)?)?$/;
  for (const columns of [38, 40, 50, 60, 80, 120]) {
    const fold = new RunFold();
    for (const event of events) {
      const state = fold.advance(event);
      const size = { columns, rows: 15 };
      const lines = tableLines(state, Date.parse(event.time) + 1500, size, { palette: plain, unicode: true });
      const text = lines.find((line) => summary.test(line));
      expect(text, lines.join("\n")).toBeDefined();
      expect(summary.exec(text!)?.[1] !== undefined).toBe((state.tally.failed ?? 0) > 0);
      expect(lines.filter((line) => line.startsWith("  and ") && !hidden.test(line))).toEqual([]);
    }
  }
});

describe("the forecast", () => {
  const at = (seconds: number): string => new Date(Date.UTC(2026, 10, 23, 12, 0, seconds)).toISOString();
  const id = (name: string): StackId => `${name}.prod` as StackId;
  const stamped = (events: readonly (RunEvent & { readonly second: number })[]): readonly Stamped[] =>
    events.map(({ second, ...event }, seq) => ({
      ...(event as RunEvent),
      schemaVersion: 1,
      runId: "20261123-120000-bcdf" as Stamped["runId"],
      seq,
      time: at(second),
    }));
  const summary = { counts: {}, changedOutputs: [], drift: [], approximate: [] };
  const ended = (second: number, name: string, durationMs: number, outcome: "succeeded" | "unchanged" = "succeeded") =>
    ({ second, type: "stack-finished", stack: id(name), outcome: { type: outcome }, summary, durationMs }) as const;
  /** a --> b --> d, a --> c --> d */
  const started = (onFailure: "stop" | "keep-going" = "stop") =>
    ({
      second: 0,
      type: "run-started",
      operation: "up",
      steps: [
        { stack: id("a"), waitsFor: [], reason: "" },
        { stack: id("b"), waitsFor: [id("a")], reason: "" },
        { stack: id("c"), waitsFor: [id("a")], reason: "" },
        { stack: id("d"), waitsFor: [id("b"), id("c")], reason: "" },
      ],
      environments: [],
      concurrency: 1,
      onFailure,
      argv: [],
      version: "",
    }) as const;
  const timings = new Map([
    [id("a"), 10_000],
    [id("b"), 5_000],
    [id("c"), 20_000],
    [id("d"), 5_000],
  ]);

  it("goes by the times of the last run, with as many at once as the run has", () => {
    const state = foldRun(stamped([started(), { second: 0, type: "stack-started", stack: id("a") }]));
    const found = forecast(state, timings, Date.parse(at(4)));
    expect(found.criticalPath).toEqual([id("a"), id("c"), id("d")]);
    expect(found.leftMs).toBe(36_000);
    expect(found.progress).toBeCloseTo(4 / 40);
    expect(forecast({ ...state, concurrency: 2 }, timings, Date.parse(at(4))).leftMs).toBe(31_000);
  });

  it("knows nothing of a first run until a stack has ended", () => {
    const first = stamped([started(), { second: 0, type: "stack-started", stack: id("a") }, ended(8, "a", 8000)]);
    expect(forecast(foldRun(first.slice(0, 2)), new Map(), Date.parse(at(1))).leftMs).toBeUndefined();
    expect(forecast(foldRun(first), new Map(), Date.parse(at(8))).leftMs).toBe(24_000);
  });

  it("expects nothing new after a failure that stops the run", () => {
    const failed = {
      ...ended(8, "b", 8000),
      outcome: { type: "failed", failure: { message: "no" } },
    } as const;
    const events = (onFailure: "stop" | "keep-going") =>
      foldRun(
        stamped([
          started(onFailure),
          { second: 0, type: "stack-started", stack: id("a") },
          ended(0, "a", 0),
          { second: 0, type: "stack-started", stack: id("b") },
          failed,
        ]),
      );
    expect(forecast(events("stop"), timings, Date.parse(at(8))).leftMs).toBe(0);
    expect(forecast(events("keep-going"), timings, Date.parse(at(8))).leftMs).toBeGreaterThan(0);
  });

  it("finds the chain that led to the end of a run that is over", () => {
    const state = foldRun(
      stamped([
        started(),
        { second: 0, type: "stack-started", stack: id("a") },
        ended(10, "a", 10_000),
        { second: 10, type: "stack-started", stack: id("b") },
        { second: 10, type: "stack-started", stack: id("c") },
        ended(12, "c", 2000),
        ended(15, "b", 5000),
        { second: 15, type: "stack-started", stack: id("d") },
        ended(16, "d", 1000),
      ]),
    );
    expect(criticalPath(state)).toEqual([id("a"), id("b"), id("d")]);
  });
});

it("keeps a failure in sight that cancels hundreds of others, which are not done by that", () => {
  const ids = Array.from({ length: 500 }, (_, at) => `s-${at}.prod` as StackId);
  const stamp = createStamper("20261123-120000-bcdf" as Stamped["runId"], () => new Date("2026-11-23T12:00:00Z"));
  const summary = { counts: {}, changedOutputs: [], drift: [], approximate: [] };
  const ended = (stack: StackId, outcome: Outcome): RunEvent => ({
    ...{ type: "stack-finished", stack, outcome, summary, durationMs: 1000 },
  });
  const started = (stack: StackId): RunEvent => ({ type: "stack-started", stack });
  const [good, bad, slow, ...others] = ids as [StackId, StackId, StackId, ...StackId[]];
  const events: RunEvent[] = [
    {
      ...{ type: "run-started", operation: "up", environments: [], concurrency: 2, onFailure: "stop", argv: [] },
      ...{ version: "", steps: ids.map((stack) => ({ stack, waitsFor: [], reason: "" })) },
    },
    ...[started(good), ended(good, { type: "succeeded" }), started(bad), started(slow)],
    ended(bad, { type: "failed", failure: { message: "the quota is used up" } }),
    ...others.map((stack) => ended(stack, { type: "cancelled" })),
  ];
  const state = foldRun(events.map((event) => stamp(event)));
  const now = Date.parse("2026-11-23T12:00:02Z");
  for (const size of [sizes[0]!, { columns: 80, rows: 12 }, sizes[2]!]) {
    const text = tableLines(state, now, size, { palette: plain, unicode: true }).join("\n");
    expect(text).toMatch(/^\S s-1\.prod/m);
    expect(text).toMatch(/^\S s-2\.prod/m);
    if (size.columns >= 80) expect(text).toContain("the quota is used up");
    expect(text).toMatch(/\b2(?: of |\/)500/);
    // Without a colour, what was never attempted does not look like what went well.
    if (size.columns === 200) expect(text).toMatch(/^ {2}■✖▣⊘{20}/m);
  }
});

it("shows of a critical path that does not fit where it stands and where it ends", () => {
  const ids = Array.from({ length: 9 }, (_, at) => `link-${at + 1}.prod` as StackId);
  const stamped = (events: readonly RunEvent[]): readonly Stamped[] =>
    events.map((event, seq) => ({
      ...event,
      schemaVersion: 1,
      runId: "20261123-120000-bcdf" as Stamped["runId"],
      seq,
      time: "2026-11-23T12:00:00.000Z",
    }));
  const steps = ids.map((stack, at) => ({ stack, waitsFor: at === 0 ? [] : [ids[at - 1]!], reason: "" }));
  const about = { environments: [], concurrency: 2, onFailure: "stop", argv: [], version: "" } as const;
  const summary = { counts: {}, changedOutputs: [], drift: [], approximate: [] };
  const outcome = { type: "unchanged" } as const;
  const path = (over: number, columns: number): string => {
    const events: RunEvent[] = [{ type: "run-started", operation: "up", steps, ...about }];
    for (const [at, stack] of ids.slice(0, over + 1).entries()) {
      events.push({ type: "stack-started", stack });
      if (at < over) events.push({ type: "stack-finished", stack, outcome, summary, durationMs: 1000 });
    }
    const state = foldRun(stamped(events));
    const now = Date.parse("2026-11-23T12:00:01.000Z");
    const lines = tableLines(state, now, { columns, rows: 20 }, { palette: plain, unicode: true });
    return lines.find((line) => line.startsWith("◆ critical path"))!.slice("◆ critical path ".length);
  };
  const chain = (from: number, to: number): string =>
    Array.from({ length: to - from + 1 }, (_, at) => `link-${from + at}.prod`).join(" ▸ ");
  expect(path(0, 140)).toBe(chain(1, 9));
  expect(path(0, 80)).toBe(`${chain(1, 3)} ▸ … ▸ link-9.prod`);
  expect(path(3, 80)).toBe(`… ▸ ${chain(4, 6)} ▸ … ▸ link-9.prod`);
  expect(path(7, 80)).toBe(`… ▸ ${chain(6, 9)}`);
  expect(path(3, 46)).toBe("… ▸ link-4.prod ▸ …");
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
      expect(t.text().lastIndexOf("\x1b[?1049l")).toBeGreaterThan(t.text().lastIndexOf("\x1b[?1049h"));
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

it("cuts, fills and breaks lines by the columns that a terminal gives to them", () => {
  expect(["abc", "日本", "e\u0301", "\x1b[31mred\x1b[39m", "👍"].map(widthOf)).toEqual([3, 4, 1, 3, 2]);
  expect(cut("日本語", 3)).toBe("日");
  expect(padded("日本語", 4, "…")).toBe("日… ");
  expect(padded("ab", 4, "…")).toBe("ab  ");
  expect(wrap("one two three, anextremelylongword", 9)).toEqual(["one two", "three,", "anextreme", "lylongwor", "d"]);
});

it("says the same in ASCII on a terminal that has no more", () => {
  expect(asciiSigns("✔ 1 → 2 …")).toBe("+ 1 -> 2 ...");
  expect(showsUnicode({ LC_ALL: "", LANG: "de_AT.UTF-8" })).toBe(true);
  expect(showsUnicode({ LC_ALL: "C", LANG: "de_AT.UTF-8" })).toBe(false);
  expect(showsUnicode({ LANG: "C.utf8", TERM: "linux" })).toBe(false);
  const fold = new RunFold();
  for (const event of wide()) {
    const lines = tableLines(fold.advance(event), 0, { columns: 90, rows: 30 }, { palette: plain, unicode: false });
    expect(lines.join("\n")).toMatch(/^[\x20-\x7e\n]*$/);
  }
});

it("lets no output of a program steer a job or a terminal", () => {
  const events: RunEvent[] = [
    {
      type: "run-started",
      operation: "up",
      steps: [{ stack: "a.prod" as StackId, waitsFor: [], reason: "" }],
      environments: [],
      concurrency: 1,
      onFailure: "stop",
      argv: [],
      version: "",
    },
    { type: "stack-started", stack: "a.prod" as StackId },
    {
      type: "stack-event",
      stack: "a.prod" as StackId,
      event: { type: "line", stream: "stdout", text: "\x1b]0;title\x07\x1b[2Jhello\r::add-mask::x ##[error]no" },
    },
    {
      type: "stack-event",
      stack: "a.prod" as StackId,
      event: { type: "diagnostic", severity: "warning", message: "look\n::set-env name=PATH::/evil" },
    },
    {
      type: "stack-finished",
      stack: "a.prod" as StackId,
      outcome: { type: "succeeded" },
      summary: { counts: {}, changedOutputs: [], drift: [], approximate: [] },
      durationMs: 1,
    },
  ];
  const stamp = createStamper("20261123-120000-bcdf" as Stamped["runId"], () => new Date(0));
  const stampedEvents = events.map(stamp);
  const fold = foldOf({ GITHUB_ACTIONS: "true" })!;
  const stream = shown(stampedEvents, (write) => createStreamView({ write, palette: plain, fold }));
  expect(stream).toContain("[a.prod] hello::add-mask::x # #[error]no\n");
  const grouped = shown(stampedEvents, (write) => createGroupedView({ write, palette: plain, fold }));
  expect(grouped).toContain("set-env name=PATH");
  expect(grouped).not.toMatch(/^\s*::set-env/m);
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
