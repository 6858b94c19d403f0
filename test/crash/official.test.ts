// Interrupts and crashes of the official engine: the CLI on PATH, with the real plugin of `random` and a file backend.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Report } from "../../automation/index.ts";
import { findPulumi } from "../../automation/pulumi/official.ts";
import { createFixture, type Fixture } from "../cli/fixture.ts";
import { seeded } from "../support/random.ts";
import { noTerminal, onTerminal, type Terminal } from "./terminal.ts";

const lack = findPulumi(process.env["PATH"]) === undefined ? "pulumi is not on PATH" : noTerminal();

describe("the official CLI, interrupted while a program runs", { timeout: 180_000 }, () => {
  let fixture: Fixture;
  let env: Record<string, string>;
  let terminal: Terminal | undefined;
  const inRoot = (name: string): string => path.join(fixture.root, name);
  beforeEach(({ skip }) => {
    skip(lack !== undefined, lack);
    fixture = createFixture();
    mkdirSync(inRoot(".tutti/real"), { recursive: true });
    env = {
      PATH: process.env["PATH"]!,
      STATE_URL: `file://${inRoot(".tutti/real")}`,
      PULUMI_CONFIG_PASSPHRASE: "correct horse battery",
      PULUMI_HOME: inRoot(".tutti/pulumi-home"),
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    };
    // Says that it runs, and ends when it is told to. It talks: a CLI whose driver died finds that nobody listens.
    fixture.write(
      "stacks/base/program.ts",
      `import fs from "node:fs";
import * as random from "@pulumi/random";
import { program } from "../../automation/program.ts";
import { base } from "./contract.ts";
export default program(base, async () => {
  const pet = new random.RandomPet("pet");
  await new Promise((resolve) => pet.id.apply(resolve));
  fs.writeFileSync(${JSON.stringify(inRoot("running"))}, "");
  while (!fs.existsSync(${JSON.stringify(inRoot("go"))})) await new Promise((resolve) => setTimeout(resolve, 50));
  return { pet: pet.id, password: "0123456789abcdef" };
});
`,
    );
  });
  afterEach(() => {
    terminal?.process.kill("SIGKILL");
    terminal = undefined;
    if (lack === undefined) fixture.remove();
  });

  const random = seeded(3);
  async function begin(): Promise<Terminal> {
    terminal = onTerminal(fixture.root, "up base.real app.real --yes", env);
    while (!readdirSync(fixture.root).includes("running")) await delay(50);
    await delay(random.below(300));
    return terminal;
  }
  async function interrupt(on: Terminal, times: number): Promise<void> {
    for (let count = 0; count < times; count++) {
      on.ctrlC();
      await delay(150 + random.below(250));
    }
  }
  async function left(): Promise<{ readonly statuses: readonly string[]; readonly pending: readonly unknown[] }> {
    const report = JSON.parse((await fixture.tutti(["report", "--json"])).stdout) as Report;
    const state = readFileSync(inRoot(".tutti/real/.pulumi/stacks/pair/base.real.json"), "utf8");
    const { checkpoint } = JSON.parse(state) as { checkpoint: { latest?: { pending_operations?: unknown[] } } };
    return {
      statuses: report.stacks.map(({ id, status }) => `${id} ${status}`),
      pending: checkpoint.latest?.pending_operations ?? [],
    };
  }
  const locks = (): readonly string[] => {
    const folder = inRoot(".tutti/real/.pulumi/locks/organization/pair/base.real");
    return readdirSync(folder).filter((name) => name.endsWith(".json"));
  };

  it("once: it ends by itself, and nothing new starts", async () => {
    const on = await begin();
    await interrupt(on, 1);
    writeFileSync(inRoot("go"), "");
    expect(await on.end()).toEqual({ code: 8, spoilt: [] });
    expect(await left()).toEqual({ statuses: ["base.real succeeded", "app.real cancelled"], pending: [] });
  });

  it("twice: it is told once, and leaves nothing open", async () => {
    const on = await begin();
    await interrupt(on, 2);
    expect(await on.end()).toEqual({ code: 8, spoilt: [] });
    expect(await left()).toEqual({ statuses: ["base.real cancelled", "app.real cancelled"], pending: [] });
    expect(locks()).toEqual([]);
  });

  it("three times: it is killed, its lock is broken on proof, and the run is gone on with", async () => {
    const on = await begin();
    // It does not hear, so that nothing but the third ends it.
    process.kill(lockOwner(), "SIGSTOP");
    await interrupt(on, 3);
    expect(await on.end()).toEqual({ code: 130, spoilt: [] });
    expect(locks()).toHaveLength(1);
    writeFileSync(inRoot("go"), "");
    const locked = await fixture.tutti(["resume", "--yes"], { env });
    expect(locked.code).toBe(10);
    expect(locked.stdout).toMatch(/is locked: .*\(pid \d+\)[\s\S]*tutti unlock base.real/);
    const unlocked = await fixture.tutti(["unlock", "base.real"], { env });
    expect(unlocked).toMatchObject({ code: 0, stdout: expect.stringMatching(/^broken: the lock of .*; dead: /m) });
    const resumed = await fixture.tutti(["resume", "--yes", "--json"], { env });
    expect(resumed.code, resumed.stderr).toBe(0);
    expect((await fixture.tutti(["recover", "base.real"], { env })).stdout).toBe("base.real: nothing was left open\n");
  });

  it("by the death of its driver, which it outlives: it is named and waited for, never doubled", async () => {
    const on = await begin();
    const cli = lockOwner();
    process.kill(cli, "SIGSTOP");
    try {
      const driver = Number(/"pid":(\d+)/.exec(leaseText())![1]);
      process.kill(driver, "SIGKILL");
      await on.end();
      const again = await fixture.tutti(["up", "base.real", "--yes"], { env });
      expect(again.stderr).toMatch(new RegExp(`the driver of .*\\(pid ${driver}\\), up, run .* is dead; going on`));
      expect(again.code).toBe(10);
      expect(again.stdout).toContain(`(pid ${cli})`);
      const refused = await fixture.tutti(["unlock", "base.real"], { env });
      expect(refused.code).toBe(10);
      expect(refused.stderr).toContain(`process ${cli} runs on`);
    } finally {
      process.kill(cli, "SIGCONT");
    }
    writeFileSync(inRoot("go"), "");
    // It ends now, by itself, or because it talks to nobody: then its lock is left, and nobody waits for the dead.
    const waited = await fixture.tutti(["up", "base.real", "--yes", "--lock-timeout", "2m"], { env });
    if (waited.code === 10) {
      expect(waited.stdout).toMatch(/its owner is dead \(.*\): tutti unlock base.real/);
      expect((await fixture.tutti(["unlock", "base.real"], { env })).code).toBe(0);
    }
    const last = await fixture.tutti(["up", "-e", "real", "--yes"], { env });
    expect(last.code, last.stdout).toBe(0);
  });

  function lockOwner(): number {
    const [lock] = locks();
    const folder = inRoot(".tutti/real/.pulumi/locks/organization/pair/base.real");
    return Number(/"pid": ?(\d+)/.exec(readFileSync(path.join(folder, lock!), "utf8"))![1]);
  }

  function leaseText(): string {
    const folder = inRoot(".tutti/real/.tutti/leases/pair/real");
    return readFileSync(path.join(folder, readdirSync(folder).sort().at(-1)!), "utf8");
  }
});
