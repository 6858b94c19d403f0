// Our runner of the official CLI, against a double of it: a script that answers as each test needs.
import { spawnSync } from "node:child_process";
import { getEventListeners } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { SemVer } from "semver";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { findPulumi, locateOfficial, officialCommand } from "../../automation/pulumi/official.ts";
import { isHandedOn } from "../../automation/pulumi/realEnvironment.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "tutti-official-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A `pulumi` in a folder of its own that runs this JavaScript; gives the folder. */
function double(name: string, body: string): { readonly bin: string; readonly executable: string } {
  const bin = mkdtempSync(path.join(folder, `${name}-`));
  const executable = path.join(bin, "pulumi");
  writeFileSync(executable, `#!${process.execPath}\n${body}\n`);
  chmodSync(executable, 0o755);
  return { bin, executable };
}
const version = new SemVer("3.260.0");
const env = { PATH: "/usr/bin:/bin", ONLY: "this" };

describe("the executable", () => {
  it("is found on the PATH it is given, never in a relative folder", () => {
    const { bin, executable } = double("found", "");
    expect(findPulumi(`/nowhere:${bin}`)).toBe(executable);
    expect(findPulumi(path.relative(process.cwd(), bin))).toBeUndefined();
    expect(findPulumi(undefined)).toBeUndefined();
  });

  it.each([
    ["v3.231.0", undefined],
    ["v3.260.0-dev.0", undefined],
    ["v4.0.0", undefined],
    ["v3.230.9", /is pulumi 3\.230\.9; tutti needs 3\.231\.0 or newer/],
    ["nonsense", /does not tell its version: nonsense/],
  ] as const)("of version %s", async (text, message) => {
    const { bin } = double("version", `console.log(${JSON.stringify(text)})`);
    const found = locateOfficial({ PATH: bin });
    if (message === undefined) expect((await found).version.compare("3.231.0-0")).toBeGreaterThanOrEqual(0);
    else await expect(found).rejects.toThrow(message);
  });

  it("is missed with a sentence and a way out", async () => {
    await expect(locateOfficial({ PATH: "/nowhere" })).rejects.toMatchObject({
      code: "engine",
      message: expect.stringContaining("there is none on PATH"),
      hint: expect.stringContaining("pulumi.com/docs/install"),
    });
  });
});

describe("a command", () => {
  it("gets exactly the environment it is given, no input, and --non-interactive once", async () => {
    const { executable } = double("env", "console.log(JSON.stringify([process.argv.slice(2), process.env]))");
    const command = officialCommand({ executable, version, env });
    const { stdout } = await command.run(["stack", "ls"], folder, { MORE: "too" });
    const [args, seen] = JSON.parse(stdout) as [string[], Record<string, string>];
    expect(args).toEqual(["stack", "ls", "--non-interactive"]);
    expect(seen).toMatchObject({ ...env, MORE: "too", PULUMI_AUTOMATION_API: "true" });
    expect(Object.keys(seen)).not.toContain("HOME");
    const again = await command.run(["up", "--non-interactive"], folder, {});
    expect(JSON.parse(again.stdout)[0]).toEqual(["up", "--non-interactive"]);
  });

  it("leads a process group of its own: what a terminal sends to ours does not reach it", async () => {
    const { executable } = double(
      "group",
      'console.log(process.pid, String(require("child_process").execSync("ps -o pgid= -p " + process.pid)).trim())',
    );
    const { stdout } = await officialCommand({ executable, version, env }).run(["version"], folder, {});
    const [pid, group] = stdout.trim().split(" ");
    expect([pid, group]).toEqual([expect.stringMatching(/^\d+$/), pid]);
  });

  it("ends with the CLI's own exit code and both streams, as they came", async () => {
    const { executable } = double(
      "code",
      'process.stdout.write("out"); process.stderr.write("err"); process.exitCode = 6;',
    );
    const seen: string[] = [];
    const result = await officialCommand({ executable, version, env }).run(
      ["up"],
      folder,
      {},
      (text) => seen.push(`o:${text}`),
      (text) => seen.push(`e:${text}`),
    );
    expect(result).toEqual({ code: 6, stdout: "out", stderr: "err" });
    expect(seen.sort()).toEqual(["e:err", "o:out"]);
  });

  it("keeps only the tail of a program's run, but every character of what is asked for", async () => {
    const { executable } = double(
      "much",
      'for (let i = 0; i < 20000; i++) console.log("line " + i + " " + "x".repeat(90));',
    );
    const command = officialCommand({ executable, version, env });
    let streamed = 0;
    const up = await command.run(["up"], folder, {}, (text) => {
      streamed += text.length;
    });
    expect(up.stdout.length).toBeLessThan(300 * 1024);
    expect(up.stdout).toMatch(/^\[\d+ characters dropped\]\n/);
    expect(up.stdout).toContain("line 19999");
    expect(streamed).toBeGreaterThan(1_900_000);
    expect((await command.run(["stack", "export"], folder, {})).stdout.length).toBe(streamed);
  });

  it("refuses predicted values outside of a preview, before anything is started", async () => {
    const marker = path.join(folder, "started");
    const { executable } = double("overlay", `require("fs").writeFileSync(${JSON.stringify(marker)}, "")`);
    const command = officialCommand({ executable, version, env });
    expect(() => command.run(["up"], folder, { TUTTI_OVERLAY: "/x" })).toThrow(/by a preview only, not by up/);
    expect(() => readFileSync(marker)).toThrow();
    expect((await command.run(["preview"], folder, { TUTTI_OVERLAY: "/x" })).code).toBe(0);
  });
});

