// What a program wants meets what was there: read before, begun before, claimed by another, or not there yet.
import pulumi from "@pulumi/pulumi";
import random from "@pulumi/random";
import { Box, type Cloud, Pair, Thing } from "../cloud.ts";
import { type Scenario, say, thing } from "../scenario.ts";

/** The SDK has no class of its own for providers of dynamic resources. */
class Configured extends pulumi.ProviderResource {}

const first = (slot: string) => new Thing("a", { slot });
const kindOf = (on: Thing) => ({ kind: on.serial.apply(String) });
/** A provider whose configuration comes from what is replaced, and what it is responsible for. */
const providing = (slot: string) => async () => {
  const provider = new Configured("pulumi-nodejs", "mine", { x: first(slot).serial.apply(String) });
  new Thing("b", {}, { provider });
};
/** `b` comes when `a` is there, and does not depend on it. */
const needingWhatLives = (slot: string) => async () => {
  const a = first(slot);
  await new Promise((resolve) => a.urn.apply(resolve));
  new Thing("c", kindOf(new Thing("b", { kind: "own" })), { dependsOn: a });
};
const chain = (slot: string, kind: string) => async () => {
  const b = new Thing("b", { kind: first(slot).serial.apply((serial) => `${kind}${serial}`) });
  new Thing("c", { kind }, { dependsOn: b });
};
const made = (name: string) => (cloud: Cloud) => {
  cloud.objects[`${name}-1`] = { name, value: 1 };
  cloud.made[name] = 1;
};
const fail = (operation: string) => (cloud: Cloud) => {
  cloud.fail = [operation];
};
const heal = (cloud: Cloud) => {
  cloud.fail = [];
};

export const meeting: readonly Scenario[] = [
  {
    name: "what-was-only-read-is-checked-anew",
    steps: [
      { run: "up", program: async () => void new Thing("a", { value: 1 }, { id: "a-1" }), meanwhile: made("a") },
      { run: "up", program: async () => void new Thing("a", { value: "late" }) },
    ],
  },
  {
    name: "pending-replacement-that-goes-back-to-what-it-was",
    steps: [
      { run: "up", program: async () => void first("1") },
      { run: "up", program: async () => void first("2"), meanwhile: fail("create a") },
      { run: "up", program: async () => void first("1"), meanwhile: heal },
    ],
  },
  {
    name: "alias-of-what-is-given-up-beside-the-own-urn",
    steps: [
      {
        run: "up",
        program: async () => {
          new Thing("a", { value: 1 });
          new Thing("b", { value: 1 });
        },
      },
      { run: "up", program: async () => void new Thing("b", { value: 1 }, { aliases: [{ name: "a" }] }) },
    ],
  },
  {
    name: "import-under-an-alias",
    steps: [
      { run: "up", program: async () => void new random.RandomId("old", { byteLength: 4, prefix: "p-" }) },
      {
        run: "up",
        program: async () => {
          const args = { byteLength: 4, prefix: "p-", keepers: { x: "1" } };
          new random.RandomId("id", args, { import: "p-,vpHsfw", aliases: [{ name: "old" }] });
        },
      },
      { run: "up" },
    ],
  },
  {
    name: "import-under-an-alias-that-another-claimed",
    steps: [
      { run: "up", program: async () => void new random.RandomId("old", { byteLength: 4, prefix: "p-" }) },
      {
        run: "up",
        program: async () => {
          const args = { byteLength: 4, prefix: "p-" };
          const dependsOn = new random.RandomId("other", args, { aliases: [{ name: "old" }] });
          new random.RandomId("id", args, { import: "p-,vpHsfw", aliases: [{ name: "old" }], dependsOn });
        },
      },
    ],
  },
  {
    name: "refresh-by-the-program-of-what-needs-what-is-new",
    steps: [
      { run: "up", program: async () => void new Thing("a", { value: 1 }) },
      {
        run: "refresh",
        program: async () => {
          const fresh = new Thing("fresh");
          const mine = new random.Provider("mine", {}, { dependsOn: fresh });
          new random.RandomPet("pet", {}, { provider: mine });
          const a = new Thing("a", { value: 1 }, { dependsOn: fresh });
          a.serial.apply((serial) => say(`serial ${serial}`));
          new Pair("q", {}, { dependsOn: fresh });
        },
        options: { runProgram: true },
      },
      { run: "up" },
    ],
  },
  {
    name: "refresh-by-the-program-of-a-component-that-needs-what-is-new",
    steps: [
      { run: "up", program: async () => void new Box("box", {}, { dependsOn: new Thing("a") }) },
      {
        run: "refresh",
        program: async () => void new Box("box", {}, { dependsOn: [new Thing("a"), new Thing("fresh")] }),
        options: { runProgram: true },
      },
      { run: "up" },
    ],
  },
  {
    name: "deleted-first-and-the-provider-of-a-dependent-is-given-up",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = first("1");
          const provider = new random.Provider("mine");
          new random.RandomPet("pet", { keepers: { x: a.serial.apply(String) } }, { provider });
        },
      },
      { run: "up", program: async () => void first("2") },
    ],
  },
  {
    name: "deleted-first-with-a-provider-that-needs-it",
    steps: [
      { run: "up", program: providing("1") },
      { run: "up", program: providing("2") },
    ],
  },
  {
    name: "deleted-first-beside-what-lives-and-is-needed",
    steps: [
      { run: "up", program: async () => void new Thing("b", kindOf(first("1"))) },
      { run: "up", program: needingWhatLives("1"), meanwhile: fail("delete b") },
      { run: "up", program: needingWhatLives("2"), meanwhile: heal },
    ],
  },
  {
    name: "deleted-first-with-what-waits-and-needs-what-waits",
    steps: [
      { run: "up", program: chain("1", "x") },
      { run: "up", program: chain("1", "y"), meanwhile: fail("delete c") },
      { run: "up", program: chain("2", "y"), meanwhile: heal },
    ],
  },
  {
    name: "deleted-first-after-what-is-to-go-along-was-registered",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = first("1");
          new Thing("b", {}, { replaceWith: [a] });
          new Thing("c", {}, { deletedWith: a });
        },
      },
      {
        run: "up",
        program: async () => {
          const named = new pulumi.DependencyResource(thing("a"));
          const b = new Thing("b", {}, { replaceWith: [named] });
          const c = new Thing("c", {}, { deletedWith: named });
          await new Promise((resolve) => pulumi.all([b.urn, c.urn]).apply(resolve));
          first("2");
        },
      },
    ],
  },
];
