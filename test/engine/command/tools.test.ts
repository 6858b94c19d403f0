// Commands and flags beside the operations: what a person works with at the shell.
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { access, chmod, readFile, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it, vi } from "vitest";
import { surface } from "../../../engine/command/commands.ts";
import { completions } from "../../../engine/command/completion.ts";
import { createEngine } from "../../../engine/index.ts";
import { bench } from "./support.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

it("names every variable that the engine heeds, and shows no passphrase", async () => {
  const { runWith, env } = await bench();
  const given = { ...env, PULUMI_CONFIG_PASSPHRASE: "hush-hush", PULUMI_STACK: "dev", PULUMI_OPTION_REFRESH: "true" };
  const { stdout } = await runWith({ env: given }, "about", "env");
  expect(stdout).not.toContain("hush");
  expect(stdout).toMatch(/\nPULUMI_CONFIG_PASSPHRASE +The passphrase of secrets +\[secret\]\n/);
  expect(stdout).toMatch(/\nPULUMI_STACK +.* +"dev"\n/);
  expect(stdout).toMatch(/\nPULUMI_PARALLEL +.* +unset\n/);
  expect(stdout).toMatch(/\nPULUMI_OPTION_REFRESH +"true"\n/);
  const files = readdirSync(join(root, "engine"), { recursive: true, encoding: "utf8" });
  const sources = files
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(root, "engine", name), "utf8"));
  const read = new Set(
    sources.flatMap((text) => [...text.matchAll(/env\["(PULUMI_\w+)"\]/g)].map(([, name]) => name!)),
  );
  expect(read.size).toBeGreaterThan(5);
  expect([...read].filter((name) => !stdout.includes(`\n${name} `))).toEqual([]);
});

it("has no logs of resources, which the official CLI (3.260.0) says in the same words", async () => {
  const { run } = await bench({ recorded: true });
  const { stdout, code } = await run("logs", "-s", "dev", "--since", "2020-01-02T03:04:05Z");
  expect([code, stdout]).toEqual([0, "Collecting logs for stack dev since 2020-01-02T03:04:05.000Z.\n\n"]);
  expect(await run("logs", "-s", "dev", "--json")).toEqual({ code: 0, stdout: "null\n", stderr: "" });
  expect((await run("logs", "-s", "nope")).code).toBe(6);
  expect((await run("logs", "-s", "dev", "--since", "soon")).stderr).toContain("failed to parse argument to '--since'");
  const since = async (text: string) => {
    const before = Date.now();
    const time = Date.parse(/since (\S+)\.\n/.exec((await run("logs", "-s", "dev", "--since", text)).stdout)![1]!);
    return [Math.floor(before / 1000) * 1000 - time, Math.floor(Date.now() / 1000) * 1000 - time];
  };
  const [least, most] = await since("1h30m");
  expect([least! <= 5_400_000, most! >= 5_400_000]).toEqual([true, true]);
});

it("follows logs until it is interrupted", async () => {
  const { env, project } = await bench({ recorded: true });
  const interrupt = new AbortController();
  const printed = () => interrupt.abort();
  const run = createEngine({ env }).run(["logs", "-f", "-s", "dev"], project, {}, printed, undefined, interrupt.signal);
  expect(await run).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Collecting logs/) });
});

it("writes no log files, and says so", async () => {
  const { run } = await bench();
  expect(await run("logs", "ls")).toMatchObject({ code: 0, stdout: "No log files found: this engine writes none\n" });
  expect(await run("logs", "ls", "--output", "json")).toMatchObject({ code: 0, stdout: "[]\n" });
  expect(await run("logs", "rm", "--all", "--yes")).toMatchObject({ code: 0 });
  expect(await run("logs", "decrypt", "x.log")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("writes none"),
  });
});

it("completes commands, flags, and nothing where a value is to come", () => {
  const after = (...words: readonly string[]) => completions(words, surface);
  expect(after()).toEqual(expect.arrayContaining(["up", "stack", "plugin", "--cwd", "--help"]));
  expect(after()).not.toContain("__complete");
  expect(after("stack", "tag")).toEqual(expect.arrayContaining(["ls", "get", "set", "rm"]));
  expect(after("-C", "stack", "up")).toEqual(expect.arrayContaining(["--yes", "--refresh", "--parallel"]));
  expect(after("up")).not.toContain("exec-kind");
  expect(after("up", "--parallel")).toEqual([]);
  for (const words of [["up", "-s"], ["stack", "select"], ["cancel"], ["state", "move", "--dest"]])
    expect(after(...words)).toBeUndefined();
  expect(after("stack", "select", "dev")).toContain("--create");
});

it("refuses to complete other shells", async () => {
  const { run } = await bench();
  expect(await run("gen-completion", "tcsh")).toMatchObject({
    code: 1,
    stderr: 'error: "tcsh" is not a supported shell\n',
  });
});

