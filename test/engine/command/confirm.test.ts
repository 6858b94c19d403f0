// Who sits at the terminal is asked before something is changed, sees what would be, and is taken at their word.
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { bench } from "./support.ts";

const nodeModules = fileURLToPath(new URL("../../../node_modules", import.meta.url));
const question = "Do you want to perform this update?\n(yes, no, details) [no] ";

/** Runs commands for somebody who answers so, and tells what they were asked. */
async function seated() {
  const { runWith, project } = await bench({ name: "asked" });
  await symlink(nodeModules, join(project, "node_modules"));
  await writeFile(join(project, "package.json"), '{ "name": "asked", "type": "module", "main": "index.js" }');
  await writeFile(
    join(project, "index.js"),
    'import { RandomPet } from "@pulumi/random";\nnew RandomPet("pet", { length: 2, keepers: { a: "b" } });\n',
  );
  return async (answers: readonly (string | undefined)[], ...args: readonly string[]) => {
    const [left, asked] = [[...answers], [] as string[]];
    const ask = async (text: string) => {
      asked.push(text);
      expect(left.length, `asked too often: ${text}`).toBeGreaterThan(0);
      return left.shift();
    };
    const { code, stdout, stderr } = await runWith({ ask }, ...args);
    expect(left).toEqual([]);
    return { asked, code, stdout, stderr, changed: /\d+ (created|deleted)/.test(stdout) };
  };
}

it("asks after the preview, shows details, and goes on only for a yes", async () => {
  const run = await seated();
  await run([], "stack", "init", "dev");
  const declined = await run(["what", " details ", "no"], "up");
  expect(declined).toMatchObject({ asked: [question, question, question], code: 1, changed: false });
  expect(declined.stderr).toBe("error: confirmation declined, not proceeding with the update\n");
  expect(declined.stdout).toMatch(/2 to create[\s\S]*\+ random:index\/randomPet:RandomPet: \(create\)[\s\S]*a: "b"/);
  expect(await run([undefined], "up"), "at the end of the input").toMatchObject({ code: 1, changed: false });
  expect(await run(["yes"], "up")).toMatchObject({ asked: [question], code: 0, changed: true });
  const [refresh] = (await run(["n"], "refresh")).asked;
  expect(refresh).toContain("perform this refresh?\nNo resources will be modified");
  expect(await run(["no"], "destroy", "--skip-preview")).toMatchObject({
    asked: ["Do you want to perform this destroy without a preview?\n(yes, no) [no] "],
    changed: false,
  });
  expect(await run(["y"], "destroy")).toMatchObject({ code: 0, changed: true });
});

it("asks nobody who said yes, who only looks, or who is no person", async () => {
  const run = await seated();
  await run([], "stack", "init", "dev");
  expect(await run([], "up", "--yes")).toMatchObject({ code: 0, changed: true });
  expect(await run([], "preview")).toMatchObject({ code: 0 });
  expect(await run([], "refresh", "--preview-only")).toMatchObject({ code: 0 });
  for (const flag of ["--non-interactive", "--json"])
    expect(await run([], "destroy", flag)).toMatchObject({ code: 2, changed: false });
});

it("takes a stack's name for what cannot be undone", async () => {
  const run = await seated();
  await run([], "stack", "init", "dev");
  const asked = [expect.stringMatching(/permanently remove the 'dev' stack![\s\S]*typing `dev`: $/)];
  expect(await run(["yes"], "stack", "rm")).toMatchObject({ asked, code: 1, stderr: "error: confirmation declined\n" });
  expect(await run(["dev"], "stack", "rm")).toMatchObject({ asked, code: 0 });
  expect((await run([], "stack", "ls", "--json")).stdout).toBe("[]\n");
});

it("asks for what a command was not given: a value, a new passphrase twice, unseen where it is secret", async () => {
  const { runWith, run, env } = await bench({ name: "asked" });
  await run("stack", "init", "dev");
  const asked: unknown[] = [];
  const answering =
    (...answers: string[]) =>
    async (question: string, hidden?: "hidden") => {
      asked.push([question, hidden]);
      return answers.shift();
    };
  expect(await runWith({ ask: answering("plain") }, "config", "set", "a")).toMatchObject({ code: 0 });
  expect(await runWith({ ask: answering("hush") }, "config", "set", "b", "--secret")).toMatchObject({ code: 0 });
  const change = ["stack", "change-secrets-provider", "passphrase"];
  expect(await runWith({ ask: answering("one", "two") }, ...change)).toMatchObject({
    code: 1,
    stderr: "error: the passphrases do not match\n",
  });
  expect(await runWith({ ask: answering("new", "new") }, ...change)).toMatchObject({ code: 0 });
  expect(asked.map((each) => (each as unknown[])[1])).toEqual([undefined, ...Array(5).fill("hidden")]);
  const opened = { env: { ...env, PULUMI_CONFIG_PASSPHRASE: "new" } };
  const { stdout } = await runWith(opened, "config", "--show-secrets", "--json");
  expect(JSON.parse(stdout)).toMatchObject({ "asked:a": { value: "plain" }, "asked:b": { value: "hush" } });
});
