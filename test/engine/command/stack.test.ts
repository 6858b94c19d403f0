import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { engineVersion } from "../../../engine/command/index.ts";
import { createEngine } from "../../../engine/index.ts";
import { recordedJson, recording } from "../state/support.ts";
import { bench } from "./support.ts";

const ok = (stdout: string, stderr = "") => ({ stdout, stderr, code: 0 });
const error = (message: string, code = 1) => ({ stdout: "", stderr: `error: ${message}\n`, code });
const petUrn = "urn:pulumi:dev::recorded::random:index/randomPet:RandomPet::pet";

describe("commands print what the CLI prints", () => {
  it.each([
    ["output.json", ["stack", "output", "--json"]],
    ["output-show-secrets.json", ["stack", "output", "--json", "--show-secrets"]],
    ["export.json", ["stack", "export"]],
    ["export-show-secrets.json", ["stack", "export", "--show-secrets"]],
    ["history.json", ["stack", "history", "--json", "--show-secrets"]],
    ["config.json", ["config", "--json", "--show-secrets"]],
  ])("%s", async (name, args) => {
    const { run } = await bench({ recorded: true });
    expect(await run(...args, "--stack", "dev")).toEqual(ok(await recording(name)));
  });
});

describe("stack output", () => {
  it("masks secrets, and needs no passphrase for that", async () => {
    const { runWith, env } = await bench({ recorded: true });
    const { PULUMI_CONFIG_PASSPHRASE: _none, ...bare } = env;
    const masked = await runWith({ env: bare }, "stack", "output", "--json", "-s", "dev");
    expect(masked).toEqual(ok(await recording("output.json")));
    expect(masked.stdout).not.toContain("hunter2");
    expect((await runWith({ env: bare }, "stack", "output", "--show-secrets", "-s", "dev")).stderr).toContain(
      "passphrase must be set",
    );
    const wrong = await runWith(
      { env: { ...env, PULUMI_CONFIG_PASSPHRASE: "x" } },
      "stack",
      "output",
      "--show-secrets",
      "-s",
      "dev",
    );
    expect(wrong.stderr).toMatch(/^error: failed to decrypt: incorrect passphrase, please set/);
  });

  it("answers one output, bare or as JSON or for a shell", async () => {
    const { run } = await bench({ recorded: true });
    expect((await run("stack", "output", "password", "-s", "dev")).stdout).toBe("[secret]\n");
    expect((await run("stack", "output", "password", "-s", "dev", "--show-secrets")).stdout).toBe("u&6Muu1%{hwM\n");
    expect((await run("stack", "output", "group", "-s", "dev", "--json")).stdout).toBe(
      '{\n  "urn": "urn:pulumi:dev::recorded::recorded:index:Group::group"\n}\n',
    );
    expect((await run("stack", "output", "password", "-s", "dev", "--shell", "--show-secrets")).stdout).toBe(
      "password='u&6Muu1%{hwM'\n",
    );
    expect(await run("stack", "output", "nope", "-s", "dev")).toEqual(
      error("current stack does not have output property 'nope'"),
    );
  });
});

