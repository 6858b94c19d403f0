// Replacement: what triggers it, in which order it goes, whom it takes along.
import pulumi from "@pulumi/pulumi";
import { Pair, Thing, type ThingArgs } from "../cloud.ts";
import { type Scenario, thing } from "../scenario.ts";

const first = (args: ThingArgs, options: pulumi.CustomResourceOptions = {}) => new Thing("a", args, options);
const deleteFirst = { deleteBeforeReplace: true };
const kindOf = (on: Thing) => ({ kind: on.serial.apply(String) });

export const replacements: readonly Scenario[] = [
  {
    name: "replacement-trigger",
    steps: [
      { run: "up", program: async () => void first({}) },
      { run: "up", program: async () => void first({}, { replacementTrigger: "one" }) },
      { run: "up", program: async () => void first({}, { replacementTrigger: "two" }) },
      { run: "up", program: async () => void first({}, { replacementTrigger: "two" }) },
      { run: "up", program: async () => void first({}) },
    ],
  },
  {
    name: "replacement-trigger-of-another-resource",
    steps: [
      { run: "preview", program: async () => void new Thing("b", {}, { replacementTrigger: first({}).serial }) },
      { run: "up" },
      {
        run: "preview",
        program: async () => void new Thing("b", {}, { replacementTrigger: first({ kind: "y" }).serial }),
      },
      { run: "up" },
    ],
  },
  {
    name: "replacement-trigger-that-is-new-and-unknown",
    steps: [
      { run: "up", program: async () => void new Thing("b") },
      { run: "preview", program: async () => void new Thing("b", {}, { replacementTrigger: first({}).serial }) },
      { run: "up" },
    ],
  },
  {
    name: "replacement-trigger-that-is-secret",
    steps: [
      { run: "up", program: async () => void first({}, { replacementTrigger: pulumi.secret("one") }) },
      { run: "up", program: async () => void first({}, { replacementTrigger: "one" }) },
      { run: "up", program: async () => void first({}, { replacementTrigger: pulumi.secret({ x: ["two"] }) }) },
    ],
  },
  {
    name: "replace-with-another",
    steps: [
      { run: "up", program: async () => void new Thing("b", {}, { replaceWith: [first({ kind: "x" })] }) },
      { run: "preview", program: async () => void new Thing("b", {}, { replaceWith: [first({ kind: "y" })] }) },
      { run: "up" },
    ],
  },
  {
    name: "deleted-with-what-is-replaced",
    steps: [
      { run: "up", program: async () => void new Thing("b", {}, { deletedWith: first({ kind: "x" }) }) },
      { run: "preview", program: async () => void new Thing("b", {}, { deletedWith: first({ kind: "y" }) }) },
      { run: "up" },
    ],
  },
  {
    name: "deleted-with-what-is-deleted-first",
    steps: [
      { run: "up", program: async () => void new Thing("b", {}, { deletedWith: first({ slot: "x" }) }) },
      { run: "up", program: async () => void new Thing("b", {}, { deletedWith: first({ slot: "y" }) }) },
    ],
  },
  {
    name: "replaced-and-deleted-with-what-was-recreated",
    steps: [
      {
        run: "up",
        program: async () =>
          void new Thing("c", { kind: "x" }, { deletedWith: new Thing("b", kindOf(first({ slot: "x" }))) }),
      },
      {
        run: "up",
        program: async () => {
          const c = new Thing("c", { kind: "y" });
          new Thing("b", kindOf(first({ slot: "y" }, { dependsOn: c })));
        },
      },
    ],
  },
  {
    name: "delete-before-replace-false-overrides-the-provider",
    steps: [
      { run: "up", program: async () => void first({ slot: "1" }) },
      { run: "up", program: async () => void first({ slot: "2" }, { deleteBeforeReplace: false }) },
    ],
  },
  {
    name: "delete-before-replace-of-a-chain",
    steps: [
      {
        run: "up",
        program: async () => void new Thing("c", kindOf(new Thing("b", kindOf(first({ kind: "x" }, deleteFirst))))),
      },
      {
        run: "preview",
        program: async () => void new Thing("c", kindOf(new Thing("b", kindOf(first({ kind: "y" }, deleteFirst))))),
      },
      { run: "up" },
    ],
  },
  {
    name: "delete-before-replace-stops-at-a-protected-dependent",
    steps: [
      {
        run: "up",
        program: async () => void new Thing("b", kindOf(first({ kind: "x" }, deleteFirst)), { protect: true }),
      },
      {
        run: "up",
        program: async () => void new Thing("b", kindOf(first({ kind: "y" }, deleteFirst)), { protect: true }),
      },
    ],
  },
  {
    name: "delete-before-replace-of-what-a-component-holds",
    steps: [
      { run: "up", program: async () => void new Thing("b", kindOf(new Pair("p", { slot: "1" }).thing)) },
      { run: "up", program: async () => void new Thing("b", kindOf(new Pair("p", { slot: "2" }).thing)) },
    ],
  },
  {
    name: "delete-before-replace-and-the-dependent-goes",
    steps: [
      { run: "up", program: async () => void new Thing("b", kindOf(first({ kind: "x" }, deleteFirst))) },
      { run: "up", program: async () => void first({ kind: "y" }, deleteFirst) },
    ],
  },
  {
    name: "delete-before-replace-and-the-dependent-depends-no-more",
    steps: [
      { run: "up", program: async () => void new Thing("b", kindOf(first({ kind: "x" }, deleteFirst))) },
      {
        run: "up",
        program: async () => {
          first({ kind: "y" }, deleteFirst);
          new Thing("b", { kind: "own" });
        },
      },
    ],
  },
  {
    name: "delete-before-replace-and-the-dependent-fails",
    steps: [
      { run: "up", program: async () => void new Thing("b", kindOf(first({ kind: "x" }, deleteFirst))) },
      {
        run: "up",
        program: async () => void new Thing("b", kindOf(first({ kind: "y" }, deleteFirst))),
        meanwhile: (cloud) => cloud.fail.push("create b"),
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
    name: "delete-before-replace-and-the-deletion-fails",
    steps: [
      { run: "up", program: async () => void new Thing("b", kindOf(first({ kind: "x" }, deleteFirst))) },
      {
        run: "up",
        program: async () => void new Thing("b", kindOf(first({ kind: "y" }, deleteFirst))),
        meanwhile: (cloud) => cloud.fail.push("delete a"),
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
    name: "pending-replacement-that-is-no-longer-wanted",
    steps: [
      { run: "up", program: async () => void first({ slot: "1" }) },
      {
        run: "up",
        program: async () => void first({ slot: "2" }),
        meanwhile: (cloud) => cloud.fail.push("create a"),
      },
      { run: "up", program: async () => {} },
    ],
  },
  {
    name: "pending-replacement-is-destroyed",
    steps: [
      { run: "up", program: async () => void first({ slot: "1" }) },
      {
        run: "up",
        program: async () => void first({ slot: "2" }),
        meanwhile: (cloud) => cloud.fail.push("create a"),
      },
      { run: "refresh" },
      { run: "destroy" },
    ],
  },
  {
    name: "pending-deletion-is-destroyed",
    steps: [
      { run: "up", program: async () => void first({ kind: "x" }) },
      {
        run: "up",
        program: async () => void first({ kind: "y" }),
        meanwhile: (cloud) => cloud.fail.push("delete a"),
      },
      { run: "refresh" },
      {
        run: "destroy",
        meanwhile: (cloud) => {
          cloud.fail = [];
        },
      },
    ],
  },
  {
    name: "pending-deletion-and-replaced-again",
    steps: [
      { run: "up", program: async () => void first({ kind: "x" }) },
      {
        run: "up",
        program: async () => void first({ kind: "y" }),
        meanwhile: (cloud) => cloud.fail.push("delete a"),
      },
      { run: "up", program: async () => void first({ kind: "z" }) },
      {
        run: "up",
        meanwhile: (cloud) => {
          cloud.fail = [];
        },
      },
    ],
  },
  {
    name: "retained-when-replaced-delete-first",
    steps: [
      { run: "up", program: async () => void first({ slot: "1" }, { retainOnDelete: true }) },
      { run: "up", program: async () => void first({ slot: "2" }, { retainOnDelete: true }) },
      { run: "destroy" },
    ],
  },
  {
    name: "retain-on-delete-taken-back",
    steps: [
      { run: "up", program: async () => void first({}, { retainOnDelete: true }) },
      { run: "up", program: async () => void first({}) },
      { run: "destroy" },
    ],
  },
  {
    name: "retain-on-delete-of-a-component-reaches-its-children",
    steps: [{ run: "up", program: async () => void new Pair("p", {}, { retainOnDelete: true }) }, { run: "destroy" }],
  },
  {
    name: "deleted-with-of-a-component-reaches-its-children",
    steps: [{ run: "up", program: async () => void new Pair("p", {}, { deletedWith: first({}) }) }, { run: "destroy" }],
  },
  {
    name: "replacement-of-what-was-asked-with-its-dependents",
    steps: [
      { run: "up", program: async () => void new Thing("b", { value: first({}).serial }) },
      { run: "up", options: { replace: [thing("a")], targetDependents: true } },
      { run: "up", options: { replace: [thing("nowhere")] } },
    ],
  },
  {
    name: "replacement-of-the-protected-was-asked",
    steps: [
      { run: "up", program: async () => void first({}, { protect: true }) },
      { run: "preview", options: { replace: [thing("a")] } },
      { run: "up", options: { replace: [thing("a")] } },
    ],
  },
  {
    name: "replaced-in-the-middle-of-a-chain",
    steps: [
      {
        run: "up",
        program: async () => {
          const b = new Thing("b", { value: first({}).serial, kind: "x" });
          const c = new Thing("c", { value: b.serial });
          new Thing("d", { value: c.value });
        },
      },
      {
        run: "up",
        program: async () => {
          const b = new Thing("b", { value: first({}).serial, kind: "y" });
          const c = new Thing("c", { value: b.serial });
          new Thing("d", { value: c.value });
        },
      },
    ],
  },
  {
    name: "delete-before-replace-and-the-dependent-is-checked-anew",
    steps: [
      { run: "up", program: async () => void new Thing("b", { ...kindOf(first({ slot: "1" })), value: 1 }) },
      { run: "up", program: async () => void new Thing("b", { ...kindOf(first({ slot: "1" })), value: "late" }) },
      { run: "up", program: async () => void new Thing("b", { ...kindOf(first({ slot: "2" })), value: "late" }) },
    ],
  },
  {
    name: "replacement-that-was-asked-is-checked-anew",
    steps: [
      { run: "up", program: async () => void first({ value: 1 }) },
      { run: "up", program: async () => void first({ value: "late" }) },
      { run: "up", options: { replace: [thing("a")] } },
    ],
  },
  {
    name: "tainted-and-replaced",
    steps: [
      { run: "up", program: async () => void new Thing("b", { value: new Thing("a", { value: 1 }).serial }) },
      {
        run: "preview",
        edit: (resources) => {
          for (const resource of resources) if (resource["urn"] === thing("a")) resource["taint"] = true;
        },
      },
      { run: "up" },
      { run: "up" },
    ],
  },
];