const found = (name: string) =>
  (process.env["PATH"] ?? "").split(delimiter).some((folder) => readdirOf(folder).includes(name));
const readdirOf = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

/** Prints what the shell would offer for `pulumi stack select <here>` and for `pulumi sta<here>`. */
const asking = {
  bash: `source "$1"
ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pulumi; printf '%s,' "\${COMPREPLY[@]}"; echo; }
ask pulumi stack select ""; ask pulumi sta`,
  zsh: `compdef() { :; }; source "$1"
compadd() { print -r -- "\${(j:,:)found},"; }
ask() { words=("$@"); CURRENT=$#; _pulumi; }
ask pulumi stack select ""; ask pulumi sta`,
  fish: `source $argv[1]
for line in "pulumi stack select " "pulumi sta"; string join , (complete -C "$line"; ) ""; end`,
};

it.for(["bash", "zsh", "fish"] as const)("completes in %s", async (shell, context) => {
  if (!found(shell)) context.skip(`${shell} is not on PATH: its completion was NOT tested`);
  const { run, project, folder, env } = await bench({ recorded: true });
  const script = join(folder, "script");
  await writeFile(script, (await run("gen-completion", shell)).stdout);
  const program = join(folder, "pulumi");
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${join(root, "bin/tutti-engine.js")}' "$@"\n`);
  await chmod(program, 0o755);
  const given = { ...env, PATH: `${folder}${delimiter}${process.env["PATH"]}` };
  const how = shell === "fish" ? ["-N", "-c", asking.fish, script] : ["-c", asking[shell], shell, script];
  const { stdout } = await promisify(execFile)(shell, how, { cwd: project, env: given });
  expect(stdout).toBe("dev,\nstack,state,\n");
});

it("has a program wait for a debugger", async () => {
  const { project, env } = await bench({ name: "waits" });
  await symlink(join(root, "node_modules"), join(project, "node_modules"));
  await writeFile(join(project, "package.json"), '{ "name": "waits", "main": "index.js" }');
  await writeFile(join(project, "index.js"), 'require("node:fs").writeFileSync("ran", ""); exports.a = 1;');
  const engine = createEngine({ env });
  expect(await engine.run(["stack", "init", "dev"], project, {})).toMatchObject({ code: 0 });
  const log = join(project, "events.json");
  const waiting = Promise.withResolvers<string>();
  const args = ["preview", "--attach-debugger", "--event-log", log];
  const preview = engine.run(args, project, {}, (text) => {
    const address = /waits for a debugger to attach at (\S+)/.exec(text)?.[1];
    if (address !== undefined) waiting.resolve(address);
  });
  const address = await waiting.promise;
  const targets = await vi.waitFor(async () => (await fetch(`http://${address}/json/list`)).json(), {
    timeout: 30_000,
  });
  await expect(access(join(project, "ran"))).rejects.toThrow("ENOENT");
  const socket = new WebSocket((targets as { webSocketDebuggerUrl: string }[])[0]!.webSocketDebuggerUrl);
  const stopped: string[] = [];
  socket.onopen = () => {
    for (const method of ["Debugger.enable", "Runtime.runIfWaitingForDebugger"])
      socket.send(JSON.stringify({ id: 1, method }));
  };
  socket.onmessage = ({ data }) => {
    const { method, params } = JSON.parse(String(data));
    if (method !== "Debugger.paused") return;
    stopped.push(params.reason);
    socket.close();
  };
  expect(await preview).toMatchObject({ code: 0 });
  expect(stopped).toEqual(["Break on start"]);
  await access(join(project, "ran"));
  const events = (await readFile(log, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(events.find((event) => event.startDebuggingEvent)).toMatchObject({
    startDebuggingEvent: { config: { name: "Pulumi: Program (nodejs)", type: "node", request: "attach" } },
  });
});

it("attaches to programs only", async () => {
  const { run } = await bench();
  await run("stack", "init", "dev");
  const preview = async (what: string) => (await run("preview", `--attach-debugger=${what}`)).stderr;
  expect(await preview("plugin:random")).toContain("this engine starts no plugins");
  expect(await preview("me")).toContain("invalid --attach-debugger flag value: me");
});

it("works on no project that requires another version", async () => {
  const { run, project } = await bench({ name: "recent" });
  const require = (range: string) =>
    writeFile(join(project, "Pulumi.yaml"), `name: recent\nruntime: nodejs\nrequiredPulumiVersion: "${range}"\n`);
  await require(">=3.1.0 !3.2.0");
  expect((await run("preview", "-s", "nope")).stderr).toBe("error: no stack named 'nope' found\n");
  await require(">=99.0.0");
  for (const verb of ["up", "preview", "refresh", "destroy"])
    expect((await run(verb, "-s", "nope", "--yes")).stderr).toMatch(
      /^error: Pulumi CLI version 3\.\d+\.\d+ does not satisfy the version range ">=99\.0\.0"\n$/,
    );
});