describe("stacks", () => {
  it("are made, listed, selected, and removed, their salt kept in their file", async () => {
    const { run, project } = await bench();
    expect(await run("stack", "init", "dev")).toEqual(ok("", "Created stack 'dev'\n"));
    expect(await readFile(join(project, "Pulumi.dev.yaml"), "utf8")).toMatch(
      /^encryptionsalt: v1:[^:]+:v1:[^:]+:[^:]+\n$/,
    );
    expect(await run("stack", "init", "dev")).toEqual(error("stack 'organization/recorded/dev' already exists"));
    await run("stack", "init", "prod", "--no-select");
    expect(JSON.parse((await run("stack", "ls", "--json")).stdout)).toEqual([
      { name: "dev", current: true, lastUpdate: expect.any(String), resourceCount: 0 },
      { name: "prod", current: false, lastUpdate: expect.any(String), resourceCount: 0 },
    ]);
    expect(await run("stack", "select", "prod")).toEqual(ok(""));
    expect((await run("stack", "ls")).stdout).toMatch(/^NAME +LAST UPDATE +RESOURCE COUNT\ndev .+ 0\nprod\* .+ 0\n$/);
    expect(await run("stack", "select", "nope")).toEqual(error("no stack named 'nope' found", 6));
    expect((await run("stack", "--show-name")).stdout).toBe("prod\n");
    expect(await run("stack", "rm", "prod")).toEqual(error("non-interactive mode requires --yes flag"));
    expect(await run("stack", "rm", "prod", "--yes")).toEqual(ok("Stack 'prod' has been removed!\n"));
    await expect(stat(join(project, "Pulumi.prod.yaml"))).rejects.toThrow("ENOENT");
    expect(await run("stack")).toEqual(
      error("no stack selected; please use `pulumi stack select` or `pulumi stack init` to choose one"),
    );
    await run("stack", "rm", "dev", "--yes", "--preserve-config");
    expect(await readdir(project)).toEqual(["Pulumi.dev.yaml", "Pulumi.yaml"]);
  });

  it("share a salt that the file already has, if the passphrase proves right", async () => {
    const { run, runWith, env, project } = await bench();
    const text = await recording("Pulumi.dev.yaml");
    await writeFile(join(project, "Pulumi.dev.yaml"), text);
    const wrong = await runWith({ env: { ...env, PULUMI_CONFIG_PASSPHRASE: "x" } }, "stack", "init", "dev");
    expect(wrong).toEqual(error("incorrect passphrase"));
    expect((await run("stack", "ls", "--json")).stdout).toBe("[]\n"); // nothing was left behind
    expect((await run("stack", "init", "dev")).code).toBe(0);
    expect(await readFile(join(project, "Pulumi.dev.yaml"), "utf8")).toBe(text);
  });

  it("of a sandbox leave the work tree alone", async () => {
    const { runWith, project, folder } = await bench();
    const options = { configDirectory: join(folder, "config") };
    await runWith(options, "stack", "init", "dev", "--no-select");
    await runWith(options, "config", "set", "a", "b", "-s", "dev");
    expect(await readdir(project)).toEqual(["Pulumi.yaml"]);
    expect((await runWith(options, "config", "get", "a", "-s", "dev")).stdout).toBe("b\n");
    await runWith(options, "stack", "rm", "dev", "--yes");
    expect(await readdir(join(folder, "config"))).toEqual([]);
  });

  it("with resources are not removed, unless forced", async () => {
    const { run } = await bench({ recorded: true });
    const refused = await run("stack", "rm", "dev", "--yes");
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining("'dev' still has resources; removal rejected"),
    ]);
    expect((await run("stack", "rm", "dev", "--yes", "--force")).code).toBe(0);
    expect((await run("stack", "ls", "--json")).stdout).toBe("[]\n");
  });

  it("are named in full, by project, and by PULUMI_STACK", async () => {
    const { run, runWith, env } = await bench({ recorded: true });
    for (const name of ["dev", "recorded/dev", "organization/recorded/dev", "organization/dev"])
      expect((await run("stack", "--show-name", "-s", name)).stdout).toBe("dev\n");
    expect((await runWith({ env: { ...env, PULUMI_STACK: "dev" } }, "stack", "--show-name", "-Q")).stdout).toBe(
      "organization/recorded/dev\n",
    );
    expect(await run("stack", "init", "organization/other/dev")).toEqual(
      error('provided project name "other" doesn\'t match Pulumi.yaml: its name is "recorded"'),
    );
    expect(await run("stack", "-s", "a/b/c")).toEqual(error("organization name must be 'organization'"));
  });

  it("are renamed, with URNs, references, history and configuration file", async () => {
    const { run, project } = await bench({ recorded: true });
    await run("stack", "select", "dev");
    expect(await run("stack", "rename", "prod")).toEqual(ok("Renamed dev to prod\n"));
    const { stdout } = await run("stack", "export"); // still selected, under its new name
    // outputs are texts of the program's own making, and stay; so in the CLI
    for (const line of stdout.split("\n")) if (!line.includes('"urn": ')) expect(line).not.toContain(":dev::");
    expect(stdout).toContain("urn:pulumi:prod::recorded::pulumi:pulumi:Stack::recorded-prod");
    expect(JSON.parse((await run("stack", "history", "--json")).stdout)).toHaveLength(1);
    expect(await readdir(project)).toEqual(["Pulumi.prod.yaml", "Pulumi.yaml"]);
    expect((await run("stack", "output", "password", "--show-secrets")).stdout).toBe("u&6Muu1%{hwM\n");
    expect(await run("stack", "rename", "prod")).toEqual(
      error("a stack named organization/recorded/prod already exists"),
    );
  });

  it("are shown as a tree", async () => {
    const { run } = await bench({ recorded: true });
    const { stdout } = await run("stack", "-s", "dev", "--show-ids");
    expect(stdout).toContain(
      "    ├─ recorded:index:Group                        group\n    │  └─ random:index/randomString:RandomString   inner\n    │        ID: zYca\n",
    );
    expect(stdout).toContain("    └─ pulumi:providers:random                     default_4_21_2\n");
    expect(stdout).toContain("Current stack outputs (8):");
    expect((await run("stack", "get", "-s", "dev", "--show-ids")).stdout).toBe(stdout);
  });

  it("have tags", async () => {
    const { run } = await bench({ recorded: true });
    await run("stack", "tag", "set", "a", "b c", "-s", "dev");
    expect((await run("stack", "tag", "get", "a", "-s", "dev")).stdout).toBe("b c\n");
    expect((await run("stack", "tag", "ls", "--json", "-s", "dev")).stdout).toBe('{\n  "a": "b c"\n}\n');
    expect((await run("stack", "ls", "--tag", "a=b c", "--json")).stdout).toContain('"dev"');
    expect((await run("stack", "ls", "--tag", "a=x", "--json")).stdout).toBe("[]\n");
    await run("stack", "tag", "rm", "a", "-s", "dev");
    expect(await run("stack", "tag", "get", "a", "-s", "dev")).toEqual(
      error("stack tag 'a' not found for stack 'dev'"),
    );
  });

  it("that are locked are not touched; cancel removes the lock", async () => {
    const { run, folder } = await bench({ recorded: true });
    const locks = join(folder, "state/.pulumi/locks/organization/recorded/dev");
    await mkdir(locks, { recursive: true });
    await writeFile(
      join(locks, "x.json"),
      '{"pid":1,"username":"ann","hostname":"box","timestamp":"2026-01-01T00:00:00Z"}',
    );
    for (const args of [
      ["stack", "rm", "--yes", "--force"],
      ["stack", "rename", "x"],
      ["state", "unprotect", "--all", "--yes"],
    ])
      expect((await run(...args, "-s", "dev")).stderr).toContain("the stack is currently locked by 1 lock(s)");
    expect(await run("cancel", "dev")).toEqual(ok("The currently running update for 'dev' has been canceled!\n"));
    expect((await run("state", "unprotect", "--all", "--yes", "-s", "dev")).code).toBe(0);
  });
});

