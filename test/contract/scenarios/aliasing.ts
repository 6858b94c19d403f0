// Aliases in all their forms, and what they meet.
import pulumi from "@pulumi/pulumi";
import random from "@pulumi/random";
import { Box, Pair, Thing } from "../cloud.ts";
import { PROJECT, pet, type Scenario, thing } from "../scenario.ts";

class Group extends pulumi.ComponentResource {
  constructor(type: string, name: string, options: pulumi.ComponentResourceOptions = {}) {
    super(type, name, {}, options);
  }
}
const petIn = (name: string, parent: pulumi.Resource, options: pulumi.CustomResourceOptions = {}) =>
  new random.RandomPet(name, {}, { ...options, parent });

/** The box called "box", as of another type: its children have its type in their URNs. */
const renamedBox = () =>
  new pulumi.ComponentResource("contract:index:Case", "box", {}, { aliases: [{ type: "contract:index:Box" }] });

export const aliasing: readonly Scenario[] = [
  {
    name: "alias-of-a-provider-beside-a-target",
    steps: [
      {
        run: "up",
        program: async () => {
          new random.RandomPet("pet", {}, { provider: new random.Provider("old") });
          new Thing("a", { value: 1 });
        },
      },
      {
        run: "up",
        program: async () => {
          const provider = new random.Provider("new", {}, { aliases: [{ name: "old" }] });
          new random.RandomPet("pet", {}, { provider });
          new Thing("a", { value: 2 });
        },
        options: { target: [thing("a")] },
      },
    ],
  },
  {
    name: "alias-of-a-type",
    steps: [
      { run: "up", program: async () => void petIn("child", new Group("contract:index:Old", "g")) },
      {
        run: "up",
        program: async () =>
          void petIn("child", new Group("contract:index:New", "g", { aliases: [{ type: "contract:index:Old" }] })),
      },
      { run: "up", program: async () => void petIn("child", new Group("contract:index:New", "g")) },
    ],
  },
  {
    name: "alias-of-no-parent",
    steps: [
      { run: "up", program: async () => void new random.RandomPet("child") },
      {
        run: "up",
        program: async () =>
          void petIn("child", new Group("contract:index:G", "g"), { aliases: [{ parent: undefined }] }),
      },
    ],
  },
  {
    name: "alias-of-name-and-parent",
    steps: [
      { run: "up", program: async () => void petIn("old", new Group("contract:index:G", "before")) },
      {
        run: "up",
        program: async () =>
          void petIn("new", new Group("contract:index:G", "after"), {
            aliases: [{ name: "old", parent: `urn:pulumi:dev::${PROJECT}::contract:index:G::before` }],
          }),
      },
    ],
  },
  {
    name: "alias-of-two-generations",
    steps: [
      { run: "up", program: async () => void new random.RandomPet("first") },
      { run: "up", program: async () => void new random.RandomPet("second", {}, { aliases: [{ name: "first" }] }) },
      {
        run: "up",
        program: async () =>
          void new random.RandomPet("third", {}, { aliases: [{ name: "second" }, { name: "first" }] }),
      },
      { run: "up" },
    ],
  },
  {
    name: "alias-that-two-resources-claim",
    steps: [
      { run: "up", program: async () => void new random.RandomPet("old") },
      {
        run: "up",
        program: async () => {
          const a = new random.RandomPet("a", {}, { aliases: [{ name: "old" }] });
          new random.RandomPet("b", {}, { aliases: [{ name: "old" }], dependsOn: a });
        },
      },
    ],
  },
  {
    name: "alias-of-what-still-lives",
    steps: [
      { run: "up", program: async () => void new random.RandomPet("old") },
      {
        run: "up",
        program: async () => {
          const old = new random.RandomPet("old");
          new random.RandomPet("new", {}, { aliases: [{ name: "old" }], dependsOn: old });
        },
      },
    ],
  },
  {
    name: "alias-taken-before-the-original-comes",
    steps: [
      { run: "up", program: async () => void new random.RandomPet("old") },
      {
        run: "up",
        program: async () => {
          const fresh = new random.RandomPet("new", {}, { aliases: [{ name: "old" }] });
          new random.RandomPet("old", {}, { dependsOn: fresh });
        },
      },
    ],
  },
  {
    name: "alias-and-replacement-at-once",
    steps: [
      { run: "up", program: async () => void new random.RandomPet("old", { length: 2 }) },
      {
        run: "preview",
        program: async () => void new random.RandomPet("new", { length: 3 }, { aliases: [{ name: "old" }] }),
      },
      { run: "up" },
    ],
  },
  {
    name: "alias-and-a-dependent-that-stays",
    steps: [
      {
        run: "up",
        program: async () => {
          const p = new random.RandomPet("old");
          new Thing("b", { value: p.id }, { dependsOn: p });
        },
      },
      {
        run: "up",
        program: async () => {
          const p = new random.RandomPet("new", {}, { aliases: [{ name: "old" }] });
          new Thing("b", { value: p.id }, { dependsOn: p });
        },
      },
      { run: "destroy" },
    ],
  },
  {
    name: "alias-of-a-provider",
    steps: [
      {
        run: "up",
        program: async () => void new random.RandomPet("pet", {}, { provider: new random.Provider("old") }),
      },
      {
        run: "up",
        program: async () => {
          const provider = new random.Provider("new", {}, { aliases: [{ name: "old" }] });
          new random.RandomPet("pet", {}, { provider });
        },
      },
    ],
  },
  {
    name: "alias-reaches-grandchildren",
    steps: [
      {
        run: "up",
        program: async () => {
          const outer = new Group("contract:index:Outer", "old");
          petIn("leaf", new Group("contract:index:Inner", "old-inner", { parent: outer }));
        },
      },
      {
        run: "up",
        program: async () => {
          const outer = new Group("contract:index:Outer", "new", { aliases: [{ name: "old" }] });
          petIn("leaf", new Group("contract:index:Inner", "new-inner", { parent: outer }));
        },
      },
    ],
  },
  {
    name: "alias-of-another-project-and-stack",
    steps: [
      { run: "up", program: async () => void new random.RandomPet("p") },
      {
        run: "up",
        program: async () =>
          void new random.RandomPet("q", {}, { aliases: [{ project: "elsewhere", name: "p" }, { stack: "other" }] }),
      },
    ],
  },
  {
    name: "alias-under-a-target",
    steps: [
      {
        run: "up",
        program: async () => {
          new random.RandomPet("old");
          new random.RandomPet("other", { length: 2 });
        },
      },
      {
        run: "up",
        program: async () => {
          new random.RandomPet("new", {}, { aliases: [{ name: "old" }] });
          new random.RandomPet("other", { length: 3 });
        },
        options: { target: [pet("other")] },
      },
      { run: "up" },
    ],
  },
  {
    name: "child-moves-to-another-component",
    steps: [
      {
        run: "up",
        program: async () => {
          const from = new Pair("from");
          new Pair("to");
          petIn("mover", from);
        },
      },
      {
        run: "up",
        program: async () => {
          const from = new Pair("from");
          petIn("mover", new Pair("to"), { aliases: [{ parent: from }] });
        },
      },
      { run: "destroy" },
    ],
  },
  {
    name: "alias-of-a-parent-that-was-renamed",
    steps: [
      { run: "up", program: async () => void new Thing("a", {}, { parent: new Box("box") }) },
      {
        run: "up",
        program: async () => {
          const box = renamedBox();
          new Thing("a", {}, { aliases: [{ parent: box }] });
        },
      },
    ],
  },
  {
    name: "alias-of-parent-and-child-at-once",
    steps: [
      { run: "up", program: async () => void new Thing("a", {}, { parent: new Box("box") }) },
      {
        run: "up",
        program: async () => {
          const box = renamedBox();
          const alias = `urn:pulumi:dev::${PROJECT}::contract:index:Case$pulumi-nodejs:dynamic/cloud:Thing::a`;
          new Thing("b", {}, { parent: box, aliases: [alias] });
        },
      },
    ],
  },
  {
    name: "alias-of-another-stack-is-none-of-this",
    steps: [
      { run: "up", program: async () => void new Thing("a") },
      { run: "up", program: async () => void new Thing("b", {}, { aliases: [{ name: "a", stack: "other" }] }) },
    ],
  },
  {
    name: "what-fails-below-and-beside-what-was-renamed",
    steps: [
      {
        run: "up",
        program: async () => {
          new Thing("in-box", { value: 1 }, { parent: new Box("box") });
          const a = new Thing("a");
          new Thing("b", { value: 1 }, { deletedWith: a });
          new Thing("c", { value: 1 }, { replaceWith: [a] });
        },
      },
      {
        run: "up",
        program: async () => {
          new Thing("in-box", { value: 2 }, { parent: renamedBox() });
          const a = new Thing("renamed", {}, { aliases: [{ name: "a" }] });
          new Thing("b", { value: 2 }, { deletedWith: a });
          new Thing("c", { value: 2 }, { replaceWith: [a] });
        },
        meanwhile: (cloud) => cloud.fail.push("update in-box", "update b", "update c"),
        options: { continueOnError: true },
      },
      {
        run: "up",
        meanwhile: (cloud) => {
          cloud.fail = [];
        },
      },
    ],
  },
  {
    name: "alias-that-two-resources-of-a-state-have",
    steps: [
      {
        run: "up",
        program: async () => {
          new Thing("a", { value: 1 });
          new Thing("b", { value: 1 });
        },
      },
      {
        run: "up",
        edit: (resources) => {
          for (const resource of resources)
            if (resource["id"] === "a-1" || resource["id"] === "b-1") resource["aliases"] = [thing("z")];
        },
        program: async () => {
          new Thing("a", { value: 2 });
          new Thing("b", { value: 2 });
        },
      },
    ],
  },
];
