// Completion: what is offered where, and the scripts in the shells they are for.
import { spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { completions } from "../../automation/commands/completion.ts";
import { createFixture, type Fixture } from "./fixture.ts";

let fixture: Fixture;
beforeAll(() => {
  fixture = createFixture();
  const tutti = path.resolve(import.meta.dirname, "../../bin/tutti.js");
  fixture.write("bin/tutti", `#!/bin/sh\nexec "${process.execPath}" "${tutti}" "$@"\n`);
  chmodSync(path.join(fixture.root, "bin/tutti"), 0o755);
  fixture.write(".tutti/runs/20261123-120000-bcdf/journal.jsonl", "");
});
afterAll(() => fixture.remove());

describe("after", () => {
  it.each<readonly [string, string, readonly string[]]>([
    ["", "pre", ["preview"]],
    ["--output lines", "pre", ["preview"]],
    ["up -e", "", ["local", "guarded", "real"]],
    ["up", "base.", ["base.local", "base.guarded", "base.real"]],
    ["up -e local --yes", "", ["base.local", "app.local", "files.local"]],
    ["up -e local", "!a", ["!app.local"]],
    ["up", "...app.r", ["...app.real"]],
    ["up --output", "", ["auto", "live", "grouped", "stream", "lines", "ndjson", "json", "quiet"]],
    ["up --report", "h", ["html="]],
    ["up --report html =", "rep", []],
    ["up -j", "a", ["auto"]],
    ["up --lock-timeout", "", []],
    ["report", "2026", ["20261123-120000-bcdf"]],
    ["logs app.local --run", "", ["20261123-120000-bcdf"]],
    ["completion", "f", ["fish"]],
    ["new", "pro", ["project"]],
    ["doctor", "", []],
    ["sandbox", "s", ["slow", "show"]],
    ["sandbox list", "", []],
    ["sandbox list -e", "l", ["local"]],
    ["unlock", "--f", ["--force"]],
  ])("tutti %s, %j is completed", async (before, current, expected) => {
    const found = await completions(fixture.root, before === "" ? [] : before.split(" "), current);
    expect([...found].sort()).toEqual([...expected].sort());
  });

  it("sandbox, what its help names", async () => {
    const { stdout } = await fixture.tutti(["sandbox", "--help"]);
    const named = [...stdout.matchAll(/^ {2}tutti sandbox ([a-z]+)/gm)].map(([, name]) => name!);
    expect([...(await completions(fixture.root, ["sandbox"], ""))].sort()).toEqual(named.sort());
  });

  it("a folder, that folder's workspace is asked; none is nothing", async () => {
    expect(await completions("/", ["-C", fixture.root, "up"], "app.r")).toEqual(["app.real"]);
    expect(await completions("/", ["up"], "app.r")).toEqual([]);
  });
});

describe.each([
  [
    "bash",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own
    'eval "$(tutti completion bash)"; COMP_WORDS=(tutti up ba); COMP_CWORD=2; _tutti; printf "%s\\n" "${COMPREPLY[@]}"',
  ],
  [
    "zsh",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own
    'compdef() { [[ $1 == _tutti && $2 == tutti ]] || print wrong; }; compadd() { print -l -- ${(P)2}; }; eval "$(tutti completion zsh)"; words=(tutti up ba); CURRENT=3; _tutti',
  ],
  ["fish", 'tutti completion fish | source; complete -C"tutti up ba"'],
] as const)("in %s", (shell, script) => {
  const present = spawnSync(shell, ["-c", "true"]).status === 0;
  it("completes stacks", ({ skip }) => {
    skip(!present, `${shell} is not on PATH`);
    const { stdout, stderr } = spawnSync(shell, ["-c", script], {
      cwd: fixture.root,
      env: { PATH: `${path.join(fixture.root, "bin")}:${process.env["PATH"]}`, HOME: fixture.root },
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(stdout.trim().split("\n").sort()).toEqual(["base.guarded", "base.local", "base.real"]);
  });
});
