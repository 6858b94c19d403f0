import { describe, expect, it } from "vitest";
import { type CommandSpec, type FlagTable, helpText, parseArgs } from "../../../engine/command/args.ts";
import { commands, globalFlags, surface as ours } from "../../../engine/command/commands.ts";

const flags: FlagTable = {
  stack: { kind: "string", short: "s", help: "which" },
  yes: { kind: "boolean", short: "y" },
  force: { kind: "boolean", short: "f" },
  target: { kind: "strings", short: "t" },
  names: { kind: "list" },
  parallel: { kind: "number", short: "p" },
  refresh: { kind: "optional", short: "r" },
  plan: { kind: "string", refusal: "nothing is planned" },
};
const spec = (path: string, fields: Partial<CommandSpec> = {}): CommandSpec => ({
  path: path === "" ? [] : path.split(" "),
  summary: `does ${path}`,
  minimum: 0,
  maximum: 0,
  flags,
  load: undefined,
  ...fields,
});
const table = [
  spec("up", { aliases: ["update"] }),
  spec("stack"),
  spec("stack ls", { aliases: ["list"] }),
  spec("config set", { minimum: 1, maximum: 2 }),
  spec("many", { minimum: 1, maximum: Number.POSITIVE_INFINITY }),
];
const globals: FlagTable = { cwd: { kind: "string", short: "C" }, emoji: { kind: "boolean" } };
const surface = { commands: table, globals, refused: { cloud: "there is none", "stack fly": "stacks do not fly" } };
const parseWith = (env: Readonly<Record<string, string>>, ...argv: readonly string[]) => {
  const { command, flags: given, args, help } = parseArgs(argv, surface, env);
  return { path: command.path.join(" "), flags: given, args, help };
};
const parse = (...argv: readonly string[]) => parseWith({}, ...argv);