describe("import", () => {
  it("takes back what export printed, encrypted again", async () => {
    const { run, folder } = await bench({ recorded: true });
    const file = join(folder, "export.json");
    expect((await run("stack", "export", "--show-secrets", "--file", file, "-s", "dev")).stdout).toBe("");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await run("stack", "import", "--file", file, "-s", "dev")).toEqual(ok("Import complete.\n"));
    const state = await readFile(join(folder, "state/.pulumi/stacks/recorded/dev.json"), "utf8");
    expect(state).not.toContain("hunter2");
    expect(state).not.toContain("plaintext");
    expect((await run("stack", "output", "--json", "--show-secrets", "-s", "dev")).stdout).toBe(
      await recording("output-show-secrets.json"),
    );
  });

  it("keeps strings that are not UTF-8, and shows them as the official CLI (3.260.0) does", async () => {
    const { runWith, run } = await bench();
    await run("stack", "init", "dev");
    const bytes = { "4dabf18193072939515e22adb298388d": "803fd3297a5875dc03ca845dda5d2a98", value: "/0HDwkI=" };
    const urn = "urn:pulumi:dev::recorded::pulumi:pulumi:Stack::recorded-dev";
    const stack = { urn, custom: false, type: "pulumi:pulumi:Stack", outputs: { bytes, list: [{ bytes }] } };
    const deployment = { manifest: { time: "2026-01-01T00:00:00Z", magic: "", version: "" }, resources: [stack] };
    const text = JSON.stringify({ version: 4, features: ["byteString"], deployment });
    expect((await runWith({ stdin: async () => text }, "stack", "import", "-s", "dev")).code).toBe(0);
    expect(JSON.parse((await run("stack", "export", "-s", "dev")).stdout)).toMatchObject({
      version: 4,
      features: ["byteString"],
      deployment: { resources: [stack] },
    });
    expect(await run("stack", "output", "bytes", "-s", "dev")).toEqual(ok('b"/0HDwkI="\n'));
    expect(JSON.parse((await run("stack", "output", "--json", "-s", "dev")).stdout)).toEqual({
      bytes: 'b"/0HDwkI="',
      list: [{ bytes: 'b"/0HDwkI="' }],
    });
  });

  it("reads standard input, and drops pending operations aloud", async () => {
    const { runWith, run } = await bench({ recorded: true });
    const { deployment } = (await recordedJson("export.json")) as { deployment: { resources: unknown[] } };
    const pending = {
      version: 3,
      deployment: { ...deployment, pending_operations: [{ resource: deployment.resources[3], type: "creating" }] },
    };
    const result = await runWith({ stdin: async () => JSON.stringify(pending) }, "stack", "import", "-s", "dev");
    expect(result).toEqual(
      ok("Import complete.\n", `warning: removing pending operation 'creating' on '${petUrn}' from snapshot\n`),
    );
    expect((await run("stack", "export", "-s", "dev")).stdout).not.toContain("pending_operations");
  });

  it("refuses another stack's or project's resources, and a broken state, unless forced", async () => {
    const { runWith, run } = await bench({ recorded: true });
    await run("stack", "init", "two");
    const text = await recording("export.json");
    const into = (stack: string, stdin: string, ...flags: string[]) =>
      runWith({ stdin: async () => stdin }, "stack", "import", "-s", stack, ...flags);
    expect((await into("two", text)).stderr).toContain(`resource '${petUrn}' is from a different stack (dev != two)`);
    expect((await into("dev", text.replaceAll("::recorded::", "::other::"))).stderr).toContain(
      "is from a different project (other != recorded)",
    );
    const broken = JSON.parse(text) as { deployment: { resources: unknown[] } };
    broken.deployment.resources.reverse();
    const refused = await into("dev", JSON.stringify(broken));
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/state file contains errors: .* comes after it|refers to unknown provider/);
    expect(refused.stderr).toContain("rerun with --force to proceed anyway");
    expect((await run("stack", "export", "-s", "dev")).stdout).toBe(text);
    expect((await into("dev", JSON.stringify(broken), "--force")).code).toBe(0);
  });

  it.each([
    ["", "there is no deployment to import"],
    ["{", "could not read the deployment"],
    ["[]", "expected a JSON object"],
    ["{}", "no deployment version"],
    ['{"version":4,"features":["warp"],"deployment":{}}', "features that are not supported by this engine: warp"],
    ['{"version":9,"deployment":{}}', "is newer than what this engine understands"],
  ])("refuses %j", async (stdin, message) => {
    const { runWith } = await bench({ recorded: true });
    expect((await runWith({ stdin: async () => stdin }, "stack", "import", "-s", "dev")).stderr).toContain(message);
  });

  it("of a stack that never was updated gives an empty one", async () => {
    const { run, runWith } = await bench();
    await run("stack", "init", "dev");
    const { stdout } = await run("stack", "export");
    expect(JSON.parse(stdout)).toEqual({
      version: 3,
      deployment: {
        manifest: { time: expect.any(String), magic: expect.any(String), version: expect.any(String) },
        secrets_providers: { type: "passphrase", state: { salt: expect.any(String) } },
        metadata: {},
      },
    });
    expect((await runWith({ stdin: async () => stdout }, "stack", "import")).code).toBe(0);
    expect(await run("stack", "output", "--json")).toEqual(ok("{}\n"));
    expect(await run("stack", "history")).toEqual(ok("Stack has never been updated\n"));
  });
});

