// What functions of the program make of the state before it is compared: in all they may do, and in each thing they may not.
import { describe, expect, it } from "vitest";
import type { StateMigration } from "../../../engine/deployment/source.ts";
import { type PropertyMap, Secret } from "../../../engine/values.ts";
import { type Api, goal, type Program, stackUrn, TestStack, thingUrn } from "./support.ts";

type Json = { urn: string; parent?: string; [field: string]: unknown };

/** A migration as a program writes it, on objects. */
const migration =
  (change: (states: Json[]) => { states: Json[]; successors?: Record<string, string> } | undefined): StateMigration =>
  async (_urn, states) => {
    const answer = change(JSON.parse(states) as Json[]);
    return (
      answer && { states: JSON.stringify(answer.states), successors: new Map(Object.entries(answer.successors ?? {})) }
    );
  };

const group = "urn:pulumi:dev::proj::my:index:Group::g";
const inGroup = (name: string) => thingUrn(name, "my:index:Group$");

/** A component with two things, one of them secret, and a thing beside it that depends on the first. */
const program =
  (
    children: readonly string[],
    stateMigrations: readonly StateMigration[] = [],
    inputs: PropertyMap = { size: 1 },
  ): Program =>
  async (stack) => {
    const { urn: parent } = await stack.component("g", { stateMigrations });
    for (const name of children)
      await stack.thing(name, name === "b" ? { key: new Secret("keep") } : inputs, { parent });
    await stack.thing("other", { of: "a" }, { dependencies: [inGroup(children[0]!)] });
  };

async function made(): Promise<TestStack> {
  const stack = new TestStack();
  expect((await stack.up(program(["a", "b"]))).result).toBe("succeeded");
  stack.cloud.calls.length = 0;
  return stack;
}

/** Gives a thing of the group another name. */
const rename = (from: string, to: string) =>
  migration((states) => ({
    states: states.map((state) => (state.urn === inGroup(from) ? { ...state, urn: inGroup(to) } : state)),
    successors: { [inGroup(from)]: inGroup(to) },
  }));

