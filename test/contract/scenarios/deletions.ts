// Who goes along, and who does not, when a resource is deleted before its replacement is created.
import pulumi from "@pulumi/pulumi";
import random from "@pulumi/random";
import { Bare, Box, type Cloud, Pair, Thing } from "../cloud.ts";
import { type Scenario, thing } from "../scenario.ts";

const first = (slot: string) => new Thing("a", { slot });
const kindOf = (on: Thing) => ({ kind: on.serial.apply(String) });

const goingAlong = (slot: string) => async () => {
  const a = first(slot);
  new Thing("named", {}, { replaceWith: [a] });
  new Pair("component", {}, { deletedWith: a });
  new Thing("deleted-with-it", {}, { deletedWith: new Thing("replaced", kindOf(a)) });
  new Bare("as-asked", { x: a.serial }, { replaceOnChanges: ["x"] });
};
const staying = (slot: string) => async () => {
  const a = first(slot);
  new Box("component", { x: a.serial });
  new random.RandomPet("ignoring", { keepers: { x: a.serial.apply(String) } }, { ignoreChanges: ["keepers"] });
  new Thing("after", { kind: "x" }, { dependsOn: a });
};
const waiting = (slot: string) => async () => {
  first(slot);
  new Thing("b", { kind: "own" });
};
const twice = (slot: string, kind: string) => async () =>
  void new Thing("b", { kind: first(slot).serial.apply((serial) => `${kind}${serial}`) });
/** Depends on what is replaced, and is replaced along with it unless it is of a kind of its own. */
const needing =
  (kind: string, own = kind) =>
  async () =>
    void new Thing("b", { kind: own }, { dependsOn: new Thing("a", { kind }) });
const fail = (operation: string) => (cloud: Cloud) => {
  cloud.fail = [operation];
};

export const deletions: readonly Scenario[] = [
  {
    name: "deleted-first-and-who-goes-along",
    steps: [
      { run: "up", program: goingAlong("1") },
      { run: "up", program: goingAlong("2") },
    ],
  },
  {
    name: "deleted-first-and-who-stays",
    steps: [
      { run: "up", program: staying("1") },
      {
        run: "refresh",
        meanwhile: ({ objects }) => {
          objects["after-1"]!["kind"] = "y";
        },
      },
      { run: "up", program: staying("2") },
    ],
  },
  {
    name: "deleted-first-after-its-dependents-left-it",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = first("1");
          new Thing("b", kindOf(a));
          new Thing("c", kindOf(a));
        },
      },
      {
        run: "up",
        program: async () => {
          const b = new Thing("b", { kind: "1" });
          const c = new Thing("renamed", { kind: "1" }, { aliases: [{ name: "c" }] });
          new Thing("a", { slot: "2" }, { dependsOn: [b, c] });
        },
      },
    ],
  },
  {
    name: "deleted-first-after-it-was-no-longer-named",
    steps: [
      { run: "up", program: async () => void new Thing("b", {}, { replaceWith: [first("1")] }) },
      { run: "up", program: async () => void new Thing("a", { slot: "2" }, { dependsOn: new Thing("b") }) },
    ],
  },
  {
    name: "deleted-first-beside-what-waits-for-its-deletion",
    steps: [
      { run: "up", program: async () => void new Thing("b", kindOf(first("1"))) },
      { run: "up", program: waiting("1"), meanwhile: (cloud) => cloud.fail.push("delete b") },
      {
        run: "up",
        program: waiting("2"),
        meanwhile: (cloud) => {
          cloud.fail = [];
        },
      },
    ],
  },
  {
    name: "deleted-first-with-what-waits-for-its-deletion",
    steps: [
      { run: "up", program: twice("1", "x") },
      { run: "up", program: twice("1", "y"), meanwhile: (cloud) => cloud.fail.push("delete b") },
      {
        run: "up",
        program: twice("2", "y"),
        meanwhile: (cloud) => {
          cloud.fail = [];
        },
      },
    ],
  },
  {
    name: "deleted-first-and-its-provider-is-another",
    steps: [
      {
        run: "up",
        program: async () =>
          void new random.RandomPet("pet", { keepers: { x: "1" } }, { provider: new random.Provider("mine") }),
      },
      {
        run: "up",
        program: async () => void new random.RandomPet("pet", { keepers: { x: "2" } }, { deleteBeforeReplace: true }),
      },
    ],
  },
  {
    name: "deleted-first-and-excluded",
    steps: [
      { run: "up", program: async () => void new Thing("b", kindOf(first("1"))) },
      { run: "up", program: async () => void first("2"), options: { exclude: [thing("b")] } },
    ],
  },
  {
    name: "deleted-first-and-what-is-excluded-needs-it",
    steps: [
      {
        run: "up",
        program: async () => {
          const b = new Thing("b", kindOf(first("1")));
          new Thing("c", { value: 1 }, { dependsOn: b });
        },
      },
      {
        run: "up",
        program: async () => {
          const a = first("2");
          const c = new Thing("c", { value: 2 }, { dependsOn: a });
          await new Promise((resolve) => c.urn.apply(resolve));
          new Thing("b", kindOf(a));
        },
        options: { exclude: [thing("c")] },
      },
    ],
  },
  {
    name: "deletion-fails-and-what-it-needs-indirectly-stays",
    steps: [
      {
        run: "up",
        program: async () => {
          const b = new Thing("b", {}, { dependsOn: new Thing("a") });
          new Thing("c", {}, { dependsOn: b });
        },
      },
      { run: "destroy", meanwhile: fail("delete c"), options: { continueOnError: true } },
    ],
  },
  {
    name: "deletion-of-what-lives-fails-beside-what-waits-for-its-deletion",
    steps: [
      { run: "up", program: needing("x") },
      { run: "up", program: needing("y", "x"), meanwhile: fail("delete a") },
      { run: "destroy", meanwhile: fail("delete b"), options: { continueOnError: true } },
    ],
  },
  {
    name: "deletion-of-what-waits-for-it-fails-beside-what-lives",
    steps: [
      { run: "up", program: needing("x") },
      { run: "up", program: needing("y"), meanwhile: fail("delete b") },
      {
        run: "destroy",
        edit: (resources) => {
          const living = resources.findIndex((each) => each["urn"] === thing("b") && !each["delete"]);
          (resources as unknown[]).splice(living, 1);
        },
        options: { continueOnError: true },
      },
    ],
  },
  {
    name: "destroy-spares-what-needs-a-component-but-not-what-comes-into-it-later",
    steps: [
      {
        run: "up",
        program: async () => {
          const parent = new Box("box");
          const urn = await new Promise<string>((resolve) => parent.urn.apply(resolve));
          const a = new Thing("a", {}, { dependsOn: new pulumi.DependencyResource(urn) });
          new Thing("later", {}, { parent, dependsOn: a });
        },
      },
      { run: "destroy", options: { exclude: [thing("a")] } },
    ],
  },
  {
    name: "deleted-first-and-what-is-excluded-needs-it-in-a-circle",
    steps: [
      {
        run: "up",
        program: async () => {
          const b = new Thing("b", kindOf(first("1")));
          new Thing("c", { value: 1 }, { dependsOn: new Thing("between", {}, { dependsOn: b }) });
        },
      },
      {
        run: "up",
        program: async () => {
          const a = first("2");
          const c = new Thing("c", { value: 2 }, { dependsOn: new Thing("between", {}, { dependsOn: a }) });
          new Thing("b", kindOf(a), { dependsOn: c });
        },
        options: { exclude: [thing("c"), thing("between")] },
      },
    ],
  },
];