describe("interrupts", () => {
  /** Notes each SIGINT on its output; ends at the one it is told to. With a child in its group. */
  const stubborn = (endAt: number): string => `
    const { spawn } = require("child_process");
    const child = spawn(process.execPath, ["-e", "process.on('SIGINT', () => process.exit()); setInterval(() => {}, 1000)"], { stdio: "ignore" });
    let count = 0;
    process.on("SIGINT", () => { console.log("interrupt", ++count); if (count >= ${endAt}) process.exit(8); });
    setInterval(() => {}, 1000);
    console.log("child", child.pid);`;

  async function interrupted(endAt: number, graceMs: number, how: "interrupt" | "kill", then = () => {}) {
    const { executable } = double("stubborn", stubborn(endAt));
    const interrupt = new AbortController();
    const kill = new AbortController();
    const command = officialCommand({ executable, version, env, graceMs, kill: kill.signal });
    let childPid = 0;
    const result = await command.run(
      ["up"],
      folder,
      {},
      (text) => {
        const started = /child (\d+)/.exec(text);
        if (started !== null) {
          childPid = Number(started[1]);
          (how === "interrupt" ? interrupt : kill).abort();
          then();
        }
      },
      undefined,
      interrupt.signal,
    );
    const stillThere = alive(childPid);
    if (stillThere && how === "interrupt" && endAt < 99) process.kill(childPid, "SIGKILL");
    return { ...result, childPid, stillThere };
  }
  /** Whether a process runs; one that has ended and that nobody has reaped does not. */
  function alive(pid: number): boolean {
    const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
    return stdout.trim() !== "" && !stdout.trim().startsWith("Z");
  }

  it("send one SIGINT, to the CLI alone", async () => {
    // A CLI that ends at the first cannot tell whether there was another.
    using kill = vi.spyOn(process, "kill");
    const sent = () => kill.mock.calls.filter(([, name]) => name === "SIGINT").length;
    let atOnce = 0;
    const { code, stdout, stillThere } = await interrupted(1, 60_000, "interrupt", () => {
      atOnce = sent();
    });
    expect([atOnce, sent()]).toEqual([1, 1]);
    expect({ code, interrupts: stdout.match(/interrupt/g)?.length, stillThere }).toEqual({
      code: 8,
      interrupts: 1,
      stillThere: true,
    });
  });

  it("send a second one after the grace", async () => {
    const { code, stdout } = await interrupted(2, 1000, "interrupt");
    expect({ code, interrupts: stdout.match(/interrupt/g)?.length }).toEqual({ code: 8, interrupts: 2 });
  });

  it("kill the whole group when that was not enough", async () => {
    const { code, stderr, childPid } = await interrupted(99, 50, "interrupt");
    expect({ code, stderr }).toEqual({ code: 137, stderr: "\nended by SIGKILL" });
    await expect.poll(() => alive(childPid)).toBe(false);
  });

  it("kill the whole group at once when asked to", async () => {
    const { code, stdout, childPid } = await interrupted(99, 60_000, "kill");
    expect({ code, interrupted: stdout.includes("interrupt") }).toEqual({ code: 137, interrupted: false });
    await expect.poll(() => alive(childPid)).toBe(false);
  });

  it("leave neither a listener nor a timer behind", async () => {
    const { executable } = double("quiet", "");
    const [interrupt, kill] = [new AbortController(), new AbortController()];
    const listeners = (): readonly number[] =>
      [interrupt, kill].map(({ signal }) => getEventListeners(signal, "abort").length);
    const command = officialCommand({ executable, version, env, kill: kill.signal });
    const running = command.run(["up"], folder, {}, undefined, undefined, interrupt.signal);
    expect(listeners()).toEqual([1, 1]);
    await running;
    expect(listeners()).toEqual([0, 0]);
    using clear = vi.spyOn(globalThis, "clearTimeout");
    using set = vi.spyOn(globalThis, "setTimeout");
    await interrupted(1, 60_000, "interrupt");
    const rungs = set.mock.calls.flatMap(([, ms], at) => (ms! >= 60_000 ? [set.mock.results[at]!.value] : []));
    expect(rungs).toHaveLength(2);
    for (const timer of rungs) expect(clear).toHaveBeenCalledWith(timer);
  });

  it("that came before the start start nothing", async () => {
    const { executable } = double("late", 'console.log("started")');
    const result = await officialCommand({ executable, version, env }).run(
      ["up"],
      folder,
      {},
      undefined,
      undefined,
      AbortSignal.abort(),
    );
    expect(result).toEqual({ code: 8, stdout: "", stderr: "cancelled before it started" });
  });
});

it("hands on what a cloud needs and nothing of the driver's own", () => {
  for (const name of [
    "PATH",
    "HOME",
    "GOOGLE_CREDENTIALS",
    "AWS_PROFILE",
    "LC_ALL",
    "PULUMI_CONFIG_PASSPHRASE",
    "HTTPS_PROXY",
  ]) {
    expect([name, isHandedOn(name)]).toEqual([name, true]);
  }
  for (const name of [
    "PULUMI_BACKEND_URL",
    "PULUMI_STACK",
    "TUTTI_OVERLAY",
    "npm_config_registry",
    "EDITOR",
    "SECRET_OF_ANOTHER_TOOL",
  ]) {
    expect([name, isHandedOn(name)]).toEqual([name, false]);
  }
});
