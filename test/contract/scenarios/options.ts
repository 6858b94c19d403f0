// Resource options, one by one.
import pulumi from "@pulumi/pulumi";
import random from "@pulumi/random";
import { Pair, Thing } from "../cloud.ts";
import type { Scenario } from "../scenario.ts";

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
];