describe("a command line", () => {
  it.each([
    [["up"], "up"],
    [["update"], "up"],
    [["stack"], "stack"],
    [["stack", "list"], "stack ls"],
    [["--cwd", "stack", "stack", "ls"], "stack ls"],
    [["-C", "up", "stack"], "stack"],
    [["stack", "-s", "ls"], "stack"],
    [["stack", "--stack=x", "ls"], "stack ls"],
    [["--emoji", "up"], "up"],
    [["config", "set", "stack"], "config set"],
  ])("names a command: %j", (argv, path) => expect(parse(...argv).path).toBe(path));

  it("has flags in every form", () => {
    const { flags: given, args } = parse(
      "up",
      "-ys",
      "dev",
      "--target",
      "a,b",
      "-tc",
      "--names",
      "x,y",
      "--parallel=4",
      "--refresh",
      "--force=false",
    );
    expect(given.string("stack")).toBe("dev");
    expect(given.boolean("yes")).toBe(true);
    expect(given.strings("target")).toEqual(["a,b", "c"]);
    expect(given.strings("names")).toEqual(["x", "y"]);
    expect(given.number("parallel")).toBe(4);
    expect(given.string("refresh")).toBe("true");
    expect([given.boolean("force"), given.has("force")]).toEqual([false, true]);
    expect([
      given.boolean("cwd"),
      given.string("cwd"),
      given.strings("cwd"),
      given.number("cwd"),
      given.has("cwd"),
    ]).toEqual([false, undefined, [], undefined, false]);
    expect(args).toEqual([]);
  });

  it("takes the last of two, and no value after an optional flag but with =", () => {
    expect(parse("up", "-s", "a", "-s", "b").flags.string("stack")).toBe("b");
    expect(parse("many", "-r", "false").args).toEqual(["false"]);
    expect(parse("up", "--refresh=false").flags.string("refresh")).toBe("false");
  });

  it("has plain arguments after --, whatever they look like", () => {
    const { args, flags: given } = parse("config", "set", "key", "-s", "dev", "--", "--yes");
    expect([args, given.string("stack"), given.has("yes")]).toEqual([["key", "--yes"], "dev", false]);
    expect(parse("config", "set", "key", "-").args).toEqual(["key", "-"]);
  });

  it.each([
    [["bogus"], 'unknown command "bogus" for "pulumi"\nRun \'pulumi --help\' for usage.'],
    [["stack", "bogus"], 'unknown command "bogus" for "pulumi stack"\nRun \'pulumi stack --help\' for usage.'],
    [["config", "bogus"], 'unknown command "bogus" for "pulumi config"\nRun \'pulumi config --help\' for usage.'],
    [["cloud", "--bogus"], "`pulumi cloud` is not supported by the embedded engine: there is none"],
    [
      ["--emoji", "stack", "fly", "up"],
      "`pulumi stack fly` is not supported by the embedded engine: stacks do not fly",
    ],
    [["up", "--bogus"], "unknown flag: --bogus"],
    [["up", "--constructor"], "unknown flag: --constructor"],
    [["up", "-z"], "unknown shorthand flag: 'z' in -z"],
    [["up", "--stack"], "flag needs an argument: --stack"],
    [["up", "-ys"], "flag needs an argument: 's' in -ys"],
    [["up", "--yes=maybe"], 'invalid argument "maybe" for "--yes" flag: expected true or false'],
    [["up", "--parallel", "x"], 'invalid argument "x" for "--parallel" flag: expected a whole number'],
    [["up", "--plan", "x"], "flag --plan is not supported by the embedded engine of `pulumi up`: nothing is planned"],
    [["up", "x"], "accepts 0 arg(s), received 1"],
    [["config", "set"], "accepts between 1 and 2 arg(s), received 0"],
    [["many"], "requires at least 1 arg(s), received 0"],
  ])("is refused: %j", (argv, message) =>
    expect(() => parse(...argv)).toThrow(expect.objectContaining({ message, exitCode: 1 })),
  );

  it("may ask for help, whatever else is wrong", () => {
    expect(parse("config", "set", "--help").help).toBe("asked");
    expect(parse("up", "-h").help).toBe("asked");
    expect(parse("config", "--help")).toMatchObject({ path: "config", help: "asked" });
    expect(helpText(table[1]!, surface)).toMatch(/\n {2}ls +does stack ls\n/);
  });

  it("is answered with help when it names a group of commands only, or nothing", () => {
    expect(parse("config")).toMatchObject({ path: "config", help: "needed" });
    expect(parse()).toMatchObject({ path: "", help: "needed" });
    const everything = helpText(spec(""), surface);
    expect(everything).toMatch(/\n {2}stack +does stack\n/);
    expect(everything).toMatch(/\n {2}config +set\n/);
  });

  it("may ask for the version as a flag", () => {
    const version = [...table, spec("version")];
    expect(parseArgs(["-C", "x", "--version"], { ...surface, commands: version }).command.path).toEqual(["version"]);
    expect(() => parse("up", "--version")).toThrow("unknown flag: --version");
  });

  it("has flags of the environment, as far as it names none itself", () => {
    const env = {
      PULUMI_OPTION_STACK: "dev",
      PULUMI_OPTION_YES: "1",
      PULUMI_OPTION_PARALLEL: "",
      PULUMI_OPTION_SET: "x",
    };
    const { flags: given } = parseWith(env, "up", "--refresh");
    expect([given.string("stack"), given.boolean("yes"), given.has("parallel"), given.string("refresh")]).toEqual([
      "dev",
      true,
      false,
      "true",
    ]);
    expect(parseWith(env, "up", "-s", "prod", "--yes=false").flags).toMatchObject(
      parse("up", "-s", "prod", "-y=0").flags,
    );
    const many = parseWith({ PULUMI_OPTION_TARGET: 'a,"b,""c"""', PULUMI_OPTION_NAMES: "x,y" }, "up", "-t", "d").flags;
    expect([many.strings("target"), many.strings("names")]).toEqual([
      ["a", 'b,"c"', "d"],
      ["x", "y"],
    ]);
    expect(() => parseWith({ PULUMI_OPTION_PLAN: "p" }, "up")).toThrow("flag --plan is not supported");
  });
});

describe("the table of commands", () => {
  it("refuses by name what it does not do, and says why", () => {
    for (const [path, why] of Object.entries(ours.refused)) {
      const words = path.split(" ");
      const message = `\`pulumi ${path}\` is not supported by the embedded engine: ${why}`;
      expect(() => parseArgs([...words, "--any", "x"], ours)).toThrow(
        expect.objectContaining({ message, exitCode: 1 }),
      );
      expect(() => parseArgs(["-C", "x", ...words, "-h"], ours)).toThrow(message);
    }
  });

  it("refuses --remote by name, and shows it: without it, the SDK tells people to upgrade", () => {
    const preview = commands.find(({ path }) => path.join(" ") === "preview")!;
    expect(helpText(preview, ours)).toMatch(/--remote +Refused: only Pulumi Cloud/);
    expect(() => parseArgs(["preview", "--remote"], ours)).toThrow(
      "flag --remote is not supported by the embedded engine of `pulumi preview`",
    );
  });

  it("has no flag letter twice in one command", () => {
    for (const command of commands) {
      const letters = Object.values({ ...globalFlags, ...command.flags }).flatMap(({ short }) => short ?? []);
      expect([command.path, letters.toSorted()]).toEqual([command.path, [...new Set(letters)].toSorted()]);
    }
  });

  it("loads every command", async () => {
    for (const command of commands) expect(await command.load(), command.path.join(" ")).toBeTypeOf("function");
  });
});
