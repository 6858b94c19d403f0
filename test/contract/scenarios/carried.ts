// What is carried over from the state, and what that needs: where targets leave out, and where the program names what it
// does not register.
import pulumi from "@pulumi/pulumi";
import random from "@pulumi/random";
import { Thing } from "../cloud.ts";
import { type Scenario, thing } from "../scenario.ts";

/** What only the state knows. */
const known = (name: string) => new pulumi.DependencyResource(thing(name));
const kindOf = (on: Thing) => ({ kind: on.serial.apply(String) });
/** `a` waits for its deletion, and nothing of its name lives. */
const waits = (resources: readonly Record<string, unknown>[]) => {
  resources.find(({ urn }) => urn === thing("a"))!["delete"] = true;
};
/** Each needs the one before in every way there is. */
const chained = () => {
  let before = new Thing("t0");
  for (let i = 1; i < 12; i++) {
    const all = { dependsOn: before, deletedWith: before, replaceWith: [before] };
    before = new Thing(`t${i}`, { value: before.serial, ...kindOf(before) }, all);
  }
};

export const carried: readonly Scenario[] = [
  {
    name: "target-and-what-goes-with-it-from-now-on",
    steps: [
      {
        run: "up",
        program: async () => {
          new Thing("a");
          new Thing("b", { kind: "x" });
        },
      },
      {
        run: "up",
        program: async () => {
          new Thing("a");
          new Thing("b", { kind: "y" });
        },
        meanwhile: (cloud) => cloud.fail.push("delete b"),
      },
      {
        run: "up",
        program: async () => void new Thing("b", { kind: "y" }, { deletedWith: new Thing("a") }),
        meanwhile: (cloud) => {
          cloud.fail = [];
        },
        options: { target: [thing("a")], targetDependents: true },
      },
    ],
  },
  {
    name: "target-beside-what-names-what-was-deleted-first",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", { slot: "1" });
          const y = new Thing("y", {}, { dependsOn: a });
          const x = new Thing("x", kindOf(a), { dependsOn: y });
          new Thing("b", { value: 1 }, { dependsOn: x });
        },
      },
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", { slot: "2" });
          await new Promise((resolve) => a.urn.apply(resolve));
          new Thing("b", { value: 1 });
        },
        options: { target: [thing("a")], targetDependents: true },
      },
      { run: "up" },
    ],
  },
  {
    name: "named-and-only-in-the-state",
    steps: [
      { run: "up", program: async () => void new Thing("a", {}, { dependsOn: new Thing("z") }) },
      { run: "up", program: async () => void new Thing("b", {}, { dependsOn: known("a") }) },
    ],
  },
  {
    name: "named-and-waiting-for-its-deletion",
    steps: [
      { run: "up", program: async () => void new Thing("a") },
      { run: "up", program: async () => void new Thing("b", {}, { dependsOn: known("a") }), edit: waits },
    ],
  },
  {
    name: "target-beside-what-needs-what-waits-for-its-deletion",
    steps: [
      { run: "up", program: async () => void new Thing("b", {}, { dependsOn: new Thing("a") }) },
      {
        run: "up",
        program: async () => {
          new Thing("b");
          new Thing("c");
        },
        edit: waits,
        options: { target: [thing("c")] },
      },
    ],
  },
  {
    name: "target-and-what-another-target-no-longer-needs",
    steps: [
      {
        run: "up",
        program: async () => void new Thing("b", {}, { dependsOn: new Thing("a", {}, { dependsOn: new Thing("z") }) }),
      },
      {
        run: "up",
        program: async () => void new Thing("b", {}, { dependsOn: new Thing("a") }),
        options: { target: [thing("a"), thing("b"), thing("z")] },
      },
    ],
  },
  {
    name: "target-that-needs-what-the-program-registers-later",
    steps: [
      {
        run: "up",
        program: async () => void new Thing("b", { value: 1 }, { dependsOn: new Thing("a") }),
      },
      {
        run: "up",
        program: async () =>
          void new Thing("a", {}, { dependsOn: new Thing("b", { value: 2 }, { dependsOn: known("a") }) }),
        options: { target: [thing("b")] },
      },
    ],
  },
  {
    name: "target-that-needs-what-has-a-provider-only-the-state-knows",
    steps: [
      {
        run: "up",
        program: async () => {
          const pet = new random.RandomPet("pet", {}, { provider: new random.Provider("mine") });
          new Thing("b", { value: 1 }, { dependsOn: new Thing("a", {}, { dependsOn: pet }) });
        },
      },
      {
        run: "up",
        program: async () => void new Thing("b", { value: 2 }, { dependsOn: known("a") }),
        meanwhile: (cloud) => cloud.fail.push("update b"),
        options: { target: [thing("b")] },
      },
    ],
  },
  {
    name: "target-that-needs-a-long-chain",
    steps: [
      { run: "up", program: async () => chained() },
      {
        run: "up",
        program: async () => void new Thing("b", {}, { dependsOn: known("t11") }),
        options: { target: [thing("b")] },
      },
    ],
  },
  {
    name: "destroy-by-the-program-of-what-goes-with-another",
    steps: [
      { run: "up", program: async () => void new Thing("b", {}, { deletedWith: new Thing("a") }) },
      { run: "destroy", options: { runProgram: true } },
    ],
  },
  {
    name: "destroy-by-the-program-of-what-names-what-only-the-state-knows",
    steps: [
      { run: "up", program: async () => void new Thing("b", {}, { dependsOn: new Thing("a") }) },
      {
        run: "destroy",
        program: async () => void new Thing("b", {}, { dependsOn: known("a") }),
        options: { runProgram: true },
      },
    ],
  },
  {
    name: "refresh-finds-the-successor-gone",
    steps: [
      {
        run: "up",
        program: async () => void new Thing("b", { value: 1 }, { dependsOn: new Thing("a", { kind: "x" }) }),
      },
      {
        run: "up",
        program: async () => void new Thing("b", { value: 2 }, { dependsOn: new Thing("a", { kind: "y" }) }),
        meanwhile: (cloud) => cloud.fail.push("update b"),
      },
      { run: "refresh", meanwhile: ({ objects }) => void delete objects["a-2"] },
      { run: "destroy", options: { exclude: [thing("b")] } },
    ],
  },
];
