// The live view on a real terminal: tmux, which wraps lines anew when it gets narrower, as most terminals do, and keeps what it
// pushes out of the screen.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseJournal } from "../../automation/journal.ts";
import { foldRun } from "../../automation/runState.ts";
import { createPalette } from "../../automation/views/color.ts";
import { tableLines } from "../../automation/views/table.ts";
import { createFixture } from "./fixture.ts";

const present = spawnSync("tmux", ["-V"]).status === 0;
/** How long tmux may take to draw what was written; the machine may be busy. */
const patience = { timeout: 15_000, interval: 20 };
const repository = path.resolve(import.meta.dirname, "../..");

describe("in tmux", () => {
  let folder: string;
  let socket: string;
  beforeEach(({ skip }) => {
    skip(!present, "tmux is not on PATH");
    folder = mkdtempSync(path.join(os.tmpdir(), "tutti-tmux-"));
    socket = path.join(folder, "socket");
  });
  afterEach(() => {
    if (!present) return;
    spawnSync("tmux", ["-S", socket, "kill-server"]);
    rmSync(folder, { recursive: true, force: true });
  });
  const tmux = (...args: readonly string[]): string =>
    execFileSync("tmux", ["-S", socket, ...args], { encoding: "utf8", timeout: 50_000 });
  /** What is on the screen; with `all`, also what has left it upwards. */
  const screen = (all = false): readonly string[] =>
    tmux("capture-pane", "-p", "-J", ...(all ? ["-S", "-"] : []))
      .trimEnd()
      .split("\n")
      .map((line) => line.trimEnd());
  /** Starts a shell of a size that says `before` and then runs a command; `tmux wait-for end` returns when that has ended. */
  const start = (columns: number, rows: number, command: string, cwd = folder): void => {
    const variables = ["PATH", "TMPDIR"].flatMap((name) =>
      process.env[name] === undefined ? [] : [`${name}=${process.env[name]}`],
    );
    const shell = `exec env -i ${variables.map((one) => `'${one}'`).join(" ")} TMUX="$TMUX" TERM=screen-256color LANG=C.UTF-8 HOME='${folder}' NO_COLOR=1 sh -c 'echo before; ${command}; echo "code $?"; tmux wait-for -S end; exec sleep 600'`;
    const size = ["-x", String(columns), "-y", String(rows)];
    tmux("-f", "/dev/null", "new-session", "-d", ...size, "-c", cwd, shell);
    tmux("set-option", "-g", "window-size", "manual");
  };
  const resize = (columns: number, rows: number): void =>
    void tmux("resize-window", "-x", String(columns), "-y", String(rows));

  it("draws anew at every size, and leaves what stood there before and the end of the run, nothing else", async () => {
    const player = path.join(repository, "test/support/playJournal.ts");
    const journal = path.join(repository, "test/golden/journals/platform-up.jsonl");
    start(100, 30, `"${process.execPath}" "${player}" "${journal}" 60,30`);
    tmux("wait-for", "ready");
    tmux("send-keys", "go", "Enter");
    tmux("wait-for", "part1");
    const events = parseJournal(readFileSync(journal, "utf8")).events;
    /** Waits until tmux shows exactly the table of so many events at this size; it draws when it comes to it. */
    const settles = (count: number, columns: number): Promise<void> => {
      const state = foldRun(events.slice(0, count));
      const size = { columns, rows: 30 };
      const table = tableLines(state, state.lastEventAtMs!, size, { palette: createPalette(false), unicode: true });
      return vi.waitFor(() => expect(screen()).toEqual(table.map((line) => line.trimEnd())), patience);
    };
    await settles(60, 100);
    for (const columns of [60, 34, 72, 120]) {
      resize(columns, 30);
      await settles(60, columns);
    }
    tmux("send-keys", "go", "Enter");
    tmux("wait-for", "part2");
    await settles(90, 120);
    expect(tmux("display-message", "-p", "#{cursor_flag}").trim()).toBe("0");
    tmux("send-keys", "go", "Enter");
    tmux("wait-for", "end");
    await vi.waitFor(() => expect(screen(true).at(-1)).toBe("code 0"), patience);
    // Of the table nothing is left, on the screen or above it; the cursor is back.
    const all = screen(true);
    expect(all[0]).toBe("before");
    expect(all.filter((line) => /[━◆▸]|critical path/.test(line))).toEqual([]);
    expect(all.filter((line) => line === "up: 4 succeeded in 13.4s (+ 61 created)")).toHaveLength(1);
    expect(tmux("display-message", "-p", "#{cursor_flag}").trim()).toBe("1");
  });

  it("shows a real run, and the times of the one before", async () => {
    const fixture = createFixture();
    try {
      const up = `"${process.execPath}" "${path.join(repository, "bin/tutti.js")}" up base.local app.local --yes`;
      start(110, 40, `${up}; tmux wait-for -S first; ${up}`, fixture.root);
      tmux("wait-for", "first");
      await vi.waitFor(() => expect(screen().join("\n")).toMatch(/ \/ +\d+\.\ds/), { timeout: 40_000, interval: 30 });
      tmux("wait-for", "end");
      await vi.waitFor(() => expect(screen(true).at(-1)).toBe("code 0"), patience);
      const text = screen(true).join("\n");
      expect(text).toMatch(
        /^before\nsandbox: nothing real is changed\nbase\.local +succeeded[\s\S]*\+ random:index:RandomPet pet/,
      );
      expect(text).toMatch(/\n2 unchanged\n {2}base\.local, app\.local\n\nup: 2 unchanged in/);
      expect(text).not.toMatch(/critical path/);
    } finally {
      fixture.remove();
    }
  });
});
