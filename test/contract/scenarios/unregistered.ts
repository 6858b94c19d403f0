// What a program names without registering it: resources and providers that only the state knows.
import pulumi from "@pulumi/pulumi";
import random from "@pulumi/random";
import { Pair, Thing } from "../cloud.ts";
import { PROJECT, pet, type Scenario, say, thing } from "../scenario.ts";

/** What the stack gave out as `provider` when it was last updated. */
async function knownProvider(): Promise<pulumi.ProviderResource | undefined> {
  const { value } = await new pulumi.StackReference(`organization/${PROJECT}/dev`).getOutputDetails("provider");
  return value === undefined ? undefined : new pulumi.DependencyProviderResource(value);
}
const referenceOf = ({ urn, id }: pulumi.ProviderResource) => pulumi.interpolate`${urn}::${id}`;
const withProvider = async () => {
  const provider = new random.Provider("mine");
  new random.RandomPet("pet", {}, { provider });
  return { provider: referenceOf(provider) };
};
const dependingOn = (value: number) => async () =>
  void new Thing("b", { value }, { dependsOn: new pulumi.DependencyResource(thing("a")) });
/** `b` and `d` come when it is known what became of `a`, which neither waits for. */
const afterFailure = (value: number) => async () => {
  new Thing("a", { value });
  const c = new Thing("c", { value });
  const b = new Thing("b", { value }, { dependsOn: [c, new pulumi.DependencyResource(thing("a"))] });
  b.value.apply((value) => say(`b ${value}`));
  const e = new Thing("e", { value }, { dependsOn: c });
  new Thing("d", { value }, { dependsOn: [e, new pulumi.DependencyResource(thing("b"))] });
};

export const unregistered: readonly Scenario[] = [
  {
    name: "provider-that-only-the-state-knows",
    steps: [
      { run: "up", program: withProvider },
      {
        run: "up",
        program: async () => {
          const provider = await knownProvider();
          new random.RandomPet("pet", {}, { provider: provider! });
          new random.RandomPet("new", {}, { provider: provider! });
          return { provider: provider && referenceOf(provider) };
        },
      },
      { run: "up", options: { target: [pet("new")] } },
    ],
  },
  {
    name: "provider-that-only-waits-for-its-deletion",
    steps: [
      { run: "up", program: withProvider },
      {
        run: "up",
        program: async () => {
          new random.RandomPet("pet", {}, { provider: new random.Provider("mine") });
          new Thing("a");
        },
        meanwhile: (cloud) => cloud.fail.push("create a"),
        options: { replace: [`urn:pulumi:dev::${PROJECT}::pulumi:providers:random::mine`] },
      },
      {
        run: "up",
        program: async () => {
          const provider = await knownProvider();
          new random.RandomPet("pet", {}, { provider: provider! });
        },
      },
    ],
  },
  {
    name: "provider-by-the-name-it-had",
    steps: [
      {
        run: "up",
        program: async () => {
          new random.RandomPet("pet", {}, { provider: new random.Provider("other") });
          return { provider: referenceOf(new random.Provider("mine")) };
        },
      },
      {
        run: "up",
        program: async () => {
          const provider = await knownProvider();
          new random.Provider("other");
          const renamed = new random.Provider("renamed", {}, { aliases: [{ name: "mine" }] });
          new random.RandomPet("pet", {}, { provider: provider!, dependsOn: renamed });
        },
      },
    ],
  },
  {
    name: "target-that-depends-on-what-only-the-state-knows",
    steps: [
      {
        run: "up",
        program: async () =>
          void new Thing("b", { value: 1 }, { dependsOn: new Thing("a", {}, { dependsOn: new Thing("z") }) }),
      },
      {
        run: "up",
        program: dependingOn(2),
        meanwhile: (cloud) => cloud.fail.push("update b"),
        options: { target: [thing("b")] },
      },
      {
        run: "up",
        meanwhile: (cloud) => {
          cloud.fail = [];
        },
        options: { target: [thing("b")] },
      },
    ],
  },
  {
    name: "continue-on-error-passes-over-what-depends-on-a-failure",
    steps: [
      { run: "up", program: afterFailure(1) },
      {
        run: "up",
        program: afterFailure(2),
        meanwhile: (cloud) => cloud.fail.push("update a"),
        options: { continueOnError: true },
      },
    ],
  },
  {
    name: "dependence-on-a-component-by-its-urn",
    steps: [
      {
        run: "up",
        program: async () => {
          const { thing } = new Pair("p");
          await new Promise((resolve) => thing.urn.apply(resolve));
          const component = new pulumi.DependencyResource(`urn:pulumi:dev::${PROJECT}::contract:index:Pair::p`);
          new Thing("b", {}, { dependsOn: component });
        },
      },
      { run: "destroy" },
    ],
  },
];
