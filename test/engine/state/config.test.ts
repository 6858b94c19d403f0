import { chmod, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { editConfigText, readConfigText } from "../../../engine/state/configFile.ts";
import { coerced, configText, valueAt, withoutValueAt, withValueAt } from "../../../engine/state/configValue.ts";
import type { JsonValue } from "../../../engine/state/json.ts";
import { findProject, parseProject } from "../../../engine/state/project.ts";
import {
  checkConfig,
  fullKey,
  programConfig,
  StackConfig,
  withProjectDefaults,
} from "../../../engine/state/stackConfig.ts";
import {
  currentBackend,
  forgetBackend,
  rememberBackend,
  selectedStack,
  selectStack,
} from "../../../engine/state/workspaceFile.ts";
import { recording, temporaryFolder } from "./support.ts";

const file = `# head
encryptionsalt: v1:abc=:v1:x:y # salt

config:
  # about a
  demo:a: 1 # one
  'demo:b':   "two"

  demo:obj:
    # inner
    x: 1   # ex
    list: [1,   2]
  demo:text: |
    several
    lines
  # trailing
other: kept
`;

describe("editing a configuration file", () => {
  const set = (text: string, key: string, value: JsonValue | undefined) =>
    editConfigText("f", text, ["config", key], value);
  const lines = (text: string) => text.split("\n");
  /** The lines that differ: removed, then added. */
  const changes = (after: string) => [
    lines(file).filter((line) => !lines(after).includes(line)),
    lines(after).filter((line) => !lines(file).includes(line)),
  ];

  it.each<[string, string, JsonValue | undefined, string[], string[]]>([
    ["a scalar, its comment kept", "demo:a", "5", ["  demo:a: 1 # one"], ['  demo:a: "5" # one']],
    ["a quoted key", "demo:b", 3, [`  'demo:b':   "two"`], ["  demo:b: 3"]],
    ["a new key, after the last", "demo:new", { secure: "v1:q" }, [], ["  demo:new:", "    secure: v1:q"]],
    [
      "one member of an object, comments in it kept",
      "demo:obj",
      { x: 2, list: [1, 2] },
      ["    x: 1   # ex", "    list: [1,   2]"],
      ["    x: 2 # ex", "    list: [ 1, 2 ]"],
    ],
    ["a text of several lines", "demo:text", "t", ["  demo:text: |", "    several", "    lines"], ["  demo:text: t"]],
    ["nothing: removes the key", "demo:b", undefined, [`  'demo:b':   "two"`], []],
    [
      "nothing: removes an object",
      "demo:obj",
      undefined,
      ["  demo:obj:", "    # inner", "    x: 1   # ex", "    list: [1,   2]"],
      [],
    ],
  ])("sets %s", (_, key, value, removed, added) => {
    const after = set(file, key, value);
    expect(changes(after)).toEqual([removed, added]);
    const config = readConfigText("f", after)["config"] as Record<string, JsonValue>;
    expect(config[key]).toEqual(value);
  });

  it("changes nothing when the value is there already", () => {
    expect(set(file, "demo:b", "two")).toBe(file);
    expect(set(file, "demo:none", undefined)).toBe(file);
  });

  it("replaces a salt and adds one, the rest kept", () => {
    expect(editConfigText("f", file, ["encryptionsalt"], "new")).toBe(file.replace("v1:abc=:v1:x:y", "new"));
    expect(editConfigText("f", "config:\n  a:b: c", ["encryptionsalt"], "s")).toBe(
      "config:\n  a:b: c\nencryptionsalt: s\n",
    );
  });

  it.each([
    ["", "config:\n  a:b: x\n"],
    ["# only a comment", "# only a comment\nconfig:\n  a:b: x\n"],
    ["encryptionsalt: s\n", "encryptionsalt: s\nconfig:\n  a:b: x\n"],
    ["config:\nencryptionsalt: s\n", "config:\n  a:b: x\nencryptionsalt: s\n"],
    ["config: {}\n", "config:\n  a:b: x\n"],
    ["config:\n    c:d:\n        e: f", "config:\n    c:d:\n        e: f\n    a:b: x\n"],
    ["config: {c:d: 1} # flow\n", "config: { c:d: 1, a:b: x } # flow\n"],
  ])("adds a first key to %j", (text, expected) => expect(set(text, "a:b", "x")).toBe(expected));

  it("leaves an empty config when the last key goes", () => {
    expect(set("config:\n  a:b: x\n", "a:b", undefined)).toBe("config: {}\n");
  });

  it("quotes what would read as something else", () => {
    for (const value of [
      "5",
      "true",
      "null",
      "",
      " x",
      "a: b",
      "# c",
      "line\nline",
      "é😀",
      "0x1f",
      "1e3",
      "~",
      "- a",
    ]) {
      const text = set("", "a:b", value);
      expect(readConfigText("f", text)).toEqual({ config: { "a:b": value } });
    }
  });

  it("keeps whole numbers that JavaScript cannot hold", () => {
    expect(readConfigText("f", "config:\n  a:b: 12345678901234567890\n  a:c: 5")).toEqual({
      config: { "a:b": "12345678901234567890", "a:c": 5 },
    });
  });

  it("writes JSON as the official CLI (3.260.0) wrote it, and keeps the order", () => {
    const edit = (text: string, key: string, value: JsonValue | undefined) =>
      editConfigText("Pulumi.dev.json", text, ["config", key], value);
    const first = editConfigText("Pulumi.dev.json", "", ["encryptionsalt"], "v1:abc");
    expect(first).toBe('{\n    "encryptionsalt": "v1:abc"\n}\n');
    const full = edit(edit(edit(first, "p:a", "<b>&1"), "p:l", { x: [3] }), "p:s", { secure: "v1:x" });
    expect(full).toBe(`{
    "encryptionsalt": "v1:abc",
    "config": {
        "p:a": "\\u003cb\\u003e\\u00261",
        "p:l": {
            "x": [
                3
            ]
        },
        "p:s": {
            "secure": "v1:x"
        }
    }
}
`);
    expect(Object.keys(JSON.parse(edit(full, "p:a", "other")).config)).toEqual(["p:a", "p:l", "p:s"]);
    expect(edit('{"config":{"p:a":true},  "extra": 1}', "p:a", undefined)).toBe('{\n    "extra": 1\n}\n');
    expect(edit("{}", "p:a", undefined)).toBe("{}");
  });

  it("says where a broken file is broken", () => {
    expect(() => readConfigText("Pulumi.dev.yaml", "config:\n  a: [1")).toThrow(/^Pulumi.dev.yaml: .* at line 2/);
    expect(() => readConfigText("Pulumi.dev.yaml", "- a")).toThrow("expected an object");
  });

  it("survives three hundred random edits without losing a comment or a value", () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    const values: JsonValue[] = [
      "x",
      "5",
      5,
      true,
      { a: { b: [1, "two"] } },
      ["l"],
      { secure: "v1:n:c" },
      "two\nlines\n",
      "",
      null,
    ];
    let text = file;
    const expected = structuredClone(readConfigText("f", file)["config"]) as Record<string, JsonValue>;
    for (let step = 0; step < 300; step++) {
      const key = `demo:k${random(6)}`;
      const value = random(4) === 0 ? undefined : values[random(values.length)]!;
      if (value === undefined) delete expected[key];
      else expected[key] = value;
      text = set(text, key, value);
      expect(readConfigText("f", text)["config"]).toEqual(expected);
    }
    for (const comment of ["# head", "# salt", "# about a", "# one", "# inner", "# ex", "# trailing"])
      expect(text).toContain(comment);
    expect(text).toContain("\nother: kept\n");
  });
});

