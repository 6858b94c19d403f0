// What goes wrong: in the cloud, in a check, in the program; and what the next step makes of it.
import pulumi from "@pulumi/pulumi";
import random from "@pulumi/random";
import { Thing } from "../cloud.ts";
import { type Scenario, thing } from "../scenario.ts";

const twoThings = async () => {
  const a = new Thing("a", { value: 1 });
  new Thing("b", { value: a.serial });
};

export const failures: readonly Scenario[] = [
  {
    name: "create-fails-then-succeeds",
    steps: [
      { run: "up", program: twoThings, meanwhile: (cloud) => cloud.fail.push("create a") },
      {
        run: "up",
        meanwhile: (cloud) => {
          cloud.fail = [];
        },
      },
    ],
  },
  {
    name: "update-fails-and-leaves-the-old-state",
    steps: [
      { run: "up", program: async () => void new Thing("a", { value: 1 }) },
      {
        run: "up",
        program: async () => void new Thing("a", { value: 2 }),
        meanwhile: (cloud) => cloud.fail.push("update a"),
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
    name: "delete-of-the-replaced-fails-and-is-tried-again",
    steps: [
      { run: "up", program: async () => void new Thing("a", { kind: "x" }) },
      {
        run: "up",
        program: async () => void new Thing("a", { kind: "y" }),
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
    name: "create-fails-between-delete-and-replace",
    steps: [
      { run: "up", program: async () => void new Thing("a", { slot: "1" }) },
      {
        run: "up",
        program: async () => void new Thing("a", { slot: "2" }),
        meanwhile: (cloud) => cloud.fail.push("create a"),
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
    name: "check-refuses",
    steps: [
      { run: "preview", program: async () => void new Thing("a", { value: "bad" }) },
      { run: "up" },
      { run: "up", program: async () => void new random.RandomString("s", { length: 0 }) },
    ],
  },
  {
    name: "continue-on-error",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a");
          new Thing("b", { value: a.serial });
          new Thing("c");
        },
        meanwhile: (cloud) => cloud.fail.push("create a"),
        options: { continueOnError: true },
      },
    ],
  },
  {
    name: "program-throws",
    steps: [
      {
        run: "up",
        program: async () => {
          new Thing("a");
          throw new pulumi.RunError("the program gives up");
        },
      },
      { run: "up", program: async () => void new Thing("a") },
    ],
  },
  {
    name: "program-throws-before-it-names-the-target",
    steps: [
      { run: "up", program: twoThings },
      {
        run: "up",
        program: async () => {
          throw new pulumi.RunError("the program gives up");
        },
        options: { target: [thing("a")] },
      },
    ],
  },
  {
    name: "two-resources-of-one-name",
    steps: [
      {
        run: "up",
        program: async () => {
          new random.RandomPet("same");
          new random.RandomPet("same");
        },
      },
    ],
  },
  {
    name: "expect-no-changes",
    steps: [
      { run: "up", program: async () => void new Thing("a", { value: 1 }) },
      { run: "up", options: { expectNoChanges: true } },
      { run: "up", program: async () => void new Thing("a", { value: 2 }), options: { expectNoChanges: true } },
    ],
  },
];
