// `tutti new`, as a user runs it: one of each kind in a small workspace, then its own tests and one run of the compiler.
// Stacks of the workspace are of random resources alone: the compiler reads no cloud's types.
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { main } from "../../automation/cli.ts";
import { createFixture, type Fixture, silentWorld, snapshot } from "./fixture.ts";

const repository = path.join(import.meta.dirname, "../..");
let fixture: Fixture;
beforeAll(() => {
  fixture = createFixture();
  rmSync(path.join(fixture.root, "stacks/files"), { recursive: true });
  fixture.write(
    "stacks/workspace.ts",
    `import { defineEnvironment, defineWorkspace, env } from "../automation/define.ts";
import { app } from "./app/contract.ts";
import { base } from "./base/contract.ts";

export default defineWorkspace({
  stacks: [base, app], // in order
  environments: {
    local: defineEnvironment({ cloud: "sandbox" }),
    real: defineEnvironment({ cloud: "real", backend: env("STATE_URL"), settings: { base: { words: 3 } } }),
  },
});
`,
  );
  const { compilerOptions } = { compilerOptions: { tsBuildInfoFile: null, incremental: false } };
  fixture.write(
    "tsconfig.json",
    JSON.stringify({
      extends: path.join(repository, "tsconfig.json"),
      compilerOptions,
      include: ["stacks", "components", "test"],
    }),
  );
});
afterAll(() => fixture.remove());

/** Everything that is ours to change. */
const files = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    ["stacks", "components", "test"].flatMap((folder) => {
      const at = path.join(fixture.root, folder);
      return existsSync(at) ? Object.entries(snapshot(at)).map(([name, text]) => [`${folder}/${name}`, text]) : [];
    }),
  );

