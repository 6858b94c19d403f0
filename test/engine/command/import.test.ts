// `pulumi import`: what it reads goes into the state as the official CLI puts it there, and the code it prints declares it.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { className, importedCode } from "../../../engine/command/importedCode.ts";
import { parseImports, readImportFile, singleImport } from "../../../engine/command/importFile.ts";
import { importSink } from "../../../engine/command/importSink.ts";
import type { Emitted } from "../../../engine/deployment/events.ts";
import { newResource, type ResourceState } from "../../../engine/state/resource.ts";
import { Secret } from "../../../engine/values.ts";
import { bench } from "./support.ts";

const stack = { project: "p", stack: "dev" };
const urn = (type: string, name: string) => `urn:pulumi:dev::p::${type}::${name}`;
const noSecrets = { decrypt: () => "" };
const yes = ["--yes", "--skip-preview", "--non-interactive"];

interface State {
  readonly deployment: { readonly resources: readonly Record<string, unknown>[] };
}

describe("import", () => {
  it("takes one resource into the state, protected, and prints its declaration; again it changes nothing", async () => {
    const made = await bench({ name: "p" });
    await made.run("stack", "init", "dev");
    const one = ["import", "random:index/randomId:RandomId", "rid", "p-9hUg"];
    const looked = await made.run(...one, "--preview-only", "--non-interactive");
    expect(looked).toMatchObject({ code: 0, stderr: "" });
    expect(looked.stdout).toMatch(/^Previewing import \(dev\):\n/);
    const state = async () => JSON.parse((await made.run("stack", "export")).stdout) as State;
    expect((await state()).deployment.resources).toBeUndefined();
    const done = await made.run(...one, ...yes);
    expect(done).toMatchObject({ code: 0, stderr: "" });
    expect(done.stdout).toMatch(/^Importing \(dev\):\n/);
    expect(done.stdout).toContain("    + 1 created\n    = 1 imported\n");
    expect(done.stdout).toMatch(/protect` option and run .*\n.*\n\nimport \* as pulumi from "@pulumi\/pulumi";/);
    expect(done.stdout).toContain(
      'const rid = new random.RandomId("rid", {byteLength: 4}, {\n    protect: true,\n});\n',
    );
    const { resources } = (await state()).deployment;
    expect(resources.map(({ urn }) => urn)).toEqual([
      urn("pulumi:pulumi:Stack", "p-dev"),
      urn("pulumi:providers:random", "default"),
      urn("random:index/randomId:RandomId", "rid"),
    ]);
    expect(resources[2]).toMatchObject({
      id: "p-9hUg",
      inputs: { byteLength: 4 },
      outputs: { hex: "a7ef6152", byteLength: 4 },
      parent: resources[0]!["urn"],
      protect: true,
    });
    expect(resources[2]).not.toHaveProperty("importID");
    const again = await made.run(...one, ...yes);
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(again.stdout).toContain("    2 unchanged\n");
    const other = await made.run(...one.slice(0, 3), "AAAA", ...yes);
    expect(other.code).not.toBe(0);
    expect(other.stdout).toContain(`resource '${resources[2]!["urn"]}' already exists`);
    const history = JSON.parse((await made.run("stack", "history", "--json")).stdout) as { kind: string }[];
    expect(history.map(({ kind }) => kind)).toEqual(["resource-import", "resource-import", "resource-import"]);
  });

  it("takes a file of many: components, providers, parents, names", async () => {
    const made = await bench({ name: "p" });
    await made.run("stack", "init", "dev");
    const file = join(made.folder, "import.json");
    const out = join(made.folder, "code.ts");
    await writeFile(
      file,
      JSON.stringify({
        resources: [
          {
            type: "random:index/randomString:RandomString",
            name: "a-string",
            id: "abcDEF12",
            parent: "group",
            provider: "prov",
          },
          { type: "my:index:Group", name: "group", component: true },
          { type: "pulumi:providers:random", name: "prov" },
        ],
      }),
    );
    const done = await made.run("import", "--file", file, "--out", out, "--protect=false", ...yes);
    expect(done, done.stdout).toMatchObject({ code: 0, stderr: "" });
    expect(done.stdout).not.toContain("const ");
    const code = await readFile(out, "utf8");
    expect(code).toContain('const prov = new random.Provider("prov", {});\n');
    expect(code).toContain('const group = new pulumi.ComponentResource("my:index:Group", "group", {});\n');
    expect(code).toMatch(
      /const aString = new random\.RandomString\("a-string", {\n {4}length: 8,\n[^}]*}, {\n {4}parent: group,\n {4}provider: prov,\n}\);\n/,
    );
    const { resources } = (JSON.parse((await made.run("stack", "export")).stdout) as State).deployment;
    const found = resources.find(({ type }) => type === "random:index/randomString:RandomString");
    expect(found?.["urn"]).toBe(urn("my:index:Group$random:index/randomString:RandomString", "a-string"));
    expect(found).not.toHaveProperty("protect");
  });

  it("creates providers that only the deprecated providerInputs configure, and says that they are", async () => {
    const made = await bench({ name: "p" });
    await made.run("stack", "init", "dev");
    const file = join(made.folder, "import.json");
    const type = "random:index/randomString:RandomString";
    const named = urn("pulumi:providers:random", "named");
    await writeFile(
      file,
      JSON.stringify({
        nameTable: { theirs: named },
        resources: [
          { type, name: "one", id: "abcDEF12", provider: "theirs" },
          { type, name: "two", id: "abcDEF34", provider: "theirs" },
          { type, name: "three", id: "abcDEF56", provider: "mine" },
          { type: "pulumi:providers:random", name: "mine" },
        ],
        providerInputs: { theirs: { version: "4.21.0" }, mine: { version: "4.21.1" } },
      }),
    );
    const done = await made.run("import", "--file", file, ...yes);
    expect([done.code, done.stderr], done.stdout).toEqual([
      0,
      expect.stringMatching(/^warning: `providerInputs` is dep/),
    ]);
    const { resources } = (JSON.parse((await made.run("stack", "export")).stdout) as State).deployment;
    const of = (name: string) => resources.find((each) => String(each["urn"]).endsWith(`::${name}`));
    expect(of("named")).toMatchObject({ urn: named, inputs: { version: "4.21.0" } });
    expect(of("mine")).toMatchObject({ inputs: { version: "4.21.1" } });
    for (const name of ["one", "two"]) expect(of(name)?.["provider"]).toBe(`${named}::${of("named")?.["id"]}`);
    expect(of("three")?.["provider"]).toBe(`${of("mine")?.["urn"]}::${of("mine")?.["id"]}`);
  });

  it("fills what the provider could not read with what was supplied, and tells of what that finds fault with", async () => {
    const made = await bench({ name: "p" });
    await made.run("stack", "init", "dev");
    const file = join(made.folder, "import.json");
    const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", plaintext: "8" };
    const type = "random:index/randomString:RandomString";
    const inputs = { minLower: 100, special: false, length: secret };
    await writeFile(file, JSON.stringify({ resources: [{ type, name: "s", id: "abcDEF12", inputs, outputs: {} }] }));
    const done = await made.run("import", "--file", file, ...yes);
    expect(done.code, done.stdout).toBe(0);
    // As the official CLI (3.260.0) words it.
    const words = [
      "warning: One or more imported inputs failed to validate. This is almost certainly a bug in the `random` provider. The import will still proceed, but you will need to edit the generated code after copying it into your program.",
      `warning: ${type} resource 's' has a problem: Invalid Attribute Value. Attribute length value must be at least sum of min_upper + min_lower + min_numeric + min_special, got: 8. Examine values at 's.length'.`,
    ];
    for (const line of words) expect(done.stdout).toContain(line);
    const { resources } = (JSON.parse((await made.run("stack", "export", "--show-secrets")).stdout) as State)
      .deployment;
    expect(resources.at(-1)).toMatchObject({
      inputs: { minLower: 100, special: true, upper: true, length: secret },
      outputs: { special: true, length: secret },
    });
  });

  it("takes what is described as it is, and does not read it", async () => {
    const made = await bench({ name: "p" });
    await made.run("stack", "init", "dev");
    const file = join(made.folder, "import.json");
    const described = { inputs: { keepers: { a: "b" } }, outputs: { result: "no uuid" } };
    const one = { type: "random:index/randomUuid:RandomUuid", name: "d", id: "no uuid", ...described };
    await writeFile(file, JSON.stringify({ resources: [one] }));
    expect(await made.run("import", "--file", file, ...yes)).toMatchObject({ code: 0, stderr: "" });
    const { resources } = (JSON.parse((await made.run("stack", "export")).stdout) as State).deployment;
    expect(resources.at(-1)).toMatchObject({ id: "no uuid", ...described });
  });

  it("tells what was not there, and leaves the stack as it was", async () => {
    const made = await bench({ name: "p" });
    await made.run("stack", "init", "dev");
    const failed = await made.run("import", "random:index/randomId:RandomId", "x", "!!", ...yes);
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain('cannot read a RandomId from the id "!!"');
    const { resources } = (JSON.parse((await made.run("stack", "export")).stdout) as State).deployment;
    expect(resources.map(({ type }) => type)).toEqual(["pulumi:pulumi:Stack", "pulumi:providers:random"]);
  });

  it("reads nothing below what was not there", async () => {
    const made = await bench({ name: "p" });
    await made.run("stack", "init", "dev");
    const file = join(made.folder, "import.json");
    const type = "random:index/randomId:RandomId";
    const resources = [
      { type, name: "child", id: "AAAA", parent: "x" },
      { type, name: "x", id: "!!" },
    ];
    await writeFile(file, JSON.stringify({ resources }));
    const failed = await made.run("import", "--file", file, ...yes);
    expect(failed.code).not.toBe(0);
    expect(failed.stdout).toContain('cannot read a RandomId from the id "!!"');
    expect(failed.stdout).not.toContain("unknown parent");
    expect(failed.stdout).not.toContain("child");
  });

  it("refuses what it cannot read, in a sentence", async () => {
    const made = await bench({ name: "p" });
    await made.run("stack", "init", "dev");
    const refusal = async (...args: string[]) => (await made.run("import", ...args, ...yes)).stderr;
    expect(await refusal("a:b:C")).toContain("missing name and id");
    expect(await refusal("a:b:C", "n", "i", "--parent", "foo")).toContain("invalid parent URN: 'foo'");
    expect(await refusal("--file", "nope.json")).toContain("could not read import file: nope.json does not exist");
    expect(await refusal("a:b:C", "--file", "nope.json")).toContain("may not be specified in conjunction");
    expect(await refusal("a:b:C", "n", "i", "--from", "terraform")).toContain("--from is not supported");
    expect((await made.run("import", "a:b:C", "n", "i", "--non-interactive")).stderr).toContain("--yes");
  });
});

describe("an import file", () => {
  const parse = (resources: object[], nameTable = {}) =>
    parseImports(readImportFile(JSON.stringify({ nameTable, resources })), stack, true, noSecrets);

  it("names every mistake at once", () => {
    expect(() =>
      parse([
        { name: "a" },
        { type: "a:b:C", name: "b" },
        { type: "pulumi:providers:x", name: "p", id: "1" },
        { type: "a:b:C", name: "c", id: "1", component: true },
        { type: "nope", name: "d", id: "1" },
      ]),
    ).toThrow(
      [
        "resource 'a' has no type",
        "resource 'a' has no ID",
        "resource 'b' of type 'a:b:C' has no ID",
        "resource 'p' of type 'pulumi:providers:x' has an ID, but is a provider, which is created rather than read",
        "resource 'c' of type 'a:b:C' has an ID, but is marked as a component",
        "resource 'd' of type 'nope' has a type that is none: expected package:module:Type",
      ].join("\n"),
    );
    const child = { type: "a:b:C", name: "c", id: "1" };
    expect(() => parse([{ ...child, parent: "x" }])).toThrow(/the parent 'x' .* has no entry in 'nameTable'/);
    expect(() => parse([{ ...child, parent: "c" }])).toThrow(/is its own ancestor/);
    expect(() => parse([{ ...child, provider: "x" }])).toThrow(/the provider 'x' .* has no entry/);
    expect(() => parse([{ ...child, provider: "x" }], { x: urn("a:b:C", "x") })).toThrow(/is not a provider/);
    expect(() => parse([child, child])).toThrow(/has an ambiguous URN/);
  });

  it("gives a name that is taken another one", () => {
    const { urns, names } = parse([
      { type: "a:b:C", name: "x", id: "1" },
      { type: "a:b:D", name: "x", id: "1" },
    ]);
    expect(urns.map((each) => names.get(each))).toEqual(["x", "xD"]);
  });

  it("may hold versions as others write them", () => {
    const of = (version: string) => parse([{ type: "a:b:C", name: "x", id: "1", version }]).imports[0]?.version;
    expect(["v4.21.2", "4.21", " 4", "4.21.2-rc.1+build", ""].map(of)).toEqual([
      "4.21.2",
      "4.21.0",
      "4.0.0",
      "4.21.2-rc.1+build",
      "",
    ]);
    expect(() => of("four")).toThrow("could not parse version 'four' for resource 'x' of type 'a:b:C'");
  });

  it("of one resource names its parent and its provider", () => {
    const [parent, provider] = [urn("a:b:C", "p"), urn("pulumi:providers:a", "q")];
    const file = singleImport(["a:b:C", "n", "i"], { parent: `mum=${parent}`, provider });
    expect(file.nameTable).toEqual({ mum: parent, provider });
    expect(parseImports(file, stack, false, noSecrets).imports).toMatchObject([{ name: "n", parent, provider }]);
  });
});

describe("imported code", () => {
  it("finds a type's class", () => {
    expect(
      [
        "random:index/randomId:RandomId",
        "gcp:storage/bucket:Bucket",
        "kubernetes:core/v1:ConfigMap",
        "kubernetes:networking.k8s.io/v1:Ingress",
        "kubernetes:yaml:ConfigGroup",
        "google-native:compute/v1:Instance",
        "pulumi:providers:gcp",
      ].map(className),
    ).toEqual([
      "random.RandomId",
      "gcp.storage.Bucket",
      "kubernetes.core.v1.ConfigMap",
      "kubernetes.networking.v1.Ingress",
      "kubernetes.yaml.ConfigGroup",
      "googleNative.compute.v1.Instance",
      "gcp.Provider",
    ]);
  });

  it("writes every kind of value, and no variable twice", () => {
    const resource = (name: string, inputs: object) =>
      newResource({
        ...{ urn: urn("x:y/z:Z", name), type: "x:y/z:Z", custom: true, inputs: { ...inputs } },
        provider: `${urn("pulumi:providers:x", "default")}::1`,
      });
    const named = new Map([
      [urn("x:y/z:Z", "a.b"), "a.b"],
      [urn("x:y/z:Z", "class"), "class"],
    ]);
    const inputs = { list: [1, true, null], map: { "a-b": new Secret('q"') }, empty: [], __defaults: [] };
    expect(
      importedCode([resource("a.b", inputs), resource("class", {})], named),
    ).toBe(`import * as pulumi from "@pulumi/pulumi";
import * as x from "@pulumi/x";

const aB = new x.y.Z("a.b", {
    list: [
        1,
        true,
        null,
    ],
    map: {"a-b": pulumi.secret("q\\"")},
    empty: [],
});

const _class = new x.y.Z("class", {});
`);
  });
});

describe("preview --import-file", () => {
  const provider = "pulumi:providers:random";
  const reference = `${urn(provider, "prov")}::x`;
  const pet = "random:index/randomPet:RandomPet";
  const component = "my:index:C";
  const event = (op: string, state: ResourceState): Emitted =>
    ({
      event: { resourcePreEvent: { metadata: { op, urn: state.urn, type: state.type } } },
      new: state,
    }) as unknown as Emitted;
  const written = async (events: readonly Emitted[], secrets: () => Promise<{ encrypt(text: string): string }>) => {
    let text = "";
    const write = async (file: string) => {
      text = file;
    };
    const sink = importSink(write, secrets);
    for (const each of events) sink.write(each);
    await sink.close();
    return text;
  };
  const parent = newResource({ urn: urn(component, "comp"), type: component, custom: false });
  const inputs = { version: "4.21.2", __internal: { pluginDownloadURL: "https://a.test" } };
  const prov = newResource({ urn: urn(provider, "prov"), type: provider, custom: true, inputs });
  const under = (type: string, name: string, more: Partial<ResourceState> = {}) =>
    newResource({
      urn: urn(`${component}$${type}`, name),
      type,
      custom: true,
      parent: parent.urn,
      provider: reference,
      ...more,
    });

  it("names what is created as the official CLI (3.260.0) does, and lists apart what is there", async () => {
    const text = await written(
      [
        event(
          "create",
          newResource({ urn: urn("pulumi:pulumi:Stack", "p-dev"), type: "pulumi:pulumi:Stack", custom: false }),
        ),
        event("same", prov),
        event("create", newResource({ urn: urn(provider, "default"), type: provider, custom: true, inputs })),
        event("same", parent),
        event("same", newResource({ urn: urn(pet, "s"), type: pet, custom: true })),
        event(
          "create",
          newResource({
            urn: urn(`${component}$${component}`, "s"),
            type: component,
            custom: false,
            parent: parent.urn,
          }),
        ),
        event("create", under(pet, "t")),
        event("create", under(pet, "u", { parent: urn(`${component}$${component}`, "s"), provider: "" })),
        event("delete", under(pet, "gone")),
      ],
      () => Promise.reject(new Error("asked for a key")),
    );
    expect(JSON.parse(text)).toEqual({
      nameTable: { comp: parent.urn, prov: prov.urn },
      resources: [
        { type: component, name: "sC", parent: "comp", component: true, logicalName: "s" },
        {
          ...{ type: pet, name: "t", id: "<PLACEHOLDER>", parent: "comp", provider: "prov", version: "4.21.2" },
          pluginDownloadUrl: "https://a.test",
        },
        { type: pet, name: "u", id: "<PLACEHOLDER>", parent: "sC" },
      ],
    });
    expect(text).toMatch(/^\{\n {4}"nameTable"/);
    const { imports } = parseImports(readImportFile(text), stack, true, noSecrets);
    expect(imports.map(({ name, parent: below, provider: by }) => [name, below, by])).toEqual([
      ["s", parent.urn, ""],
      ["t", parent.urn, prov.urn],
      ["u", urn(`${component}$${component}`, "s"), ""],
    ]);
  });

  it("encrypts what configures a provider and is secret, and an import reads it", async () => {
    const secret = newResource({ ...prov, inputs: { ...inputs, token: new Secret("hush") } });
    const text = await written([event("create", secret)], async () => ({ encrypt: btoa }));
    expect(text).not.toMatch(/"hush|plaintext/);
    const { imports } = parseImports(readImportFile(text), stack, true, { decrypt: atob });
    expect(imports[0]?.inputs["token"]).toEqual(new Secret("hush"));
  });
});