describe("state", () => {
  it("unprotects and deletes, but not what others depend on", async () => {
    const { run } = await bench({ recorded: true });
    const password = "urn:pulumi:dev::recorded::random:index/randomPassword:RandomPassword::password";
    const state = (...args: string[]) => run("state", ...args, "--yes", "-s", "dev");
    expect((await state("delete", petUrn)).stderr).toContain(` * "password"      (${password})`);
    expect((await state("delete", password)).stderr).toContain(
      `${password} can't be safely deleted because it is protected`,
    );
    expect(await state("unprotect", password)).toEqual(ok("1 resources unprotected\n"));
    expect(await state("delete", petUrn, "--target-dependents")).toEqual(ok("3 resources deleted\n"));
    const left = JSON.parse((await run("stack", "export", "-s", "dev")).stdout) as {
      deployment: { resources: { urn: string }[] };
    };
    expect(left.deployment.resources.map(({ urn }) => urn.split("::").at(-1))).toEqual([
      "recorded-dev",
      "group",
      "default_4_21_2",
    ]);
    expect(await state("delete", "urn:x")).toEqual(
      error(
        'No such resource "urn:x" exists in the current state\nTo list the resource URNs in the stack, run ' +
          "`pulumi stack --show-urns`; to inspect the full state, run `pulumi stack export`.",
      ),
    );
    expect(await run("state", "delete", petUrn, "-s", "dev")).toEqual(
      error("non-interactive mode requires --yes flag"),
    );
  });
});

