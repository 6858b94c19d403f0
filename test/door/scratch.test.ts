// The private copy that a preview of the official engine is made in: what is in it, that no secret is, and what is missing.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { StackId } from "../../automation/events.ts";
import { createChainedPreview } from "../../automation/pulumi/chained.ts";
import type { OpenEnvironment } from "../../automation/pulumi/environment.ts";
import { makeScratch } from "../../automation/pulumi/scratch.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "tutti-scratch-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const secret = (ciphertext: string) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  ciphertext,
});

/** An environment in a folder, or on another backend, whose CLI exports this. */
function environment(stateFolder: string | undefined, exported: object = {}) {
  const commands: (readonly string[])[] = [];
  const command = () => ({
    run: async (args: readonly string[]) => {
      commands.push(args);
      return { stdout: JSON.stringify(exported), stderr: "", code: 0 };
    },
  });
  const project = { name: "pair", stackConfigDir: ".", runtime: { name: "nodejs", options: {} }, main: undefined };
  const open = {
    stateFolder,
    project,
    root: folder,
    folder: undefined,
    env: {},
    mask: (text: string) => text,
    command,
  };
  return { commands, environment: open as unknown as OpenEnvironment };
}
const copied = (stack: string) => {
  const file = path.join(folder, "copy/.pulumi/stacks/pair", `${stack}.json`);
  return { text: readFileSync(file, "utf8"), mode: statSync(file).mode & 0o777 };
};

it("has of a predicted stack what its preview said, and of its secrets that they are not known", async () => {
  const { environment: open } = environment(undefined);
  const outputs = {
    pet: "a-pet",
    word: secret("v1:sealed"),
    inside: { list: [1, secret('"hunter22"')], plain: true },
    later: unknown,
  };
  await makeScratch(path.join(folder, "copy"), { environment: open, stackName: "app.real" }, "nothing", [
    { environment: open, stackName: "base.real", outputs },
  ]);
  const { text, mode } = copied("base.real");
  expect(JSON.parse(text).checkpoint.latest.resources).toMatchObject([
    { outputs: { pet: "a-pet", word: unknown, inside: { list: [1, unknown], plain: true }, later: unknown } },
  ]);
  expect([/sealed|hunter22|ciphertext/.test(text), mode]).toEqual([false, 0o600]);
});

it("takes a state that lies in a folder as it lies there, and asks no CLI for it", async () => {
  const state = { version: 3, checkpoint: { stack: "organization/pair/app.real", latest: { secret: secret("v1:s") } } };
  mkdirSync(path.join(folder, "state/.pulumi/stacks/pair"), { recursive: true });
  writeFileSync(path.join(folder, "state/.pulumi/stacks/pair/app.real.json"), JSON.stringify(state));
  const { commands, environment: open } = environment(path.join(folder, "state"));
  await makeScratch(path.join(folder, "copy"), { environment: open, stackName: "app.real" }, "backend");
  expect([JSON.parse(copied("app.real").text), commands]).toEqual([state, []]);
});

it("asks the CLI for a state that lies elsewhere, with its secrets sealed", async () => {
  const deployment = { resources: [{ type: "t", outputs: secret("v1:s") }] };
  const { commands, environment: open } = environment(undefined, { version: 3, deployment });
  await makeScratch(path.join(folder, "copy"), { environment: open, stackName: "app.real" }, "backend");
  expect(commands).toEqual([["stack", "export", "--stack", "app.real"]]);
  expect(JSON.parse(copied("app.real").text)).toMatchObject({ version: 3, checkpoint: { latest: deployment } });
});

it("is not made for a stack that needs one which is neither deployed nor previewed: that is named, with the way out", async () => {
  const open = { ...environment(undefined).environment, held: async () => new Map() };
  const base = { id: "base.real", stackName: "base.real" };
  const stacks = new Map([["base.real", base]]) as unknown as Parameters<typeof createChainedPreview>[0];
  const chained = createChainedPreview(stacks, { of: async () => open });
  const app = { id: "app.real", stackName: "app.real", needs: [{ targets: [base] }] };
  const prepare = () => chained.prepare(app as unknown as Parameters<typeof chained.prepare>[0], open);
  await expect(prepare()).rejects.toMatchObject({
    message: "app.real needs base.real, which is neither deployed nor part of this preview",
    hint: "preview both: tutti preview ...app.real",
  });
  await chained.predict(base.id as StackId, {});
  expect(await prepare()).toHaveProperty("scratch");
  await chained.close();
});
