// Resource options, one by one.
import pulumi from "@pulumi/pulumi";
import random from "@pulumi/random";
import { Box, Pair, Thing } from "../cloud.ts";
import { type Scenario, say } from "../scenario.ts";

export const options: readonly Scenario[] = [
  {
    name: "protect-refuses-deletion",
    steps: [
      { run: "up", program: async () => void new Thing("a", {}, { protect: true }) },
      { run: "up", program: async () => {} },
      { run: "up", program: async () => void new Thing("a", { kind: "y" }, { protect: true }) },
      { run: "destroy" },
      { run: "up", program: async () => void new Thing("a", {}, { protect: false }) },
      { run: "destroy" },
    ],
  },
  {
    name: "ignore-changes",
    steps: [
      { run: "up", program: async () => void new Thing("a", { value: { x: 1, y: 1 } }) },
      {
        run: "up",
        program: async () => void new Thing("a", { value: { x: 2, y: 1 } }, { ignoreChanges: ["value.x"] }),
      },
      {
        run: "up",
        program: async () => void new Thing("a", { value: { x: 3, y: 2 } }, { ignoreChanges: ["value.x"] }),
      },
      { run: "up", program: async () => void new Thing("a", { kind: "z", value: 1 }, { ignoreChanges: ["*"] }) },
    ],
  },
  {
    name: "replace-on-changes",
    steps: [
      { run: "up", program: async () => void new Thing("a", { value: { x: 1 } }, { replaceOnChanges: ["value.x"] }) },
      {
        run: "up",
        program: async () => void new Thing("a", { value: { x: 1, y: 2 } }, { replaceOnChanges: ["value.x"] }),
      },
      { run: "up", program: async () => void new Thing("a", { value: { x: 2 } }, { replaceOnChanges: ["value.x"] }) },
      { run: "up", program: async () => void new Thing("a", { value: 1 }, { replaceOnChanges: ["*"] }) },
    ],
  },
  {
    name: "alias-of-a-name",
    steps: [
      { run: "up", program: async () => void new Thing("old") },
      {
        run: "up",
        program: async () => void new Thing("new", {}, { aliases: [{ name: "old" }], ignoreChanges: ["name"] }),
      },
      { run: "up", program: async () => void new Thing("new", {}, { ignoreChanges: ["name"] }) },
    ],
  },
  {
    name: "alias-of-a-parent",
    steps: [
      { run: "up", program: async () => void new random.RandomPet("child") },
      {
        run: "up",
        program: async () => {
          const pair = new Pair("p");
          new random.RandomPet("child", {}, { parent: pair, aliases: [{ parent: pulumi.rootStackResource }] });
        },
      },
    ],
  },
  {
    name: "alias-of-a-component-reaches-its-children",
    steps: [
      { run: "up", program: async () => void new Pair("old") },
      {
        run: "up",
        program: async () => {
          const pair = new Pair("new", {}, { aliases: [{ name: "old" }] });
          return { serial: pair.thing.serial };
        },
      },
    ],
  },
  {
    name: "alias-by-urn",
    steps: [
      { run: "up", program: async () => void new random.RandomPet("old") },
      {
        run: "up",
        program: async () =>
          void new random.RandomPet(
            "new",
            {},
            { aliases: ["urn:pulumi:dev::contract::random:index/randomPet:RandomPet::old"] },
          ),
      },
    ],
  },
  {
    name: "retain-on-delete",
    steps: [
      { run: "up", program: async () => void new Thing("a", { kind: "x" }, { retainOnDelete: true }) },
      { run: "up", program: async () => void new Thing("a", { kind: "y" }, { retainOnDelete: true }) },
      { run: "up", program: async () => {} },
    ],
  },
  {
    name: "deleted-with",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a");
          const b = new Thing("b", {}, { deletedWith: a });
          // Which of two goes first is not said of those that do not need each other.
          new Thing("c", {}, { dependsOn: [a, b] });
        },
      },
      { run: "up", program: async () => void new Thing("a") },
      {
        run: "up",
        program: async () => {
          const a = new Thing("a");
          new Thing("b", {}, { deletedWith: a });
        },
      },
      { run: "destroy" },
    ],
  },
  {
    name: "additional-secret-outputs",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", { value: "v" }, { additionalSecretOutputs: ["serial"] });
          const pet = new random.RandomPet("pet", {}, { additionalSecretOutputs: ["separator"] });
          return { serial: a.serial, value: a.value, separator: pet.separator };
        },
      },
      { run: "up" },
    ],
  },
  {
    name: "explicit-provider",
    steps: [
      {
        run: "up",
        program: async () => {
          const provider = new random.Provider("mine");
          new random.RandomPet("pet", {}, { provider });
          new Pair("p", {}, { providers: [provider] });
        },
      },
      {
        run: "up",
        program: async () => {
          const provider = new random.Provider("other");
          new random.RandomPet("pet", {}, { provider });
        },
      },
    ],
  },
  {
    name: "custom-timeouts",
    steps: [
      {
        run: "up",
        program: async () => void new Thing("a", {}, { customTimeouts: { create: "5m", delete: "1h30s" } }),
      },
      { run: "up", program: async () => void new Thing("a", {}, { customTimeouts: { update: "10s" } }) },
    ],
  },
  {
    name: "custom-timeouts-of-every-form",
    steps: ["soon", "10", "1h30m5s"].map((create) => ({
      run: "up",
      program: async () => {
        const first = new Thing("first");
        const customTimeouts = { create, update: "1.5h", delete: "500ms" };
        new Thing("a", {}, { dependsOn: first, customTimeouts });
      },
    })),
  },
  {
    name: "names-that-hold-what-divides-urns",
    steps: [
      {
        run: "up",
        program: async () => {
          const telling = new pulumi.ResourceHook("telling", ({ name, type }) => say(`${name} of ${type}`));
          const a = new Thing("a::b", { value: 1 }, { hooks: { beforeCreate: [telling] } });
          new Thing("c$d", { value: a.value }, { parent: a });
        },
      },
      {
        run: "up",
        program: async () => void new Thing("renamed", { value: 1 }, { aliases: [{ name: "a::b" }] }),
      },
    ],
  },
  {
    name: "what-transforms-see-of-inherited-options",
    steps: [
      {
        run: "up",
        program: async () => {
          const seeing = (name: string): pulumi.CustomResourceOptions => ({
            transforms: [
              ({ opts }) => {
                say(`${name}: protect ${opts.protect}, retainOnDelete ${opts.retainOnDelete}`);
                return undefined;
              },
            ],
          });
          const open = new Box("open");
          new Thing("a", {}, { parent: open, ...seeing("a") });
          const closed = new Box("closed", {}, { protect: false, retainOnDelete: true });
          new Thing("b", {}, { parent: closed, ...seeing("b") });
        },
      },
    ],
  },
  {
    name: "provider-inside-a-component",
    steps: [
      {
        run: "up",
        program: async () => {
          const box = new Box("box");
          const provider = new random.Provider("p", {}, { parent: box });
          new random.RandomPet("pet", {}, { parent: box, provider });
        },
      },
      { run: "up" },
      { run: "destroy" },
    ],
  },
];