describe("a migration of the state", () => {
  it("is given the resource first, all below it, and secrets in plain text", async () => {
    const stack = await made();
    const seen: Json[][] = [];
    const looking = migration((states) => void seen.push(states));
    expect((await stack.up(program(["a", "b"], [looking]))).changes).toEqual({ same: 5 });
    expect(seen[0]?.map(({ urn }) => urn)).toEqual([group, inGroup("a"), inGroup("b")]);
    expect(JSON.stringify(seen[0]?.[2]?.["inputs"])).toContain('"plaintext":"\\"keep\\""');
  });

  it("renames without replacing, and what depends on it goes along", async () => {
    const stack = await made();
    const run = await stack.up(program(["new", "b"], [rename("a", "new")]));
    expect([run.result, run.changes, stack.cloud.calls]).toEqual(["succeeded", { same: 5 }, []]);
    expect(stack.state("other")?.dependencies).toEqual([inGroup("new")]);
    expect(stack.state("b")?.inputs["key"]).toEqual(new Secret("keep"));
    // A program that still has the migration finds nothing to do.
    const again = migration((states) => (states.some(({ urn }) => urn === inGroup("a")) ? { states } : undefined));
    expect((await stack.up(program(["new", "b"], [again]))).changes).toEqual({ same: 5 });
  });

  it("hands its result to the next, by way of which a URN is followed", async () => {
    const stack = await made();
    // Without a target, what depends on it is as the state has it.
    const targets = [inGroup("last")];
    const run = await stack.up(program(["last", "b"], [rename("a", "then"), rename("then", "last")]), { targets });
    expect([run.result, stack.cloud.calls]).toEqual(["succeeded", []]);
    expect(stack.state("other")?.dependencies).toEqual([inGroup("last")]);
  });

  it("changes what the update is compared with", async () => {
    const stack = await made();
    const grown = migration((states) => ({
      states: states.map((state) => (state.urn === inGroup("a") ? { ...state, inputs: { size: 2 } } : state)),
    }));
    const run = await stack.up(program(["a", "b"], [grown], { size: 2 }));
    expect([run.changes, stack.cloud.calls]).toEqual([{ same: 5 }, []]);
  });

  it("puts a component between, which need not have been there", async () => {
    const stack = await made();
    const inner = "urn:pulumi:dev::proj::my:index:Group$my:index:Group::inner";
    const moved = thingUrn("a", "my:index:Group$my:index:Group$");
    const nest = migration(([root, a, b]) => ({
      states: [root!, { urn: inner, type: "my:index:Group", parent: group }, { ...a!, urn: moved, parent: inner }, b!],
      successors: { [inGroup("a")]: moved },
    }));
    const run = await stack.up(async (api) => {
      const { urn: parent } = await api.component("g", { stateMigrations: [nest] });
      const { urn: nested } = await api.component("inner", { parent });
      await api.thing("a", { size: 1 }, { parent: nested });
      await api.thing("b", { key: new Secret("keep") }, { parent });
      await api.thing("other", { of: "a" }, { dependencies: [moved] });
    });
    expect([run.result, stack.cloud.calls]).toEqual(["succeeded", []]);
  });

  it("is kept when the update fails, and not when it is a preview", async () => {
    const stack = await made();
    expect((await stack.preview(program(["new", "b"], [rename("a", "new")]))).changes).toEqual({ same: 5 });
    expect(stack.state("a")).toBeDefined();
    stack.cloud.fail.push("update:new");
    expect((await stack.up(program(["new", "b"], [rename("a", "new")], { size: 3 }))).result).toBe("failed");
    expect([stack.state("a"), stack.state("new")?.inputs]).toEqual([undefined, { size: 1 }]);
  });

  it("is not given what waits for its deletion", async () => {
    const stack = await made();
    stack.cloud.fail.push("delete:a");
    await stack.up(program(["a", "b"], [], { force: 1 }));
    expect(stack.order.filter((name) => name.startsWith("a"))).toEqual(["a", "a*"]);
    const seen: Json[][] = [];
    await stack.up(program(["a", "b"], [migration((states) => void seen.push(states))], { force: 1 }));
    expect(seen[0]?.map(({ urn }) => urn)).toEqual([group, inGroup("a"), inGroup("b")]);
  });

  it("may give its states in any order: what goes is deleted after what needs it", async () => {
    const stack = new TestStack();
    const grouped = (names: readonly string[], stateMigrations: readonly StateMigration[]) => async (api: Api) => {
      const { urn: parent } = await api.component("g", { stateMigrations });
      for (const name of names) await api.thing(name, {}, { parent, dependencies: name === "b" ? [inGroup("a")] : [] });
    };
    await stack.up(grouped(["a", "b"], []));
    stack.cloud.calls.length = 0;
    stack.cloud.fail.push("delete:b");
    const turned = migration(([root, a, b]) => ({ states: [root!, b!, a!] }));
    expect((await stack.up(grouped([], [turned]))).result).toBe("failed");
    expect(stack.cloud.calls).toEqual(["delete:b"]);
  });

  it("does not change a provider", async () => {
    const stack = new TestStack();
    const withProvider =
      (stateMigrations: readonly StateMigration[] = []): Program =>
      async (api) => {
        const { urn: parent } = await api.component("g", { stateMigrations });
        const provider = { type: "pulumi:providers:test", name: "p", inputs: { region: "here" } };
        await api.registrar.registerResource(goal({ ...provider, parent }));
      };
    await stack.up(withProvider());
    const moved = migration(([root, provider]) => ({ states: [root!, { ...provider!, inputs: { region: "there" } }] }));
    const run = await stack.up(withProvider([moved]));
    expect(run.messages.join("\n")).toContain(`the provider '${stack.state("p")?.urn}' must stay as it is`);
    expect(stack.state("p")?.inputs).toEqual({ region: "here" });
  });

  it("cannot let two become one that have the same id", async () => {
    const stack = await made();
    const { id } = stack.state("a")!;
    const resources = stack.contents.resources.map((state) => (state.urn === inGroup("b") ? { ...state, id } : state));
    stack.contents = { ...stack.contents, resources };
    const joined = migration(([root, a]) => ({ states: [root!, a!], successors: { [inGroup("b")]: inGroup("a") } }));
    const run = await stack.up(program(["a"], [joined]));
    const places = `both '${inGroup("a")}' and '${inGroup("b")}'`;
    expect(run.messages.join("\n")).toContain(`'${inGroup("a")}' cannot take the place of ${places}`);
    expect(stack.state("b")).toBeDefined();
  });

  it("comes after what was read as the program registered it, and lets that be replaced", async () => {
    const stack = new TestStack();
    const beside =
      (force: number, ...rest: Parameters<typeof program>): Program =>
      async (api) => {
        await api.thing("z", { force });
        await program(...rest)(api);
      };
    await stack.up(beside(1, ["a", "b"]));
    const run = await stack.up(beside(2, ["new", "b"], [rename("a", "new")]), { refreshes: true });
    expect(run.messages).toEqual([]);
    expect(stack.cloud.calls.slice(-2)).toEqual(["create:z", "delete:z"]);
  });

  it("does not run where there was nothing", async () => {
    const never = migration(() => {
      throw new Error("called");
    });
    expect((await new TestStack().up(program(["a", "b"], [never]))).result).toBe("succeeded");
  });

  const change = (name: string, fields: object) => (states: Json[]) => ({
    states: states.map((state) => (state.urn === inGroup(name) ? { ...state, ...fields } : state)),
  });
  const cases: readonly (readonly [string, Parameters<typeof migration>[0], string])[] = [
    [
      "lose a resource",
      ([root, a]) => ({ states: [root!, a!] }),
      `'${inGroup("b")}' is neither there nor has a successor`,
    ],
    [
      "name a successor that is not there",
      ([root, a]) => ({ states: [root!, a!], successors: { [inGroup("b")]: inGroup("c") } }),
      `'${inGroup("c")}', the successor of '${inGroup("b")}', is not there`,
    ],
    [
      "let two become one",
      ([root, a]) => ({ states: [root!, { ...a!, id: "id-2" }], successors: { [inGroup("b")]: inGroup("a") } }),
      `id of '${inGroup("a")}' must stay "id-1", got "id-2"`,
    ],
    [
      "have a successor beside what it succeeds",
      (states) => ({ states, successors: { [inGroup("b")]: inGroup("a") } }),
      `'${inGroup("b")}' is there and has a successor`,
    ],
    ["say a URN twice", (states) => ({ states: [...states, states[1]!] }), "newState holds a URN twice"],
    ["change an id", change("a", { id: "stolen" }), `id of '${inGroup("a")}' must stay "id-1", got "stolen"`],
    ["protect", change("a", { protect: true }), `protect of '${inGroup("a")}' must stay false, got true`],
    [
      "invent a resource",
      (states) => ({ states: [...states, { ...states[1]!, urn: inGroup("c"), id: "id-9" }] }),
      `'${inGroup("c")}' was not there: it has to be imported`,
    ],
    [
      "move one elsewhere",
      change("a", { parent: stackUrn }),
      `'${inGroup("a")}' must stay below '${group}', got parent '${stackUrn}'`,
    ],
    [
      "show a secret",
      change("b", { inputs: { key: "keep" } }),
      `'${inGroup("b")}' would hold in plain text what was a secret before`,
    ],
    [
      "show a secret elsewhere",
      change("a", { outputs: { list: [{ note: "keep" }] } }),
      `'${inGroup("a")}' would hold in plain text what was a secret before`,
    ],
    ["answer no state", () => ({ states: [{ urn: group }] }), `resource '${group}' missing required 'type' field`],
  ];
  it.each(cases)("may not %s: nothing is changed then", async (_, changing, message) => {
    const stack = await made();
    const before = stack.contents.resources;
    const run = await stack.up(program(["a", "b"], [migration(changing)], { size: 2 }));
    expect(run.result).toBe("failed");
    expect(run.messages.join("\n")).toContain(`the state migration of '${group}' cannot be applied: ${message}`);
    expect([stack.cloud.calls, stack.contents.resources.map(({ urn }) => urn).sort()]).toEqual([
      [],
      before.map(({ urn }) => urn).sort(),
    ]);
  });
});

it("asks the provider whether a resource exists, and registers nothing", async () => {
  const stack = await made();
  const found: boolean[] = [];
  const run = await stack.preview(async ({ registrar }) => {
    const asked = { type: "test:index:Thing", parent: "", inputs: {}, provider: "", version: "1.2.3" };
    for (const id of ["id-1", "id-77"]) {
      found.push(await registrar.existsResource({ ...asked, id, pluginDownloadUrl: "" }));
    }
  });
  expect(run.result).toBe("succeeded");
  expect(found).toEqual([true, false]);
});
