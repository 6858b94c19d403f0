// What is done to a state by hand: renamed, tainted, looked at, and encrypted with another passphrase.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
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