it("adds a stack, a task, a component, an environment and a project whose tests pass and which compile", async () => {
  const before = files();
  // A folder is loaded once in a process: each command is a process of its own, as for a user.
  for (const args of [
    ["stack", "order-book", "--needs", "base,app"],
    ["task", "fill-shelves", "--needs", "base"],
    ["component", "queue"],
    ["environment", "qa"],
  ]) {
    const { code, stderr } = await fixture.tutti(["new", ...args]);
    expect([args.join(" "), code, stderr]).toEqual([
      args.join(" "),
      0,
      expect.stringMatching(/^try it: npx node --test test\//),
    ]);
  }
  const after = files();
  expect(
    Object.keys(after)
      .filter((name) => before[name] === undefined)
      .sort(),
  ).toEqual([
    "components/queue.ts",
    "stacks/fill-shelves/contract.ts",
    "stacks/fill-shelves/task.ts",
    "stacks/order-book/contract.ts",
    "stacks/order-book/program.ts",
    "test/components/queue.test.ts",
    "test/environments/qa.test.ts",
    "test/stacks/fill-shelves.test.ts",
    "test/stacks/order-book.test.ts",
  ]);
  expect(Object.keys(before).filter((name) => before[name] !== after[name])).toEqual(["stacks/workspace.ts"]);

  const tests = ["stacks/order-book", "stacks/fill-shelves", "components/queue", "environments/qa"].map(
    (name) => `test/${name}.test.ts`,
  );
  const ran = spawnSync(process.execPath, ["--test", ...tests], {
    cwd: fixture.root,
    encoding: "utf8",
    env: { PATH: process.env["PATH"]!, HOME: fixture.root },
  });
  expect(ran.stdout + ran.stderr).toMatch(/pass 4\b/);
  expect(ran.status).toBe(0);

  // An existing project, last: one that no sandbox runs.
  fixture.write("shop/Pulumi.yaml", "name: acme-shop\nruntime: python\n");
  fixture.write("shop/Pulumi.shop-real.yaml", "config: {}\n");
  const untouched = snapshot(path.join(fixture.root, "shop"));
  const added = await fixture.tutti(["new", "project", "web-shop", "--dir", "../shop", "--needs", "order-book"], {
    cwd: "stacks",
  });
  expect([added.code, added.stdout, added.stderr]).toEqual([
    0,
    "new stacks/web-shop/contract.ts\nnew test/stacks/web-shop.test.ts\nchanged stacks/workspace.ts\n",
    "note: a sandbox runs Node.js projects only, and this one is in python: write except: [webShop] in local and qa\n" +
      "try it: npx node --test test/stacks/web-shop.test.ts\n",
  ]);
  const contract = fixture.read("stacks/web-shop/contract.ts");
  expect(contract).toContain(`  dir: "shop",\n  stack: "shop-{environment}",\n  needs: { orderBook },\n`);
  const itsTest = () =>
    spawnSync(process.execPath, ["--test", "test/stacks/web-shop.test.ts"], {
      cwd: fixture.root,
      encoding: "utf8",
      env: { PATH: process.env["PATH"]!, HOME: fixture.root },
    });
  expect(itsTest().stdout).toMatch(/pass 1\b/);
  fixture.write("stacks/web-shop/contract.ts", contract.replace("{environment}", "{env}"));
  expect(itsTest().stdout).toMatch(/fail 1\b/);
  fixture.write("stacks/web-shop/contract.ts", contract);
  expect(snapshot(path.join(fixture.root, "shop"))).toEqual(untouched);

  const compiled = spawnSync(
    process.execPath,
    [path.join(repository, "node_modules/typescript/bin/tsc"), "-p", fixture.root],
    { encoding: "utf8" },
  );
  expect(compiled.stdout).toBe("");
}, 240_000);

it("refuses what cannot be, with what could, and writes nothing", async () => {
  const before = files();
  const refused = async (...args: string[]): Promise<string> => {
    const world = silentWorld(fixture.root);
    expect(await main(["new", ...args], world), args.join(" ")).toBe(2);
    return world.err();
  };
  expect(await refused("stack", "OrderBook")).toContain(`did you mean "orderbook"?`);
  expect(await refused("stack", "base")).toBe(
    `tutti: there is a stack named "base" already\n  there are: app, base, fill-shelves, order-book, web-shop\n`,
  );
  expect(await refused("stack", "class")).toContain("a word of the language");
  expect(await refused("stack", "billing", "--needs", "bse")).toBe(
    `tutti: no stack is named "bse"; did you mean "base"?\n`,
  );
  expect(await refused("component", "queue")).toContain(
    "components/queue.ts is there already; nothing is written over",
  );
  expect(await refused("component", "topic", "--needs", "base")).toContain(
    "--needs is for a stack, a task or a project, not for a component",
  );
  expect(await refused("environment", "eu", "--like", "reall")).toContain(`did you mean "real"?`);
  expect(await refused("project", "payments")).toBe(
    "tutti: there is no Pulumi.yaml in payments\n  say where the project is: tutti new project payments --dir <folder>\n",
  );
  expect(await refused("project", "payments", "--dir", ".")).toContain(`"dir" is the workspace itself`);
  expect(await refused("project", "payments", "--dir", "shop", "--stack", "shop-{env}")).toContain(
    `"stack" has {env}; what can stand there is {environment} and {instance}`,
  );
  expect(await refused("stack", "payments", "--dir", "shop")).toContain("--dir is for a project, not for a stack");
  expect(await refused("stack")).toBe("tutti: no name for the stack\n  write: tutti new stack <name>\n");
  expect(await refused("stck", "x")).toContain(`"stck"; did you mean "stack"?`);
  expect(files()).toEqual(before);
});

it("asks on a terminal for what was not said, and only shows it with --dry-run", async () => {
  const before = files();
  const asked: string[] = [];
  const answers = ["billing", "base"];
  const quiet = silentWorld(fixture.root);
  const world = Object.assign(quiet, {
    canAsk: true,
    ask: async (question: string) => {
      asked.push(question);
      return answers.shift();
    },
  });
  expect(await main(["new", "stack", "--dry-run"], world)).toBe(0);
  expect(asked).toEqual(["name of the stack? ", "stacks it needs, with commas? "]);
  expect(world.out()).toContain(`--- stacks/billing/contract.ts (new)`);
  expect(world.out()).toContain(`  needs: { base },\n`);
  expect(world.out()).toContain(`--- stacks/workspace.ts (changed)`);
  expect(world.err()).toBe("nothing was written\n");
  answers.push("other-shop", "", "shop", "");
  const second = Object.assign(silentWorld(fixture.root), { canAsk: true, ask: world.ask });
  expect(await main(["new", "project", "--dry-run"], second)).toBe(0);
  expect(asked.slice(2)).toEqual([
    "name of the project? ",
    "stacks it needs, with commas? ",
    "folder of its Pulumi.yaml? (other-shop) ",
    "what Pulumi calls its stacks? (as its files say) ",
  ]);
  const shown = async (...args: string[]): Promise<string> => {
    const one = silentWorld(fixture.root);
    expect(await main(["new", "environment", ...args, "--dry-run"], one), one.err()).toBe(0);
    return one.out();
  };
  expect(await shown("staging", "--cloud", "real")).toContain(
    `    staging: defineEnvironment({ cloud: "real", backend: env("STAGING_STATE_URL") }),\n`,
  );
  expect(await shown("twin", "--like", "real")).toContain(
    `    twin: defineEnvironment({ cloud: "real", backend: env("STATE_URL"), settings: { base: { words: 3 } } }),\n`,
  );
  expect(files()).toEqual(before);
});