describe("deleting with all dependents", () => {
  it("follows providers and what is replaced with others, too", async () => {
    const { run, runWith } = await bench();
    await run("stack", "init", "dev");
    const urn = (name: string, type: string) => `urn:pulumi:dev::recorded::${type}::${name}`;
    const [first, provider, served, replaced, other] = [
      urn("first", "a:b:C"),
      urn("mine", "pulumi:providers:a"),
      urn("served", "a:b:C"),
      urn("replaced", "a:b:C"),
      urn("other", "a:b:C"),
    ];
    const resources = [
      { urn: first, type: "a:b:C", custom: true, id: "1" },
      { urn: provider, type: "pulumi:providers:a", custom: true, id: "p", dependencies: [first] },
      { urn: served, type: "a:b:C", custom: true, id: "2", provider: `${provider}::p` },
      { urn: replaced, type: "a:b:C", custom: true, id: "4", replaceWith: [served] },
      { urn: other, type: "a:b:C", custom: true, id: "3" },
    ];
    const text = JSON.stringify({
      version: 3,
      deployment: { manifest: { time: "", magic: "", version: "" }, resources },
    });
    expect((await runWith({ stdin: async () => text }, "stack", "import")).code).toBe(0);
    expect(await run("state", "delete", first, "--target-dependents", "--yes")).toEqual(ok("4 resources deleted\n"));
    expect((await run("stack", "export")).stdout).toContain(other);
  });
});

