// Meetings of two features, and changes of what a resource is.
import pulumi from "@pulumi/pulumi";
import random from "@pulumi/random";
import { Pair, Thing } from "../cloud.ts";
import { type Scenario, thing } from "../scenario.ts";

export const more: readonly Scenario[] = [
  {
    name: "replace-on-changes-of-a-named-property",
    steps: [
      { run: "up", program: async () => void new random.RandomString("s", { length: 4, overrideSpecial: "" }) },
      {
        run: "up",
        program: async () =>
          void new random.RandomString("s", { length: 4 }, { replaceOnChanges: ["overrideSpecial"] }),
      },
    ],
  },
  {
    name: "update-of-a-random-resource",
    steps: [
      { run: "up", program: async () => void new random.RandomString("s", { length: 4, overrideSpecial: "" }) },
      { run: "preview", program: async () => void new random.RandomString("s", { length: 4 }) },
      { run: "up" },
    ],
  },
  {
    name: "ignore-changes-of-keepers",
    steps: [
      { run: "up", program: async () => void new random.RandomPet("p", { keepers: { a: "1", b: "1" } }) },
      {
        run: "up",
        program: async () =>
          void new random.RandomPet("p", { keepers: { a: "2", b: "1" } }, { ignoreChanges: ["keepers.a"] }),
      },
      {
        run: "up",
        program: async () =>
          void new random.RandomPet("p", { keepers: { a: "3", b: "2" } }, { ignoreChanges: ["keepers.a"] }),
      },
    ],
  },
  {
    name: "rename-without-alias",
    steps: [
      { run: "up", program: async () => void new Thing("old") },
      { run: "up", program: async () => void new Thing("new") },
    ],
  },
  {
    name: "type-changes-under-one-name",
    steps: [
      { run: "up", program: async () => void new Thing("same") },
      { run: "up", program: async () => void new random.RandomPet("same") },
    ],
  },
  {
    name: "component-becomes-a-custom-resource",
    steps: [
      { run: "up", program: async () => void new pulumi.ComponentResource("random:index/randomPet:RandomPet", "pet") },
      { run: "up", program: async () => void new random.RandomPet("pet") },
    ],
  },
  {
    name: "only-stack-outputs-change",
    steps: [
      { run: "up", program: async () => ({ a: 1, gone: "x" }) },
      { run: "preview", program: async () => ({ a: 2, fresh: pulumi.secret("s") }) },
      { run: "up" },
    ],
  },
  {
    name: "protect-of-a-component-reaches-its-children",
    steps: [
      { run: "up", program: async () => void new Pair("p", {}, { protect: true }) },
      { run: "up", program: async () => {} },
      { run: "up", program: async () => void new Pair("p") },
      { run: "up", program: async () => {} },
    ],
  },
  {
    name: "destroy-and-begin-again",
    steps: [
      { run: "up", program: async () => void new Thing("a") },
      { run: "destroy" },
      { run: "up" },
      { run: "refresh" },
    ],
  },
  {
    name: "delete-fails",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a");
          new Thing("b", { value: a.serial });
        },
      },
      { run: "destroy", meanwhile: (cloud) => cloud.fail.push("delete b") },
      {
        run: "destroy",
        meanwhile: (cloud) => {
          cloud.fail = [];
        },
      },
    ],
  },
  {
    name: "transforms-change-inputs-and-options",
    steps: [
      {
        run: "up",
        program: async () => {
          const transform: pulumi.ResourceTransform = ({ props, opts }) => ({
            props: { ...props, value: "transformed" },
            opts: { ...opts, protect: true },
          });
          new Thing("a", { value: "given" }, { transforms: [transform] });
          new Pair(
            "p",
            {},
            {
              transforms: [
                ({ props, opts, type }) =>
                  type.endsWith("Thing") ? { props: { ...props, value: 1 }, opts } : undefined,
              ],
            },
          );
        },
      },
    ],
  },
  {
    name: "exclude-with-dependents",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", { value: 1 });
          const b = new Thing("b", { value: a.value });
          new Thing("c", { value: 1 });
          new Thing("d", { value: [b.value, 1] });
        },
      },
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", { value: 2 });
          const b = new Thing("b", { value: a.value });
          new Thing("c", { value: 2 });
          new Thing("d", { value: [b.value, 2] });
        },
        options: { exclude: [thing("a")], excludeDependents: true },
      },
      {
        run: "up",
        program: async () => void new Thing("c", { value: 2 }),
        options: { exclude: [thing("a")], excludeDependents: true },
      },
    ],
  },
  {
    name: "dependencies-through-components",
    steps: [
      {
        run: "up",
        program: async () => {
          const first = new Pair("first");
          const second = new Pair("second", {}, { dependsOn: first });
          new Thing("last", { value: pulumi.all([first.thing.serial, second.thing.serial]) }, { parent: second });
        },
      },
      { run: "destroy" },
    ],
  },
];
