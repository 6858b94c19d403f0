// A state that does not hold together is mended where that needs no guess, and otherwise left as it was.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bench } from "./support.ts";

interface StateFile {
  checkpoint: { latest: { resources: Record<string, unknown>[] } };
}

async function broken(change: (resources: Record<string, unknown>[]) => void) {
  const { run, folder } = await bench({ recorded: true });
  const path = join(folder, "state/.pulumi/stacks/recorded/dev.json");
  const read = async () => JSON.parse(await readFile(path, "utf8")) as StateFile;
  const state = await read();
  change(state.checkpoint.latest.resources);
  await writeFile(path, JSON.stringify(state));
  const repair = () => run("state", "repair", "--yes", "-s", "dev");
  return { run, repair, path, resources: async () => (await read()).checkpoint.latest.resources };
}

it("puts resources after what they need, and drops references to what is not there", async () => {
  const { run, repair, resources } = await broken((list) => {
    list.reverse();
    list.find(({ type }) => String(type).startsWith("random:"))!["dependencies"] = [
      "urn:pulumi:dev::recorded::a:b:C::d",
    ];
  });
  expect((await run("state", "unprotect", "--all", "--yes", "-s", "dev")).stderr).toContain("snapshot integrity");
  const { stdout, code } = await repair();
  expect(stdout).toMatch(/^Repaired: .*\nState repaired successfully\n$/);
  expect(code).toBe(0);
  expect(JSON.stringify(await resources())).not.toContain("a:b:C::d");
  expect((await repair()).stdout).toBe("The snapshot is already valid; skipping repair\n");
});

it("leaves a state alone whose providers are missing", async () => {
  const { repair, path } = await broken((list) => {
    list.splice(0, list.length, ...list.filter(({ type }) => !String(type).startsWith("pulumi:providers:")));
  });
  const before = await readFile(path, "utf8");
  const { stderr, code } = await repair();
  expect(stderr).toContain("error: failed to repair the snapshot automatically: resource urn:");
  expect(code).not.toBe(0);
  expect(await readFile(path, "utf8")).toBe(before);
});

it("lists its commands when asked for help alone", async () => {
  const { run } = await bench();
  const { stdout, code } = await run("--help", "--non-interactive");
  expect(code).toBe(0);
  expect(stdout).toMatch(/Available Commands:\n(.*\n)* {2}up /);
});