describe("the rest", () => {
  it("says what and who it is", async () => {
    const { run, env } = await bench();
    expect(await run("version")).toEqual(ok(`v${engineVersion}\n`));
    expect(engineVersion).toMatch(/^3\.\d+\.\d+\+tutti$/);
    expect(createEngine({ env }).version.compare("3.205.0")).toBe(1);
    expect(JSON.parse((await run("whoami", "--json")).stdout)).toEqual({
      user: expect.any(String),
      url: env["PULUMI_BACKEND_URL"],
    });
    expect(JSON.parse((await run("about", "--json")).stdout)).toMatchObject({
      cliAbout: { engine: "tutti-engine" },
      currentProject: { name: "recorded" },
    });
  });

  it("logs in to folders only", async () => {
    const { runWith, env, folder } = await bench();
    const { PULUMI_BACKEND_URL: url, ...bare } = env;
    expect(await runWith({ env: bare }, "whoami")).toEqual(
      error(
        "no backend is known: set PULUMI_BACKEND_URL to file://<folder>, or log in with `pulumi login file://<folder>`",
      ),
    );
    expect((await runWith({ env: bare }, "login", url!)).stdout).toMatch(
      new RegExp(`^Logged in to .* \\(${url}\\)\\n$`),
    );
    expect((await runWith({ env: bare }, "whoami", "-v")).stdout).toContain(`Backend URL: ${url}`);
    expect((await runWith({ env: bare }, "login", "https://api.pulumi.com")).stderr).toContain(
      "keeps state in files only",
    );
    expect(await runWith({ env: bare }, "logout")).toEqual(ok(`Logged out of ${url}\n`));
    expect((await runWith({ env: bare }, "whoami")).code).toBe(1);
    expect((await stat(join(folder, "home/credentials.json"))).mode & 0o777).toBe(0o600);
  });

  it("installs nothing", async () => {
    const { run, runWith } = await bench();
    expect(await run("plugin", "ls", "--json")).toEqual(ok("[]\n"));
    expect((await run("plugin", "install", "resource", "random", "4.0.0")).code).toBe(0);
    expect((await run("plugin", "install", "resource", "gcp", "9.0.0")).stderr).toContain(
      'serves no resource plugin "gcp"',
    );
    expect(
      (await runWith({ sandbox: { directory: "/x" } }, "plugin", "install", "resource", "gcp", "9.0.0")).code,
    ).toBe(0);
    expect((await run("install")).stderr).toContain("run `npm ci`");
  });

  it("ends in a sentence, never in a stack trace", async () => {
    const { run, runWith, project, env } = await bench();
    await writeFile(join(project, "Pulumi.yaml"), "name: [");
    const broken = await run("stack", "ls");
    expect(broken.code).toBe(1);
    expect(broken.stderr).toMatch(/^error: .*Pulumi\.yaml: .* at line 1, column \d+:?\n$/);
    const odd = await runWith(
      {
        env: new Proxy(env, {
          get: () => {
            throw new TypeError("odd");
          },
        }),
      },
      "stack",
      "ls",
    );
    expect(odd).toEqual({ stdout: "", stderr: "error: an unexpected error occurred in the engine: odd\n", code: 255 });
  });

  it("reads nothing of the environment it is not given", async () => {
    const { runWith, env } = await bench({ recorded: true });
    const before = { ...process.env };
    process.env["PULUMI_STACK"] = "dev";
    process.env["PULUMI_BACKEND_URL"] = env["PULUMI_BACKEND_URL"];
    try {
      const { PULUMI_BACKEND_URL: _url, ...bare } = env;
      expect((await runWith({ env: bare }, "stack", "--show-name")).stderr).toContain("no backend is known");
      expect((await runWith({}, "stack", "--show-name")).stderr).toContain("no stack selected");
    } finally {
      process.env = before;
    }
  });
});