describe("configuration values", () => {
  it("are set at paths", () => {
    expect(withValueAt(undefined, ["list", 0, "name"], "a", "k")).toEqual({ list: [{ name: "a" }] });
    expect(withValueAt({ list: ["a"] }, ["list", 1], "b", "k")).toEqual({ list: ["a", "b"] });
    expect(withValueAt("scalar", ["a"], 1, "k")).toEqual({ a: 1 });
    expect(() => withValueAt({ list: ["a"] }, ["list", 3], "b", "k")).toThrow("k.list[3]: array index out of range");
    expect(() => withValueAt({ a: "x" }, ["a", "b"], "c", "k")).toThrow("k.a: expected a map");
    expect(() => withValueAt({ a: "x" }, ["a", 0], "c", "k")).toThrow("k.a: expected an array");
    expect(() => withValueAt({ l: [] }, ["l", "b"], "c", "k")).toThrow("key for an array must be an int");
    expect(() => withValueAt({}, ["secure"], "c", "k")).toThrow('maps with the single key "secure" are reserved');
  });

  it("are looked up and removed at paths", () => {
    const value = { list: [{ name: "a" }, 2], secret: { secure: "v1:x" } };
    expect(valueAt(value, ["list", 0, "name"])).toBe("a");
    expect(valueAt(value, ["list", 5])).toBeUndefined();
    expect(valueAt(value, ["secret", "secure"])).toBeUndefined();
    expect(valueAt({}, ["constructor"])).toBeUndefined();
    expect(withoutValueAt(value, ["list", 0])).toEqual({ list: [2], secret: { secure: "v1:x" } });
    expect(withoutValueAt(value, ["list", 0, "name"])).toEqual({ ...value, list: [{}, 2] });
    expect(withoutValueAt(value, ["no", "such"])).toBe(value);
    expect(() => withoutValueAt({ a: 1, secure: "x" }, ["a"])).toThrow("reserved");
  });

  it("inside lists and objects are typed by their looks", () => {
    expect(["true", "false", "5", "-3", "0", "007", "1.5", "9007199254740993", "x", ""].map(coerced)).toEqual([
      true,
      false,
      5,
      -3,
      0,
      "007",
      "1.5",
      "9007199254740993",
      "x",
      "",
    ]);
  });

  it("reach programs as text", () => {
    expect(["x", 5, true, null, { b: 1, a: [2] }].map(configText)).toEqual([
      "x",
      "5",
      "true",
      "null",
      '{"a":[2],"b":1}',
    ]);
  });
});

