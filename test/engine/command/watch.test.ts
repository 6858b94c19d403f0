import { mkdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { createEngine } from "../../../engine/index.ts";
import { bench } from "./support.ts";

const NODE_MODULES = fileURLToPath(new URL("../../../node_modules", import.meta.url));

/** `watch`, going on; `printed` waits for a text that comes after what it last waited for. */
async function watching(source: string, ...flags: readonly string[]) {
  const made = await bench({ name: "watched" });
  const inProject = (name: string) => join(made.project, name);
  await symlink(NODE_MODULES, inProject("node_modules"));
  await writeFile(inProject("package.json"), '{ "name": "watched", "main": "index.js" }');
  await writeFile(inProject("index.js"), source);
  const env = { ...made.env, PULUMI_BACKEND_URL: `file://${inProject("state")}` };
  await mkdir(inProject("state"));
  const engine = createEngine({ env });
  const json = async (...args: string[]) => JSON.parse((await engine.run(args, made.project, {})).stdout);
  expect(await engine.run(["stack", "init", "dev"], made.project, {})).toMatchObject({ code: 0 });
  const interrupt = new AbortController();
  let [text, read] = ["", 0];
  let woken = Promise.withResolvers<void>();
  const print = (more: string) => {
    text += more;
    woken.resolve();
    woken = Promise.withResolvers();
  };
  const ended = engine.run(["watch", ...flags], made.project, {}, print, print, interrupt.signal);
  onTestFinished(async () => {
    interrupt.abort();
    await ended;
  });
  const printed = async (wanted: string) => {
    while (!text.includes(wanted, read)) await woken.promise;
    read = text.indexOf(wanted, read) + wanted.length;
  };
  return {
    ...{ inProject, printed, ended, interrupt: () => interrupt.abort(), text: () => text },
    outputs: () => json("stack", "output", "--json"),
    history: () => json("stack", "history", "--json"),
  };
}

it("updates after each save of the program, also after one that failed, until it is interrupted", async () => {
  const { inProject, printed, outputs, history, interrupt, ended, text } = await watching(
    "exports.a = 1;",
    "-c",
    "k=v",
  );
  await printed("Make an edit to organization/watched/dev and save to deploy.\n");
  expect(await readFile(inProject("Pulumi.dev.yaml"), "utf8")).toContain("watched:k: v");
  await writeFile(inProject("index.js"), "exports.a = 2;");
  await printed("Update complete.\n");
  expect(await outputs()).toEqual({ a: 2 });
  await writeFile(inProject("index.js"), 'throw new Error("not yet");');
  await printed("not yet");
  await printed("Update failed.\n");
  // As an editor saves that writes elsewhere first.
  await mkdir(inProject("lib"));
  await writeFile(inProject("lib/value.js"), "module.exports = 3;");
  await writeFile(inProject("index.js~"), 'exports.a = require("./lib/value.js");');
  await rename(inProject("index.js~"), inProject("index.js"));
  await printed("Update complete.\n");
  // A folder that was made meanwhile is watched, too.
  await writeFile(inProject("lib/value.js"), "module.exports = 4;");
  await printed("Update complete.\n");
  expect(await outputs()).toEqual({ a: 4 });
  // What was given at the start does not come back over an edit.
  const settings = await readFile(inProject("Pulumi.dev.yaml"), "utf8");
  await writeFile(inProject("Pulumi.dev.yaml"), settings.replace("k: v", "k: w"));
  await printed("Update complete.\n");
  expect(await readFile(inProject("Pulumi.dev.yaml"), "utf8")).toContain("k: w");
  interrupt();
  expect(await ended).toMatchObject({ code: 0 });
  expect((await history())[0]).toMatchObject({ kind: "update", result: "succeeded" });
  expect(text().match(/Deploying/g)!.length).toBe((await history()).length);
});

it("watches what it is told to, and not what updates write", async () => {
  const program =
    'const fs = require("node:fs"); fs.writeFileSync("made.txt", "same"); fs.mkdirSync(".cache", { recursive: true });' +
    'fs.writeFileSync(".cache/run", String(Date.now())); exports.k = new (require("@pulumi/pulumi").Config)().get("k");';
  const { inProject, printed, outputs, history, interrupt, ended } = await watching(
    program,
    "--path",
    "index.js",
    "--path",
    ".",
  );
  await printed("save to deploy.\n");
  await writeFile(
    inProject("Pulumi.dev.yaml"),
    `${await readFile(inProject("Pulumi.dev.yaml"), "utf8")}config:\n  watched:k: v\n`,
  );
  await printed("Update complete.\n");
  await printed("Update complete.\n"); // `made.txt` is new; the next time, it is as it was
  expect(await outputs()).toEqual({ k: "v" });
  await writeFile(inProject("index.js"), `${program} exports.last = true;`);
  await printed("Update complete.\n");
  expect(await outputs()).toEqual({ k: "v", last: true });
  interrupt();
  expect(await ended).toMatchObject({ code: 0 });
  expect(await history()).toHaveLength(3);
});

it("needs a stack", async () => {
  const { run } = await bench();
  expect(await run("watch", "-s", "nope")).toMatchObject({ code: 6 });
});
