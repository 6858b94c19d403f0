// Components, what their children take from them, providers as resources, and transforms.
import pulumi from "@pulumi/pulumi";
import random from "@pulumi/random";
import { Bare, Box, Pair, Thing } from "../cloud.ts";
import { PROJECT, type Scenario, say, thing } from "../scenario.ts";

/** A provider of the `random` package with properties of its own. */
class Tuned extends pulumi.ProviderResource {
  constructor(name: string, properties: pulumi.Inputs, options: pulumi.ResourceOptions = {}) {
    super("random", name, properties, options);
  }
}

/** Says which resource is found, when all is there that one of the URN stands for. */
const find = (name: string, urn: string, after?: string) =>
  pulumi.runtime
    .invokeOutput<{ id: string }>(
      "pulumi:pulumi:getResource",
      { urn },
      after === undefined ? {} : { dependsOn: new pulumi.DependencyResource(after) },
    )
    .apply(({ id }) => say(`${name} finds ${id}`));

export const components: readonly Scenario[] = [
  {
    name: "components-inside-components",
    steps: [
      {
        run: "up",
        program: async () => {
          const outer = new Box("outer");
          const inner = new Box("inner", {}, { parent: outer });
          const leaf = new Thing("leaf", {}, { parent: inner });
          new random.RandomPet("twig", {}, { parent: leaf });
        },
      },
      { run: "up", program: async () => void new Box("outer") },
      { run: "destroy" },
    ],
  },
  {
    name: "component-outputs-change",
    steps: [
      {
        run: "up",
        program: async () => {
          const box = new Box("box");
          (box as unknown as { registerOutputs(o: object): void }).registerOutputs({ a: 1, s: pulumi.secret("x") });
        },
      },
      {
        run: "up",
        program: async () => {
          const box = new Box("box");
          (box as unknown as { registerOutputs(o: object): void }).registerOutputs({ b: [2] });
        },
      },
      { run: "preview" },
    ],
  },
  {
    name: "component-does-not-see-the-outputs-it-had",
    steps: [
      {
        run: "up",
        program: async () => {
          const pair = new Pair("p");
          await new Promise((resolve) => pair.urn.apply(resolve));
          say(`serial ${"serial" in pair}`);
        },
      },
      { run: "up" },
    ],
  },
  {
    name: "component-inputs-change",
    steps: [
      { run: "up", program: async () => void new Box("box", { size: 1, hidden: pulumi.secret("x") }) },
      { run: "up", program: async () => void new Box("box", { size: 2, hidden: pulumi.secret("x") }) },
      { run: "up" },
      { run: "up", program: async () => void new Box("box", { list: [1] }) },
      { run: "up", program: async () => void new Box("box", { list: [1, 2] }) },
    ],
  },
  {
    name: "custom-resource-as-parent",
    steps: [
      {
        run: "up",
        program: async () => void new Thing("child", { value: 1 }, { parent: new Thing("a", { kind: "x" }) }),
      },
      {
        run: "up",
        program: async () => void new Thing("child", { value: 1 }, { parent: new Thing("a", { kind: "y" }) }),
      },
      { run: "destroy" },
    ],
  },
  {
    name: "parent-that-is-deleted-first",
    steps: [
      {
        run: "up",
        program: async () => void new Thing("child", { value: 1 }, { parent: new Thing("a", { slot: "1" }) }),
      },
      {
        run: "up",
        program: async () => void new Thing("child", { value: 1 }, { parent: new Thing("a", { slot: "2" }) }),
      },
    ],
  },
  {
    name: "dependence-on-a-component-is-on-its-children",
    steps: [
      {
        run: "up",
        program: async () => {
          const pair = new Pair("p");
          new Thing("b", {}, { dependsOn: [pair] });
          new Box("box", {}, { dependsOn: pair });
        },
      },
      { run: "destroy" },
    ],
  },
  {
    name: "providers-are-handed-down",
    steps: [
      {
        run: "up",
        program: async () => {
          const provider = new random.Provider("mine");
          const outer = new Box("outer", {}, { providers: { random: provider } });
          const inner = new Box("inner", {}, { parent: outer });
          new random.RandomPet("leaf", {}, { parent: inner });
          const single = new Box("single", {}, { provider });
          new random.RandomPet("other", {}, { parent: single });
          const pet = new random.RandomPet("pet", {}, { provider });
          new random.RandomPet("child", {}, { parent: pet });
        },
      },
      { run: "destroy" },
    ],
  },
  {
    name: "provider-is-removed-with-its-resources",
    steps: [
      {
        run: "up",
        program: async () => void new random.RandomPet("pet", {}, { provider: new random.Provider("mine") }),
      },
      { run: "up", program: async () => {} },
    ],
  },
  {
    name: "provider-of-a-resource-becomes-the-default",
    steps: [
      {
        run: "up",
        program: async () => void new random.RandomPet("pet", {}, { provider: new random.Provider("mine") }),
      },
      { run: "preview", program: async () => void new random.RandomPet("pet") },
      { run: "up" },
      { run: "refresh" },
    ],
  },
  {
    name: "provider-with-secrets-and-changes",
    steps: [
      {
        run: "up",
        program: async () =>
          void new random.RandomPet("pet", {}, { provider: new Tuned("mine", { note: pulumi.secret("one") }) }),
      },
      {
        run: "preview",
        program: async () => void new random.RandomPet("pet", {}, { provider: new Tuned("mine", { note: "two" }) }),
      },
      { run: "up" },
    ],
  },
  {
    name: "provider-that-depends-on-a-resource",
    steps: [
      {
        run: "preview",
        program: async () => {
          const a = new Thing("a");
          const provider = new random.Provider("mine", {}, { dependsOn: a });
          new random.RandomPet("pet", {}, { provider });
        },
      },
      { run: "up" },
      { run: "destroy" },
    ],
  },
  {
    name: "provider-that-is-protected",
    steps: [
      {
        run: "up",
        program: async () =>
          void new random.RandomPet("pet", {}, { provider: new random.Provider("mine", {}, { protect: true }) }),
      },
      { run: "up", program: async () => {} },
    ],
  },
  {
    name: "provider-that-is-replaced",
    steps: [
      {
        run: "up",
        program: async () => {
          const mine = new random.Provider("mine");
          const pet = new random.RandomPet("pet", {}, { provider: mine });
          new Thing("a", { value: pet.id });
        },
      },
      {
        run: "preview",
        options: { replace: [`urn:pulumi:dev::${PROJECT}::pulumi:providers:random::mine`] },
      },
      { run: "up", options: { replace: [`urn:pulumi:dev::${PROJECT}::pulumi:providers:random::mine`] } },
      { run: "up" },
    ],
  },
  {
    name: "provider-that-is-deleted-first",
    steps: [
      {
        run: "up",
        program: async () => {
          const deleteFirst: pulumi.CustomResourceOptions = { deleteBeforeReplace: true };
          new random.RandomPet("pet", {}, { provider: new random.Provider("mine", {}, deleteFirst) });
        },
      },
      { run: "up", options: { replace: [`urn:pulumi:dev::${PROJECT}::pulumi:providers:random::mine`] } },
      {
        run: "destroy",
        options: { target: [`urn:pulumi:dev::${PROJECT}::pulumi:providers:random::mine`], targetDependents: true },
      },
    ],
  },
  {
    name: "default-providers-are-forbidden",
    config: { "pulumi:disable-default-providers": '["random"]' },
    steps: [
      { run: "up", program: async () => void new random.RandomPet("pet") },
      {
        run: "up",
        program: async () => void new random.RandomPet("pet", {}, { provider: new random.Provider("mine") }),
      },
    ],
  },
  {
    name: "version-names-the-default-provider",
    steps: [
      { run: "up", program: async () => void new random.RandomPet("pet", {}, { version: "4.21.2" }) },
      { run: "up", program: async () => void new random.RandomPet("pet") },
    ],
  },
  {
    name: "transforms-of-the-stack",
    steps: [
      {
        run: "up",
        program: async () => {
          pulumi.runtime.registerResourceTransform(({ type, name, props, opts, custom }) => {
            say(`${type} ${name} ${custom}`);
            return type.endsWith("Thing")
              ? { props: { ...props, value: `${props["value"]} of all` }, opts }
              : undefined;
          });
          new Thing("a", { value: "one" });
          new Pair("p", { value: "two" });
        },
      },
      { run: "up" },
    ],
  },
  {
    name: "transforms-one-after-the-other",
    steps: [
      {
        run: "up",
        program: async () => {
          const append =
            (text: string): pulumi.ResourceTransform =>
            async ({ props, opts, type }) =>
              type.endsWith("Thing") ? { props: { ...props, value: `${props["value"]}${text}` }, opts } : undefined;
          pulumi.runtime.registerResourceTransform(append("-stack"));
          const box = new Box("box", {}, { transforms: [append("-parent")] });
          new Thing("a", { value: "own" }, { parent: box, transforms: [append("-first"), append("-second")] });
        },
      },
    ],
  },
  {
    name: "transforms-change-every-option",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a");
          const provider = new random.Provider("mine");
          new Thing(
            "b",
            {},
            {
              transforms: [
                ({ props, opts }) => ({
                  props,
                  opts: {
                    ...opts,
                    dependsOn: [a],
                    ignoreChanges: ["value"],
                    replaceOnChanges: ["kind"],
                    additionalSecretOutputs: ["serial"],
                    customTimeouts: { create: "3m" },
                    retainOnDelete: true,
                    deleteBeforeReplace: true,
                    deletedWith: a,
                  },
                }),
              ],
            },
          );
          new random.RandomPet(
            "pet",
            {},
            { transforms: [({ props, opts }) => ({ props, opts: { ...opts, provider } })] },
          );
        },
      },
    ],
  },
  {
    name: "transforms-bring-outputs-and-secrets",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a");
          new Thing(
            "b",
            { value: a.serial },
            {
              transforms: [
                ({ props, opts }) => ({
                  props: { ...props, kind: a.id, value: pulumi.secret(props["value"]) },
                  opts,
                }),
              ],
            },
          );
        },
      },
      { run: "destroy" },
    ],
  },
  {
    name: "transform-throws",
    steps: [
      {
        run: "up",
        program: async () => {
          new Thing(
            "a",
            {},
            {
              transforms: [
                () => {
                  throw new pulumi.RunError("no transform today");
                },
              ],
            },
          );
        },
      },
    ],
  },
  {
    name: "transformations-of-the-old-kind",
    steps: [
      {
        run: "up",
        program: async () =>
          void new Pair(
            "p",
            { value: "given" },
            {
              transformations: [
                ({ type, props, opts }) =>
                  type.endsWith("Thing")
                    ? { props: { ...props, value: "changed" }, opts: { ...opts, protect: true } }
                    : undefined,
              ],
            },
          ),
      },
      { run: "up", program: async () => {} },
    ],
  },
  {
    name: "invokes-of-the-engine",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", { value: pulumi.secret("x") });
          const found = a.urn.apply((urn) => pulumi.runtime.invoke("pulumi:pulumi:getResource", { urn }));
          new Thing("b", { value: found.apply(({ id, state }) => ({ id, serial: state.serial })) });
        },
      },
      { run: "preview" },
    ],
  },
  {
    name: "invokes-with-unknown-and-secret-arguments",
    steps: [
      {
        run: "preview",
        program: async () => {
          const a = new Thing("a", { value: 1 });
          const later = pulumi.all([a.urn, a.serial]).apply(([urn]) => urn);
          const find = (urn: pulumi.Output<string>) =>
            pulumi.runtime.invokeOutput<{ id: string }>("pulumi:pulumi:getResource", { urn }).apply(({ id }) => {
              say(`found ${id}`);
              return id;
            });
          new Thing("of-the-unknown", { value: find(later) });
          new Thing("of-the-secret", { value: find(pulumi.secret(a.urn)) });
        },
      },
      { run: "up" },
      { run: "preview" },
    ],
  },
  {
    name: "invoke-of-what-is-not-there",
    steps: [
      {
        run: "up",
        program: async () => {
          const urn = `urn:pulumi:dev::${PROJECT}::a:b:C::nowhere`;
          return { found: pulumi.runtime.invoke("pulumi:pulumi:getResource", { urn }) };
        },
      },
      {
        run: "up",
        program: async () => ({ found: pulumi.runtime.invoke("random:index:getNothing", {}) }),
      },
    ],
  },
  {
    name: "invoke-transforms",
    steps: [
      {
        run: "up",
        program: async () => {
          pulumi.runtime.registerInvokeTransform(({ token, args, opts }) => {
            say(`${token} ${Object.keys(args).join()}`);
            return { args: { urn: args["other"] }, opts };
          });
          const a = new Thing("a");
          const found = a.urn.apply((other) => pulumi.runtime.invoke("pulumi:pulumi:getResource", { other }));
          return { id: found.apply(({ id }) => id) };
        },
      },
    ],
  },
  {
    name: "provider-with-a-provider",
    steps: [
      {
        run: "up",
        program: async () => {
          const provider = new random.Provider("inner", {}, { provider: new random.Provider("outer") });
          new random.RandomPet("pet", {}, { provider });
        },
      },
    ],
  },
  {
    name: "every-default-provider-is-forbidden",
    config: { "pulumi:disable-default-providers": '["*"]' },
    steps: [
      { run: "up", program: async () => void new Box("box") },
      { run: "up", program: async () => void new random.RandomPet("pet") },
    ],
  },
  {
    name: "default-provider-with-configuration",
    config: { "random:seed": "4", "other:seed": "5" },
    steps: [{ run: "up", program: async () => void new random.RandomPet("pet") }],
  },
  {
    name: "source-names-the-default-provider",
    steps: [
      {
        run: "up",
        program: async () =>
          void new random.RandomPet("a", {}, { version: "4.21.2", pluginDownloadURL: "https://example.com/plugins/" }),
      },
    ],
  },
  {
    name: "version-as-others-write-it",
    steps: [
      { run: "up", program: async () => void new random.RandomPet("a", {}, { version: "v4.21.2" }) },
      { run: "up", program: async () => void new random.Provider("mine", {}, { version: "4.21" }) },
    ],
  },
  {
    name: "protect-of-a-component-and-a-child-that-says-otherwise",
    steps: [
      {
        run: "up",
        program: async () => {
          const parent = new Box("box", {}, { protect: true });
          new Thing("a", {}, { parent, protect: false });
          new Thing("b", {}, { parent });
        },
      },
      { run: "up", program: async () => void new Box("box", {}, { protect: true }) },
    ],
  },
  {
    name: "transforms-bring-assets",
    steps: [
      {
        run: "up",
        program: async () => {
          const file = new pulumi.asset.StringAsset("text");
          const bringing: pulumi.ResourceTransform = ({ props, opts }) => ({ props: { ...props, file }, opts });
          new Bare("a", { x: 1 }, { transforms: [bringing] });
        },
      },
      { run: "up" },
    ],
  },
  {
    name: "invoke-that-depends-on-a-component",
    steps: [
      { run: "up", program: async () => void new Thing("z") },
      {
        run: "preview",
        program: async () => {
          new Thing("z");
          const { thing: inside } = new Pair("p");
          await new Promise((resolve) => inside.urn.apply(resolve));
          find("at once", thing("z"));
          find("after p", thing("z"), `urn:pulumi:dev::${PROJECT}::contract:index:Pair::p`);
        },
      },
      {
        run: "up",
        program: async () => {
          new Thing("z");
          const component = new Box("box");
          await new Promise((resolve) => component.urn.apply(resolve));
          const urn = `urn:pulumi:dev::${PROJECT}::contract:index:Box$pulumi-nodejs:dynamic/cloud:Thing::a`;
          const asked = Promise.withResolvers<void>();
          void asked.promise.then(() => find("after box", urn, `urn:pulumi:dev::${PROJECT}::contract:index:Box::box`));
          // Has the program ask while the thing is under way, and leaves more time than an answer takes.
          const transform: pulumi.ResourceTransform = async ({ props, opts }) => {
            asked.resolve();
            await new Promise((resolve) => setTimeout(resolve, 1000));
            say("transformed");
            return { props, opts };
          };
          new Thing("a", {}, { parent: component, transforms: [transform] });
        },
      },
    ],
  },
];