describe("a stack's configuration", () => {
  const yaml = "name: recorded\nruntime: nodejs\nstackConfigDir: stacks/config\n";
  const project = (folder: string, text = yaml) => parseProject(join(folder, "Pulumi.yaml"), text);

  it("is read as the CLI wrote it", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "Pulumi.dev.yaml"), await recording("Pulumi.dev.yaml"));
    const config = await StackConfig.read(project(folder, "name: recorded\nruntime: nodejs\n"), "dev", {});
    expect(config.encryptionSalt).toMatch(/^v1:HfHeKOzdrK8=:/);
    const { values, secretKeys } = programConfig(config.values(), (ciphertext) =>
      ciphertext.startsWith("v1:8PXH") ? "hunter2" : "deep",
    );
    expect(values).toEqual({
      "recorded:token": "hunter2",
      "recorded:plain": "v",
      "recorded:data": '{"list":[{"name":"a"}],"password":"deep"}',
      "recorded:count": "5",
      "recorded:flags": '{"on":true}',
    });
    expect(secretKeys).toEqual(["recorded:token", "recorded:data"]);
    expect(config.isChanged).toBe(false);
  });

  it("lives in stackConfigDir, is made with its folder, and saved only when it changed", async () => {
    const folder = await temporaryFolder();
    const config = await StackConfig.read(project(folder), "web.prod", {});
    await config.save();
    const path = join(folder, "stacks/config/Pulumi.web.prod.yaml");
    await expect(stat(path)).rejects.toThrow("ENOENT");
    config.set("recorded:a", "x");
    await config.save();
    expect(await readFile(path, "utf8")).toBe("config:\n  recorded:a: x\n");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it("keeps the mode of its file, and goes through links", async () => {
    const folder = await temporaryFolder();
    const target = join(folder, "real.yaml");
    await writeFile(target, "");
    await chmod(target, 0o664);
    await symlink(target, join(folder, "Pulumi.dev.yaml"));
    const config = await StackConfig.read(project(folder, "name: p\nruntime: nodejs\n"), "dev", {});
    config.set("p:a", "x");
    await config.save();
    expect(await readFile(target, "utf8")).toBe("config:\n  p:a: x\n");
    expect((await stat(target)).mode & 0o777).toBe(0o664);
  });

  it("of a sandbox starts from the work tree's file, which stays as it is", async () => {
    const folder = await temporaryFolder();
    const usual = join(folder, "stacks/config/Pulumi.dev.yaml");
    await mkdir(join(folder, "stacks/config"), { recursive: true });
    await writeFile(usual, "# kept\nconfig:\n  recorded:a: tree\n");
    const directory = join(folder, "sandbox");
    const first = await StackConfig.read(project(folder), "dev", { directory });
    expect(first.values().get("recorded:a")).toBe("tree");
    first.set("recorded:a", "sandbox");
    await first.save();
    expect(await readFile(usual, "utf8")).toContain("tree");
    expect(await readFile(join(directory, "Pulumi.dev.yaml"), "utf8")).toBe("# kept\nconfig:\n  recorded:a: sandbox\n");
    const second = await StackConfig.read(project(folder), "dev", { directory });
    expect(second.values().get("recorded:a")).toBe("sandbox");
  });

  it("keeps the form in which a key was written", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "Pulumi.dev.yaml"), "config:\n  short: 1\n  p:config:old: 2\n");
    const config = await StackConfig.read(project(folder, "name: p\nruntime: nodejs\n"), "dev", {});
    expect([...config.values()]).toEqual([
      ["p:short", 1],
      ["p:old", 2],
    ]);
    config.set("p:short", 3);
    config.set("p:old", 4);
    await config.save();
    expect(await readFile(config.path, "utf8")).toBe("config:\n  short: 3\n  p:config:old: 4\n");
    expect(() => fullKey("a:b:c", "p")).toThrow("could not parse a:b:c as a configuration key");
  });

  it("refuses a named file that is not there", async () => {
    const folder = await temporaryFolder();
    await expect(StackConfig.read(project(folder), "dev", { file: join(folder, "no.yaml") })).rejects.toThrow(
      "no.yaml does not exist",
    );
  });

  it("gets defaults from the project, and is checked against its types", async () => {
    const typed = project(
      "/x",
      `name: p
runtime: nodejs
config:
  size: { type: integer, default: 3 }
  on: { type: boolean }
  names: { type: array, items: { type: string }, default: [a] }
  pin: { type: string, secret: true }
  bare: text
  gcp:region: { value: here }
`,
    );
    const check = (entries: Record<string, JsonValue>) => {
      const values = withProjectDefaults(new Map(Object.entries(entries)), typed);
      checkConfig(values, typed, "dev", () => "plain");
      return Object.fromEntries(values);
    };
    const good = { "p:on": "true", "p:pin": { secure: "c" } };
    expect(check(good)).toEqual({ ...good, "p:size": "3", "p:names": ["a"], "p:bare": "text", "gcp:region": "here" });
    expect(() => check({})).toThrow("Stack 'dev' is missing configuration values 'on', 'pin'");
    expect(() => check({ ...good, "p:size": "x" })).toThrow("configuration key 'size' must be of type 'integer'");
    expect(() => check({ ...good, "p:on": "yes" })).toThrow("'on' must be of type 'boolean'");
    expect(() => check({ ...good, "p:names": [1] })).toThrow("'names' must be of type 'array<string>'");
    expect(() => check({ ...good, "p:pin": "1234" })).toThrow("'pin' must be encrypted as it's secret");
  });
});

