import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { recording } from "../state/support.ts";
import { bench } from "./support.ts";

const withoutSecrets = (text: string) => text.replace(/secure: v1:\S+/g, "secure: X");

describe("config", () => {
  it("lists, masked unless asked", async () => {
    const { run } = await bench({ recorded: true });
    expect((await run("config", "-s", "dev")).stdout).toBe(
      `KEY    VALUE
count  5
data   {"list":[{"name":"a"}],"password":"[secret]"}
flags  {"on":true}
plain  v
token  [secret]
`,
    );
    expect((await run("config", "--show-secrets", "-s", "dev")).stdout).toContain("token  hunter2");
    expect(JSON.parse((await run("config", "--json", "-s", "dev")).stdout)["recorded:token"]).toEqual({ secret: true });
  });

  it("gets values, also inside of others", async () => {
    const { run } = await bench({ recorded: true });
    const get = async (...args: string[]) => (await run("config", "get", ...args, "-s", "dev")).stdout;
    expect(await get("token")).toBe("hunter2\n");
    expect(await get("recorded:count")).toBe("5\n");
    expect(await get("--path", "data.list[0].name")).toBe("a\n");
    expect(await get("--path", "data.password", "--json")).toBe('{\n  "value": "deep",\n  "secret": true\n}\n');
    expect(await run("config", "get", "nope", "-s", "dev")).toEqual({
      stdout: "",
      stderr: "error: configuration key 'nope' not found for stack 'dev'\n",
      code: 1,
    });
  });

  it("sets values and leaves the rest of the file as it is", async () => {
    const { run, project } = await bench({ recorded: true });
    const path = join(project, "Pulumi.dev.yaml");
    await writeFile(path, `# mine\n${await recording("Pulumi.dev.yaml")}`);
    const set = async (...args: string[]) =>
      expect(await run("config", "set", "-s", "dev", ...args)).toEqual({ stdout: "", stderr: "", code: 0 });
    await set("plain", "w");
    await set("other:key", "5");
    await set("--path", "data.list[1].name", "b");
    await set("--path", "flags.count", "7");
    await set("--type", "bool", "typed", "true");
    await set("--secret", "token", "--non-interactive", "--", "-dash-");
    expect(withoutSecrets(await readFile(path, "utf8"))).toBe(
      `${withoutSecrets(`# mine\n${await recording("Pulumi.dev.yaml")}`)
        .replace("plain: v", "plain: w")
        .replace("- name: a\n", "- name: a\n      - name: b\n")
        .replace('"on": true\n', '"on": true\n    count: 7\n')}  other:key: "5"\n  recorded:typed: true\n`,
    );
    expect((await run("config", "get", "token", "-s", "dev")).stdout).toBe("-dash-\n");
  });

  it("takes a value from standard input, without its last newline unless raw", async () => {
    const { run, runWith } = await bench({ recorded: true });
    const stdin = async () => "one\ntwo\n";
    const get = async () => (await run("config", "get", "v", "-s", "dev")).stdout;
    await runWith({ stdin }, "config", "set", "v", "-s", "dev");
    expect(await get()).toBe("one\ntwo\n");
    await runWith({ stdin }, "config", "set", "v", "--raw", "-s", "dev");
    expect(await get()).toBe("one\ntwo\n\n");
    expect((await run("config", "set", "v", "-s", "dev")).stderr).toContain("config value must be specified");
  });

  it("sets many, in every form", async () => {
    const { run } = await bench({ recorded: true });
    await run("config", "set-all", "-s", "dev", "--plaintext", "a=1", "--secret", "b=x=y", "--plaintext", "other:c=");
    await run(
      "config",
      "set-all",
      "-s",
      "dev",
      "--path",
      "--plaintext",
      "o.p=1",
      "--plaintext",
      '["q=r"]=s',
      "--secret",
      "o.s=t",
    );
    await run(
      "config",
      "set-all",
      "-s",
      "dev",
      "--json",
      '{"recorded:j":{"value":"v","secret":true},"recorded:k":{"value":"{}","objectValue":{"l":[1]},"secret":false}}',
    );
    const values = JSON.parse((await run("config", "--json", "--show-secrets", "-s", "dev")).stdout);
    expect(values).toMatchObject({
      "recorded:a": { value: "1", secret: false },
      "recorded:b": { value: "x=y", secret: true },
      "other:c": { value: "", secret: false },
      "recorded:o": { objectValue: { p: 1, s: "t" }, secret: true },
      "recorded:q=r": { value: "s", secret: false },
      "recorded:j": { value: "v", secret: true },
      "recorded:k": { value: '{"l":[1]}', secret: false },
    });
    await run("config", "rm-all", "a", "b", "nope", "-s", "dev");
    await run("config", "rm", "--path", "o.p", "-s", "dev");
    const left = JSON.parse((await run("config", "--json", "--show-secrets", "-s", "dev")).stdout);
    expect([left["recorded:a"], left["recorded:b"], left["recorded:o"].objectValue]).toEqual([
      undefined,
      undefined,
      { s: "t" },
    ]);
  });

  it.each([
    [["set", "a:b:c:d", "v"], "invalid configuration key: could not parse a:b:c:d"],
    [["set", "token", "Zx9-vK2_qW7!mN4p"], "looks like a secret; rerun with --secret to encrypt it, or --plaintext"],
    [["set", "a", "b", "--secret", "--plaintext"], "only one of --secret and --plaintext may be given"],
    [["set", "a", "x", "--type", "int"], 'invalid value "x" for type int'],
    [["set", "a", "x", "--type", "date"], 'invalid type "date"; must be one of string, int, bool, or float'],
    [["set", "--path", "data.list[9]", "x"], "could not set config: data.list[9]: array index out of range"],
    [["set", "--path", "a[", "x"], "invalid configuration key"],
    [["set-all", "--plaintext", "novalue"], 'config value must be in the form [key]=[value], got "novalue"'],
    [["set-all", "--json", "hunter2"], "could not parse --json argument: it is not JSON"],
    [["set-all", "--json", '{"a":{"secret":true}}'], 'value for --json object key "a" is nil'],
    [["set-all", "--json", "{}", "--path"], "the --json option cannot be used with"],
    [["--config-file", "none.yaml"], "none.yaml does not exist"],
  ])("refuses %j, and changes nothing", async (args, message) => {
    const { run, project } = await bench({ recorded: true });
    const result = await run("config", ...args, "-s", "dev");
    expect([result.code, result.stderr]).toEqual([1, expect.stringContaining(message)]);
    expect(await readFile(join(project, "Pulumi.dev.yaml"), "utf8")).toBe(await recording("Pulumi.dev.yaml"));
  });

  it("uses another file when told to", async () => {
    const { run, project } = await bench({ recorded: true });
    await writeFile(join(project, "other.yaml"), "config:\n  recorded:a: other\n");
    expect((await run("config", "get", "a", "--config-file", "other.yaml", "-s", "dev")).stdout).toBe("other\n");
  });

  it("is brought back from the last update", async () => {
    const { run, project } = await bench({ recorded: true });
    const path = join(project, "Pulumi.dev.yaml");
    await writeFile(path, "config:\n  recorded:plain: changed\n  recorded:extra: x\n");
    expect((await run("config", "refresh", "-s", "dev")).stdout).toBe(
      `backed up existing configuration file to ${path}.bak\nrefreshed configuration for stack 'dev'\n`,
    );
    expect((await run("config", "--json", "--show-secrets", "-s", "dev")).stdout).toBe(await recording("config.json"));
    expect(await readFile(`${path}.bak`, "utf8")).toContain("extra");
  });
});

describe("config copy", () => {
  it("takes one value or all to another stack, secrets encrypted for it", async () => {
    const made = await bench({ name: "p" });
    await made.run("stack", "init", "one");
    for (const args of [
      ["a", "1"],
      ["--path", "b.c[0]", "x"],
      ["--secret", "s", "hunter2"],
    ])
      await made.run("config", "set", "--stack", "one", ...args);
    await made.run("stack", "init", "two");
    const shown = async (stack: string) =>
      JSON.parse((await made.run("config", "--json", "--show-secrets", "--stack", stack)).stdout) as object;
    expect(await made.run("config", "cp", "s", "--stack", "one", "--dest", "two")).toMatchObject({ code: 0 });
    expect(await shown("two")).toEqual({ "p:s": { value: "hunter2", secret: true } });
    await made.run("config", "cp", "--path", "b.c", "--stack", "one", "--dest", "two");
    await made.run("config", "copy", "--stack", "one", "-d", "two");
    expect(await shown("two")).toEqual(await shown("one"));
    const file = async (stack: string) => readFile(join(made.project, `Pulumi.${stack}.yaml`), "utf8");
    const secure = async (stack: string) => /secure: (.*)/.exec(await file(stack))?.[1];
    expect(await secure("two")).not.toBe(await secure("one"));
    expect((await made.run("config", "cp", "--stack", "one", "--dest", "one")).stderr).toContain("are the same");
    expect((await made.run("config", "cp", "nope", "--stack", "one", "--dest", "two")).stderr).toContain(
      "configuration key 'nope' not found for stack 'one'",
    );
    expect(await made.run("stack", "init", "three", "--copy-config-from", "one")).toMatchObject({ code: 0 });
    expect(await shown("three")).toEqual(await shown("one"));
  });

  it("has no environments, and says so", async () => {
    const made = await bench({ name: "p" });
    await made.run("stack", "init", "dev");
    for (const verb of ["add", "init", "ls", "rm"])
      expect(await made.run("config", "env", verb, "x", "--yes")).toMatchObject({
        code: 1,
        stderr: "error: `pulumi config env` is not supported by the embedded engine: environments are Pulumi Cloud's\n",
      });
  });
});
