// Canaries through the real driver: planted wherever a secret can be, then looked for in every file below .tutti and in both
// streams, as they are and in every form in which they could have leaked.
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { main } from "../../automation/cli.ts";
import { createFixture, type Fixture, silentWorld } from "../cli/fixture.ts";

/** With everything that needs escaping somewhere. */
const canary = (name: string): string => ` kanarie-${name}-7Q"x'&<é>/+$ `;
const canaries = {
  config: canary("config"),
  nested: canary("nested"),
  output: canary("output"),
  inside: canary("inside"),
  named: "kanarie-named-7qx",
  environment: canary("environment"),
};

function forms(secret: string): readonly string[] {
  return [secret, secret.trim()].flatMap((raw) => [
    raw,
    Buffer.from(raw).toString("base64").replace(/=+$/, "").slice(0, -2),
    Buffer.from(raw).toString("base64url").slice(0, -2),
    Buffer.from(raw).toString("hex"),
    encodeURIComponent(raw),
    new URLSearchParams({ x: raw }).toString().slice(2),
    JSON.stringify(raw).slice(1, -1),
    JSON.stringify(JSON.stringify(raw).slice(1, -1)).slice(1, -1),
    raw.replaceAll("'", "'\\''"),
    raw.replace(/(["\\$`])/g, "\\$1"),
  ]);
}

const where = { ...canaries, middle: "kanarie-" };
/** Every place that holds a canary: `file: canary`. */
function leaks(texts: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(texts).flatMap(([place, text]) =>
    Object.entries(where)
      .filter(([, secret]) => forms(secret).some((form) => text.includes(form)))
      .map(([name]) => `${place}: ${name}`),
  );
}

let fixture: Fixture;
const said: Record<string, string> = {};
interface Done {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
/** Runs a command line in this process: the driver's own start is no part of what is looked at. */
const run = (...args: readonly string[]): Promise<Done> => runWith({}, ...args);
async function runWith(more: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Done> {
  const world = { ...silentWorld(fixture.root), variables: { MY_SERVICE_TOKEN: canaries.environment, ...more } };
  const code = await main(args, world);
  return { code, stdout: world.out(), stderr: world.err() };
}
/** As `run`; what it says is looked through. */
async function tutti(...args: readonly string[]): Promise<Done> {
  const done = await run(...args);
  const which = `${Object.keys(said).length} ${args.join(" ").slice(0, 40)}`;
  said[`stdout ${which}`] = done.stdout;
  said[`stderr ${which}`] = done.stderr;
  return done;
}

const kinds = ["json", "markdown", "junit", "html"] as const;
const reportsTo = (name: string): readonly string[] => kinds.flatMap((kind) => ["--report", `${kind}=${name}.${kind}`]);
const reports = (name: string): Readonly<Record<string, string>> =>
  Object.fromEntries(kinds.map((kind) => [`${name}.${kind}`, fixture.read(`${name}.${kind}`)]));

function files(): Readonly<Record<string, string>> {
  const base = path.join(fixture.root, ".tutti");
  const names = readdirSync(base, { recursive: true, encoding: "utf8" });
  return Object.fromEntries(
    names.flatMap((name): [string, string][] => {
      const file = path.join(base, name);
      const own: [string, string] = [`name of ${name.replaceAll("kanarie", "KANARIE")}`, name];
      return statSync(file).isFile() ? [own, [name, readFileSync(file, "utf8")]] : [own];
    }),
  );
}

const program = (body: string): string => `import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as storage from "@pulumi/gcp/storage/index.js";
import { program } from "../../automation/program.ts";
import { base } from "./contract.ts";

const canaries = ${JSON.stringify({ output: canaries.output, inside: canaries.inside })};
export default program(base, () => {
  const config = new pulumi.Config();
  const [secret, named] = [config.require("token"), config.require("named")];
  const document = config.requireObject("document") as { users: { password: string }[] };
  const output = pulumi.secret(canaries.output);
  const pet = new random.RandomPet("pet", { keepers: { plain: secret, output, nested: document.users[0].password } });
  const bucket = new storage.Bucket("files", { location: "EU", labels: { a: "b" } });
  const object = new storage.BucketObject("note", { bucket: bucket.name, name: "note", content: secret, metadata: { x: "m" + named } });
${body}
  void [pet, object, named];
  return { pet: pet.id, password: pulumi.secret(JSON.stringify({ secret, deep: [output] })) };
});
`;

beforeAll(async () => {
  fixture = createFixture();
  const named = ["eu-variable-7qx", "configured-7qx"].map(
    (name) => `"${name}": defineEnvironment({ cloud: "sandbox", only: [base] }),`,
  );
  const workspace = fixture.read("stacks/workspace.ts");
  fixture.write("stacks/workspace.ts", workspace.replace("environments: {", `environments: { ${named.join(" ")}`));
  fixture.write("stacks/base/program.ts", program(""));
  const pulumi = (...args: readonly string[]) => run("pulumi", "-e", "local", "--", ...args);
  // What a person types is not looked for: the shell has it anyway.
  for (const [key, value] of [
    ["token", canaries.config],
    ["named", canaries.named],
    ["document", JSON.stringify({ users: [{ password: canaries.nested }] })],
  ] as const) {
    const { code, stderr } = await pulumi("config", "set", "-s", "base.local", "--secret", key, "--", value);
    expect(code, stderr).toBe(0);
  }
});
afterAll(() => fixture.remove());

it("finds a canary where there is one", () => {
  for (const form of forms(canaries.config)) expect(leaks({ here: `x ${form} y` })).not.toEqual([]);
});

it("keeps secrets of configuration and outputs, nested ones too, out of everything that a run writes", async () => {
  for (const verb of ["preview", "up", "drift"]) {
    const { code, stderr } = await tutti(verb, "base.local", "--json", ...(verb === "up" ? ["--yes"] : []));
    expect(code, stderr).toBe(0);
  }
  const again = await tutti("up", "base.local", "app.local", "--yes", "--report", "json=report.json");
  expect(again.stdout, again.stderr).toMatch(/base\.local {2}unchanged/);
  said["report.json"] = fixture.read("report.json");
  await tutti("outputs", "base.local");
  await tutti("sandbox", "show", "base.local", "note");
  expect(leaks({ ...files(), ...said })).toEqual([]);
});

it("masks what a program prints, logs and throws, in whatever form", async () => {
  fixture.write(
    "stacks/base/program.ts",
    program(`  console.log("plain", secret, "and", JSON.stringify({ secret }), encodeURIComponent(secret));
  console.error(Buffer.from("user:" + secret).toString("base64"), canaries.inside === named);
  process.stdout.write("half a line " + secret.slice(0, 5));
  process.stdout.write(secret.slice(5) + "\\n");
  pulumi.log.warn("warned of " + secret + document.users[0].password, pet);
  pulumi.log.info(Buffer.from(secret.trim()).toString("hex"));
  output.apply((text) => { console.log("applied", text, JSON.stringify(JSON.stringify(text))); });
  throw new Error("thrown " + secret + " in " + JSON.stringify({ named, document }));`),
  );
  const { code, stdout, stderr } = await tutti("up", "base.local", "--yes", "--output", "ndjson", ...reportsTo("loud"));
  // Without a mask the run would have been refused, not told of.
  expect(code, stderr).toBe(4);
  Object.assign(said, reports("loud"));
  expect(stdout).toContain("thrown [secret]");
  const { stdout: log } = await tutti("logs", "base.local");
  expect(log).toContain("plain [secret] and");
  expect(log).toContain("half a line [secret]");
  await tutti("report", "--json");
  expect(leaks({ ...files(), ...said })).toEqual([]);
});

it("masks what a provider refuses with", async () => {
  fixture.write("stacks/base/program.ts", program(`  new storage.Bucket("loud", { location: "EU" });`));
  await run(
    "sandbox",
    "fail",
    "gcp:*",
    "-e",
    "local",
    "--operation",
    "create",
    "--message",
    `refused ${canaries.config} to ${canaries.environment}`,
  );
  const { code, stdout } = await tutti("up", "base.local", "--yes");
  await run("sandbox", "faults", "-e", "local", "--clear");
  expect(code).toBe(4);
  expect(stdout).toContain("refused [secret] to [secret]");
  expect(leaks({ ...files(), ...said })).toEqual([]);
});

it.each([
  ["a resource's name", `new random.RandomPet("pet-" + named);`, /has a secret in its name/],
  [
    "the name in the cloud",
    `new storage.Bucket("other", { location: "EU", name: named + "-files" });`,
    /secret in its id or name/,
  ],
  ["an id that a provider makes", `new random.RandomPet("other", { prefix: named });`, /the state was not written/],
  [
    "the name of a property",
    `new random.RandomPet("other", { keepers: { [named]: "x" } });`,
    /the state was not written/,
  ],
])("refuses a secret in %s before anything is written", async (_, body, why) => {
  fixture.write("stacks/base/program.ts", program(body));
  const { code, stdout } = await tutti("up", "base.local", "--yes");
  expect(stdout).toMatch(why);
  expect([4, 12]).toContain(code);
  expect(leaks({ ...files(), ...said })).toEqual([]);
});

it("goes on from what was refused as if nothing had been", async () => {
  fixture.write("stacks/base/program.ts", program(""));
  const pending = "urn:pulumi:base.local::pair::random:index/randomPet:RandomPet::other";
  // The provider had made its id when the state refused it: that operation is in doubt, and said to be.
  const recovered = await tutti("recover", "base.local", "--clear", pending, "--yes");
  expect(recovered.code, recovered.stderr).toBe(0);
  const { code, stdout } = await tutti("up", "base.local", "--yes");
  expect(code, stdout).toBe(0);
  expect(leaks({ ...files(), ...said })).toEqual([]);
});

it("refuses an environment whose name holds a secret, before anything is written", async () => {
  // Known before anything runs: nothing is made for it.
  const before = Object.keys(files());
  const known = await runWith({ OTHER_TOKEN: "variable-7qx" }, "up", "-e", "eu-variable-7qx", "--yes");
  expect(known).toMatchObject({ code: 2, stdout: "" });
  expect(known.stderr).toContain('"eu-variable-7qx" holds a secret: what it names can be written nowhere without it');
  expect(Object.keys(files())).toEqual(before);
  // Known once the configuration is opened: its stack fails.
  const late = "configured-7qx";
  await run("pulumi", "-e", late, "--", "config", "set", "-s", `base.${late}`, "--secret", "token", late);
  const { code, stdout } = await run("up", "-e", late, "--yes");
  expect(stdout).toContain(`"${late}" holds a secret of the configuration`);
  expect(code).toBe(4);
});

it("takes out of reports and of the groups of a CI log what turned out to be a secret after it was printed", async () => {
  const late = `kanarie-late-7q%:,"x'&<é>|`;
  fixture.write(
    "stacks/base/program.ts",
    program(`  console.log(${JSON.stringify(`printed ${late} too early`)});
  const warned = pulumi.log.warn(${JSON.stringify(`warned of ${late} too early`)});
  const keepers = { late: pulumi.output(warned).apply(() => pulumi.secret(${JSON.stringify(late)})) };
  new random.RandomPet("late", { keepers }).id.apply(() => { throw new Error("and that was it"); });`),
  );
  const ci = await runWith({ CI: "true", GITHUB_ACTIONS: "true" }, "up", "base.local", "--yes", ...reportsTo("late"));
  expect(ci.code, ci.stdout).toBe(4);
  expect(ci.stdout).toContain("::error ");
  const written = reports("late");
  for (const text of [...Object.values(written), ci.stdout, ci.stderr]) expect(text).not.toContain("kanarie-late");
  // The page has the log.
  expect(written["late.html"]).toContain("printed [secret] too early");
  // What was on disk by then is taken out when the run is over.
  for (const text of Object.values(files())) expect(text).not.toContain("kanarie-late");
});

it("keeps every folder and file below .tutti to its owner", () => {
  const base = path.join(fixture.root, ".tutti");
  const modes = [".", ...readdirSync(base, { recursive: true, encoding: "utf8" })].map((name) => {
    const { mode } = statSync(path.join(base, name));
    return { name, open: mode & 0o077 };
  });
  expect(modes.filter(({ open }) => open !== 0)).toEqual([]);
  expect(modes.length).toBeGreaterThan(30);
});