describe("a project", () => {
  it("is found upwards, and read", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "a/b"), { recursive: true });
    await writeFile(
      join(folder, "Pulumi.yaml"),
      "name: p\ndescription: d\nruntime: {name: nodejs, options: {typescript: false, nodeargs: --x}}\nmain: src/\nbackend: {url: 'file://~'}\n",
    );
    const project = await findProject(join(folder, "a/b"));
    expect(project).toEqual({
      name: "p",
      description: "d",
      runtime: { name: "nodejs", options: { typescript: false, nodeargs: "--x" } },
      main: "src/",
      root: folder,
      file: join(folder, "Pulumi.yaml"),
      stackConfigDirectory: folder,
      backendUrl: "file://~",
      config: {},
    });
    expect(await findProject("/")).toBeUndefined();
  });

  it.each([
    ["runtime: nodejs", "project is missing a 'name' attribute"],
    ["name: p", "project is missing a 'runtime' attribute"],
    ["name: a b\nruntime: x", "project names may only contain"],
    ["name: 5\nruntime: x", "name must be a string"],
    ["- a", "expected an object"],
    ["name: [", "/p/Pulumi.yaml: "],
  ])("is refused: %j", (text, message) => expect(() => parseProject("/p/Pulumi.yaml", text)).toThrow(message));
});

describe("what is remembered outside of projects", () => {
  it("is the selected stack, by project and backend", async () => {
    const home = await temporaryFolder();
    const project = parseProject("/home/ann/p/Pulumi.yaml", "name: p\nruntime: nodejs\n");
    expect(await selectedStack(home, project, "file:///a")).toBeUndefined();
    await selectStack(home, project, "file:///a", "organization/p/dev");
    await selectStack(home, project, "file:///b", "organization/p/prod");
    const path = join(home, "workspaces", "p-0bc0097c87fd15a6062559a16396bf416c2a11fc-workspace.json");
    expect(await selectedStack(home, project, "file:///a")).toBe("organization/p/dev");
    await selectStack(home, project, "file:///a", undefined);
    expect(await selectedStack(home, project, "file:///a")).toBeUndefined();
    expect(await selectedStack(home, project, "file:///b")).toBe("organization/p/prod");
    expect(JSON.parse(await readFile(path, "utf8"))).toEqual({ stacks: { "file:///b": "organization/p/prod" } });
  });

  it("is the backend one is logged in to, others' accounts kept", async () => {
    const home = await temporaryFolder();
    expect(await currentBackend(home)).toBeUndefined();
    const accounts = { "https://x": { accessToken: "t" } };
    await writeFile(join(home, "credentials.json"), JSON.stringify({ current: "https://x", accounts }));
    await rememberBackend(home, "file:///a");
    expect(await currentBackend(home)).toBe("file:///a");
    await forgetBackend(home, "file:///a");
    expect(await currentBackend(home)).toBeUndefined();
    expect(JSON.parse(await readFile(join(home, "credentials.json"), "utf8"))).toEqual({ accounts });
    expect((await stat(join(home, "credentials.json"))).mode & 0o777).toBe(0o600);
  });
});
