// Every command and flag that the help of the official CLI lists is taken here, or refused by name. What it lists was
// recorded; where it is on PATH, it is asked again. `TUTTI_RECORD=1` records anew.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { parseArgs } from "../../../engine/command/args.ts";
import { commands, globalFlags, surface } from "../../../engine/command/commands.ts";
import { refusedCommands } from "../../../engine/command/refused.ts";
import { findCli } from "./support.ts";

interface Recorded {
  readonly version: string;
  /** Flags by command, each with its letter: `-s --stack`. */
  readonly commands: Readonly<Record<string, readonly string[]>>;
}

const file = new URL("surface.json", import.meta.url);
const recorded = JSON.parse(readFileSync(file, "utf8")) as Recorded;

/** Whether the command, or a group it is in, is refused. */
const isRefused = (path: string) =>
  Object.keys(refusedCommands).some((refused) => path === refused || path.startsWith(`${refused} `));

const isGroup = (path: string) => Object.keys(recorded.commands).some((other) => other.startsWith(`${path} `));

describe("the surface of the official CLI", () => {
  const done = Object.keys(recorded.commands).filter((path) => path !== "" && !isRefused(path));

  it("has been recorded", () => expect(done.length).toBeGreaterThan(50));

  it.each(done)("`%s` is a command here", (path) => {
    const { command, help } = parseArgs([...path.split(" "), "--help"], surface);
    expect(help).toBe("asked");
    expect(command.path.length).toBe(path.split(" ").length);
    const isOurs = commands.some((ours) => ours.path.join(" ") === command.path.join(" "));
    expect(isOurs || isGroup(path)).toBe(true);
    if (!isOurs) return;
    const flags = Object.entries({ ...globalFlags, ...command.flags }).map(([name, { short }]) =>
      short === undefined ? `--${name}` : `-${short} --${name}`,
    );
    expect(recorded.commands[path]!.filter((flag) => !flags.includes(flag))).toEqual([]);
  });

  it.each(Object.keys(recorded.commands).filter(isRefused))("`%s` is refused by name", (path) =>
    expect(() => parseArgs([...path.split(" "), "--help"], surface)).toThrow(
      /^`pulumi .*` is not supported by the embedded engine: /,
    ),
  );

  it("is what was recorded of it", { timeout: 120_000 }, async (context) => {
    const cli =
      findCli() ?? context.skip("pulumi is not on PATH: its commands were NOT compared with what was recorded");
    const live = await readSurface(cli);
    if (process.env["TUTTI_RECORD"] === "1") await writeFile(file, `${JSON.stringify(live, null, 2)}\n`);
    else if (live.version !== recorded.version)
      context.skip(`pulumi ${live.version} is on PATH, ${recorded.version} was recorded: they were NOT compared`);
    else expect(live).toEqual(recorded);
  });
});

/** Asks the CLI for help on everything it lists, as far as it is not refused. */
async function readSurface(cli: string): Promise<Recorded> {
  const home = await mkdtemp(join(tmpdir(), "tutti-surface-"));
  const env = { HOME: home, PULUMI_HOME: home, PATH: "", PULUMI_SKIP_UPDATE_CHECK: "true" };
  const run = async (...args: readonly string[]) => (await promisify(execFile)(cli, args, { env })).stdout;
  const found: Record<string, readonly string[]> = {};
  const walk = async (path: readonly string[]): Promise<void> => {
    found[path.join(" ")] = [];
    if (isRefused(path.join(" "))) return; // with all that is below
    const sections = (await run(...path, "--help")).split(/\n(?=\S[^\n]*:\n)/);
    const linesOf = (title: RegExp) => sections.filter((text) => title.test(text)).flatMap((text) => text.split("\n"));
    found[path.join(" ")] = linesOf(/^Flags:\n/).flatMap((line) => {
      const [, short, name] = /^ +(?:-(\w), )?--([\w-]+)/.exec(line) ?? [];
      if (name === undefined || name === "help" || name === "version") return [];
      return short === undefined ? `--${name}` : `-${short} --${name}`;
    });
    for (const line of linesOf(/^[\w ]*Commands:\n/)) {
      const [, word] = /^ {2}([a-z][\w-]*) {2,}/.exec(line) ?? [];
      if (word !== undefined) await walk([...path, word]);
    }
  };
  try {
    await walk([]);
    return { version: (await run("version")).trim(), commands: found };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
