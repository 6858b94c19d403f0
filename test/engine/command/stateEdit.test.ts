// What is done to a state by hand: renamed, tainted, looked at, and encrypted with another passphrase.
import { cp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { dotGraph } from "../../../engine/command/stackGraph.ts";
import { newResource } from "../../../engine/state/resource.ts";
import { recordedPassphrase } from "../state/support.ts";
import { type Bench, bench } from "./support.ts";

interface Row {
  readonly urn: string;
  readonly provider?: string;
  readonly taint?: boolean;
  readonly dependencies?: readonly string[];
  readonly propertyDependencies?: Readonly<Record<string, readonly string[]>>;
}

async function resources({ run }: Bench): Promise<readonly Row[]> {
  const { stdout } = await run("stack", "export");
  return (JSON.parse(stdout) as { deployment: { resources: Row[] } }).deployment.resources;
}

it("renames a resource wherever it is named, and a provider", async () => {
  const made = await bench({ recorded: true });
  await made.run("stack", "select", "dev");
  const before = await resources(made);
  const needed = before.find(({ urn }) => before.some(({ dependencies }) => dependencies?.includes(urn)))!;
  const provider = before.find(({ urn }) => urn.includes("pulumi:providers:"))!;
  expect(await made.run("state", "rename", needed.urn, "other", "--yes")).toEqual({
    stdout: "Resource renamed\n",
    stderr: "",
    code: 0,
  });
  await made.run("state", "rename", provider.urn, "renamed", "--yes");
  // Values keep what they say: a reference in one of them is the program's business.
  const text = JSON.stringify((await resources(made)).map((row) => ({ ...row, inputs: null, outputs: null })));
  expect(text).not.toContain(`"${needed.urn}"`);
  expect(text).not.toContain(`"${provider.urn}`);
  expect(text).toContain(`${needed.urn.split("::").slice(0, 3).join("::")}::other`);
  expect(await resources(made)).toHaveLength(before.length);
  const refusal = async (...args: string[]) => (await made.run("state", "rename", ...args, "--yes")).stderr;
  expect(await refusal("nope", "x")).toContain("The provided input URN is not valid");
  expect(await refusal(needed.urn, "x")).toContain(`No such resource "${needed.urn}" exists`);
});

it("taints what the next update is to replace, and takes it back", async () => {
  const made = await bench({ recorded: true });
  await made.run("stack", "select", "dev");
  const [, , { urn } = { urn: "" }] = await resources(made);
  const tainted = async () => (await resources(made)).filter(({ taint }) => taint).map((each) => each.urn);
  expect((await made.run("state", "taint", urn, "--yes")).stdout).toBe("1 resources tainted\n");
  expect(await tainted()).toEqual([urn]);
  expect((await made.run("state", "untaint", urn, "--yes")).stdout).toBe("1 resources untainted\n");
  expect(await tainted()).toEqual([]);
  await made.run("state", "taint", urn, "--yes");
  expect((await made.run("state", "untaint", "--all", "--yes")).stdout).toBe("All resources untainted\n");
  expect(await tainted()).toEqual([]);
  expect((await made.run("state", "edit")).stderr).toContain("must be run in interactive mode; here, edit what");
  expect((await made.run("stack", "export", "--version", "1")).stderr).toMatch(
    /^error: the current backend \(file:.*\) does not provide the ability to export previous deployments\n/,
  );
});

it("shows one resource, secrets masked", async () => {
  const made = await bench({ recorded: true });
  await made.run("stack", "select", "dev");
  const rows = await resources(made);
  const secret = rows.find((row) => JSON.stringify(row).includes("ciphertext") && row.urn.includes("::random:"))!;
  const name = secret.urn.split("::").at(-1)!;
  const shown = await made.run("state", "get", name);
  expect(shown.stdout).toContain(secret.urn);
  expect(shown.stdout).toContain("[secret]");
  const json = await made.run("state", "get", secret.urn, "--output", "json", "--show-secrets");
  expect(JSON.parse(json.stdout)).toMatchObject({ urn: secret.urn });
  expect(json.stdout).not.toContain("[secret]");
  expect((await made.run("state", "get", "nope")).stderr).toContain('No such resource "nope" exists');
});

it("changes the passphrase of configuration and state; the old one opens neither", async () => {
  const made = await bench({ recorded: true });
  await made.run("stack", "select", "dev");
  const secret = async (passphrase: string, ...args: string[]) =>
    made.runWith({ env: { ...made.env, PULUMI_CONFIG_PASSPHRASE: passphrase } }, ...args);
  const config = (passphrase: string) => secret(passphrase, "config", "--json", "--show-secrets");
  const outputs = (passphrase: string) => secret(passphrase, "stack", "output", "--json", "--show-secrets");
  const before = [(await config(recordedPassphrase)).stdout, (await outputs(recordedPassphrase)).stdout];
  const missing = await made.run("stack", "change-secrets-provider", "passphrase");
  expect(missing.stderr).toContain("first line of standard input");
  expect((await made.run("stack", "change-secrets-provider", "awskms://x")).stderr).toContain("not supported");
  const changed = await made.runWith(
    { stdin: async () => "new word\n" },
    "stack",
    "change-secrets-provider",
    "passphrase",
  );
  expect(changed).toMatchObject({ code: 0, stderr: "" });
  expect([(await config("new word")).stdout, (await outputs("new word")).stdout]).toEqual(before);
  expect((await config(recordedPassphrase)).code).not.toBe(0);
  expect((await outputs(recordedPassphrase)).code).not.toBe(0);
  expect(await readFile(join(made.project, "Pulumi.dev.yaml"), "utf8")).toContain("encryptionsalt: v1:");
});

it("moves the stacks of a backend without projects into those of their resources", async () => {
  const made = await bench({ recorded: true });
  const base = join(made.folder, "state", ".pulumi");
  const before = [
    (await made.run("stack", "export", "-s", "dev")).stdout,
    (await made.run("stack", "history", "--json", "-s", "dev")).stdout,
  ];
  await made.run("stack", "tag", "set", "a", "b", "-s", "dev");
  // As the official CLI (3.260.0) keeps stacks with PULUMI_DIY_BACKEND_LEGACY_LAYOUT.
  for (const folder of ["stacks", "history"]) {
    await rename(join(base, folder, "recorded"), join(base, "moving"));
    await rm(join(base, folder), { recursive: true });
    await rename(join(base, "moving"), join(base, folder));
  }
  await rm(join(base, "meta.yaml"));
  await writeFile(join(base, "stacks", "empty.json"), '{"version":3,"checkpoint":{"stack":"empty"}}');
  expect((await made.run("stack", "ls")).stderr).toContain("upgrade it with `pulumi state upgrade`");
  expect(await made.run("state", "upgrade", "--yes")).toEqual({
    stdout: "Upgraded 1 stack(s) to project mode\n",
    stderr: 'warning: Skipping stack "empty": no project name found\n',
    code: 0,
  });
  expect((await readdir(join(base, "stacks"))).filter((name) => !name.endsWith(".bak"))).toEqual([
    "empty.json",
    "recorded",
  ]);
  expect([
    (await made.run("stack", "export", "-s", "dev")).stdout,
    (await made.run("stack", "history", "--json", "-s", "dev")).stdout,
  ]).toEqual(before);
  expect((await made.run("stack", "tag", "get", "a", "-s", "dev")).stdout).toBe("b\n");
  await cp(join(base, "stacks", "recorded", "dev.json"), join(base, "stacks", "dev.json"));
  expect((await made.run("state", "upgrade", "--yes")).stderr).toMatch(
    /a stack named recorded\/dev already exists; .*dev\.json was left/,
  );
});

it("draws the graph of a stack as the official CLI (3.260.0) drew it", () => {
  const urn = (type: string, name: string) => `urn:pulumi:dev::ops::${type}::${name}`;
  const root = urn("pulumi:pulumi:Stack", "ops-dev");
  const pet = "random:index/randomPet:RandomPet";
  const a = urn(pet, "a");
  const states = [
    newResource({ urn: root, type: "pulumi:pulumi:Stack", custom: false }),
    newResource({
      urn: urn(pet, "b"),
      type: pet,
      custom: true,
      parent: root,
      dependencies: [a],
      propertyDependencies: { prefix: [a] },
    }),
    newResource({ urn: a, type: pet, custom: true, parent: root }),
    newResource({ urn: urn("my:index:C", "comp"), type: "my:index:C", custom: false, dependencies: [a] }),
  ];
  const style = { dependencies: "#246C60", parents: "#AA6639", fragment: "", short: false };
  expect(dotGraph(states, style)).toBe(`strict digraph {
    Resource0 [label="${urn("my:index:C", "comp")}"];
    Resource1 [label="${root}"];
    Resource2 [label="${a}"];
    Resource2 -> Resource1 [color = "#AA6639"];
    Resource2 -> Resource3 [color = "#246C60", label = "prefix"];
    Resource2 -> Resource0 [color = "#246C60"];
    Resource3 [label="${urn(pet, "b")}"];
    Resource3 -> Resource1 [color = "#AA6639"];
}
`);
  expect(
    dotGraph(states.slice(0, 3), {
      ...style,
      parents: undefined,
      fragment: "rankdir=LR;",
      short: true,
      dependencies: "red",
    }),
  ).toBe(`strict digraph {
rankdir=LR;
    Resource0 [label="ops-dev"];
    Resource1 [label="a"];
    Resource1 -> Resource2 [color = "red", label = "prefix"];
    Resource2 [label="b"];
}
`);
});
