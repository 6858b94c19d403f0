// More of targets and excludes; refreshes of a part, refreshes that fail, reads and imports that meet what was there.
import pulumi from "@pulumi/pulumi";
import random from "@pulumi/random";
import { Pair, Thing } from "../cloud.ts";
import { PROJECT, pet, type Scenario, say, thing, thingOfPair } from "../scenario.ts";

const two = (value: number) => async () => {
  const a = new Thing("a", { value });
  new Thing("b", { value: a.value });
};
const apart = (value: number) => async () => {
  new Thing("a", { value });
  new Thing("b", { value });
};
const pairs = (value: number) => async () => {
  new Pair("p", { value });
  new Pair("q", { value });
};
const adopted = (id: string) => async () =>
  void new random.RandomId("id", { byteLength: 4, prefix: "p-" }, { import: id });
const urnOfProvider = (name: string) => `urn:pulumi:dev::${PROJECT}::pulumi:providers:${name}::mine`;

export const selecting: readonly Scenario[] = [
  {
    name: "target-in-a-component",
    steps: [
      { run: "up", program: pairs(1) },
      {
        run: "up",
        program: pairs(2),
        options: { target: [thingOfPair("p")] },
      },
      {
        run: "destroy",
        options: { target: [`urn:pulumi:dev::${PROJECT}::contract:index:Pair::p`], targetDependents: true },
      },
    ],
  },
  {
    name: "target-beside-a-component-that-is-not-created",
    steps: [
      {
        run: "up",
        program: async () => {
          new Pair("p");
          new Thing("a");
        },
        options: { target: [thing("a")] },
      },
      { run: "up" },
    ],
  },
  {
    name: "target-beside-what-is-wrong",
    steps: [
      { run: "up", program: apart(1) },
      {
        run: "up",
        program: async () => {
          new Thing("a", { value: 2 });
          new Thing("b", { value: "bad" });
        },
        options: { target: [thing("a")] },
      },
    ],
  },
  {
    name: "target-by-pattern",
    steps: [
      { run: "up", program: apart(1) },
      { run: "preview", program: apart(2), options: { target: ["**::a"] } },
      { run: "up", options: { target: ["**Thing::*"] } },
      { run: "up", options: { target: ["**::nothing-like-it"] } },
    ],
  },
  {
    name: "target-whose-dependency-was-not-created",
    steps: [
      { run: "preview", program: two(1), options: { target: [thing("b")] } },
      { run: "up", options: { target: [thing("b")] } },
    ],
  },
  {
    name: "target-of-what-the-program-gave-up",
    steps: [
      { run: "up", program: apart(1) },
      { run: "up", program: async () => {}, options: { target: [thing("a")] } },
      { run: "up" },
    ],
  },
  {
    name: "target-of-what-others-depend-on-and-the-program-gave-up",
    steps: [
      { run: "up", program: two(1) },
      { run: "up", program: async () => {}, options: { target: [thing("a")] } },
      { run: "up", options: { target: [thing("a")], targetDependents: true } },
    ],
  },
  {
    name: "target-that-is-replaced",
    steps: [
      {
        run: "up",
        program: async () => void new Thing("b", { value: new Thing("a", { kind: "x" }).serial }),
      },
      {
        run: "up",
        program: async () => void new Thing("b", { value: new Thing("a", { kind: "y" }).serial }),
        options: { target: [thing("a")] },
      },
      { run: "up" },
    ],
  },
  {
    name: "target-that-is-replaced-delete-first",
    steps: [
      {
        run: "up",
        program: async () => void new Thing("b", { kind: new Thing("a", { slot: "1" }).serial.apply(String) }),
      },
      {
        run: "up",
        program: async () => void new Thing("b", { kind: new Thing("a", { slot: "2" }).serial.apply(String) }),
        options: { target: [thing("a")] },
      },
    ],
  },
  {
    name: "target-and-a-provider-that-changes",
    steps: [
      {
        run: "up",
        program: async () => {
          new random.RandomPet("p", {}, { provider: new random.Provider("old") });
          new Thing("a", { value: 1 });
        },
      },
      {
        run: "up",
        program: async () => {
          new random.RandomPet("p", {}, { provider: new random.Provider("new") });
          new Thing("a", { value: 2 });
        },
        options: { target: [thing("a")] },
      },
    ],
  },
  {
    name: "target-that-is-imported-and-its-dependent",
    steps: [
      {
        run: "up",
        program: async () => {
          const id = new random.RandomId("id", { byteLength: 4, prefix: "p-" });
          new Thing("b", { value: id.byteLength });
        },
      },
      {
        run: "up",
        program: async () => {
          const options = { import: "p-,vpHsfw" };
          const id = new random.RandomId("id", { byteLength: 4, prefix: "p-" }, options);
          new Thing("b", { value: id.byteLength });
        },
        options: { target: ["**RandomId::id"] },
      },
    ],
  },
  {
    name: "target-that-fails-after-others-were-carried-over",
    steps: [
      {
        run: "up",
        program: async () => {
          const pet = new random.RandomPet("pet", {}, { provider: new random.Provider("mine") });
          const a = new Thing("a", {}, { dependsOn: pet });
          new Thing("b", { value: 1 }, { dependsOn: a });
        },
      },
      {
        run: "up",
        program: async () => void new Thing("b", { value: 2 }, { dependsOn: new Thing("a") }),
        meanwhile: (cloud) => cloud.fail.push("update b"),
        options: { target: [thing("b")] },
      },
    ],
  },
  {
    name: "exclude-what-stands-there-twice",
    steps: [
      { run: "up", program: async () => void new Thing("a", { kind: "x" }, { dependsOn: new Thing("b") }) },
      {
        run: "up",
        program: async () => void new Thing("a", { kind: "y" }, { dependsOn: new Thing("c") }),
        meanwhile: (cloud) => cloud.fail.push("delete a"),
      },
      {
        run: "destroy",
        meanwhile: (cloud) => {
          cloud.fail = [];
        },
        options: { exclude: [thing("a")] },
      },
    ],
  },
  {
    name: "target-and-two-that-change-places",
    steps: [
      { run: "up", program: async () => void new Thing("b", {}, { dependsOn: new Thing("a") }) },
      {
        run: "up",
        program: async () => {
          new Thing("c");
          new Thing("a", {}, { dependsOn: new Thing("b") });
        },
        options: { target: [thing("c")] },
      },
    ],
  },
  {
    name: "exclude-what-is-new",
    steps: [{ run: "up", program: apart(1), options: { exclude: [thing("b")] } }, { run: "up" }],
  },
  {
    name: "exclude-what-the-program-gave-up",
    steps: [
      { run: "up", program: apart(1) },
      { run: "up", program: async () => {}, options: { exclude: [thing("a")] } },
    ],
  },
  {
    name: "exclude-nowhere",
    steps: [
      { run: "up", program: apart(1), options: { exclude: [thing("nowhere")] } },
      { run: "destroy", options: { exclude: [thing("nowhere")] } },
    ],
  },
  {
    name: "destroy-spares-the-protected",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", {}, { protect: true });
          new Thing("b", { value: a.serial });
          new Thing("c");
        },
      },
      { run: "destroy", options: { excludeProtected: true } },
    ],
  },
  {
    name: "refresh-of-a-target",
    steps: [
      { run: "up", program: apart(1) },
      {
        run: "refresh",
        meanwhile: ({ objects }) => {
          objects["a-1"]!["value"] = 7;
          objects["b-1"]!["value"] = 7;
        },
        options: { target: [thing("a")] },
      },
      { run: "refresh", options: { exclude: [thing("b")] } },
      { run: "refresh", options: { target: [thing("nowhere")] } },
    ],
  },
  {
    name: "refresh-of-a-target-and-its-dependents",
    steps: [
      { run: "up", program: two(1) },
      {
        run: "refresh",
        meanwhile: ({ objects }) => {
          objects["b-1"]!["value"] = 6;
        },
        options: { exclude: [thing("a")], excludeDependents: true },
      },
      {
        run: "refresh",
        meanwhile: ({ objects }) => {
          delete objects["a-1"];
          objects["b-1"]!["value"] = 7;
        },
        options: { target: [thing("a")], targetDependents: true },
      },
    ],
  },
  {
    name: "refresh-fails",
    steps: [
      { run: "up", program: two(1) },
      { run: "refresh", meanwhile: (cloud) => cloud.fail.push("read a") },
      { run: "up", options: { refresh: true } },
    ],
  },
  {
    name: "refresh-that-expects-no-changes",
    steps: [
      { run: "up", program: apart(1) },
      { run: "refresh", options: { expectNoChanges: true } },
      {
        run: "refresh",
        meanwhile: ({ objects }) => {
          objects["a-1"]!["value"] = 7;
        },
        options: { expectNoChanges: true },
      },
    ],
  },
  {
    name: "refresh-finds-a-secret-changed",
    steps: [
      { run: "up", program: async () => void new Thing("a", { value: pulumi.secret("s") }) },
      {
        run: "refresh",
        meanwhile: ({ objects }) => {
          objects["a-1"]!["value"] = "other";
        },
      },
      { run: "up" },
    ],
  },
  {
    name: "refresh-finds-a-parent-gone",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a");
          new Thing("child", {}, { parent: a, deletedWith: new Thing("w") });
          new Thing("replaced", {}, { replaceWith: [a] });
          new random.RandomPet("pet", {}, { dependsOn: a });
        },
      },
      {
        run: "refresh",
        meanwhile: ({ objects }) => {
          delete objects["a-1"];
          delete objects["w-1"];
        },
      },
      { run: "destroy" },
    ],
  },
  {
    name: "refresh-of-the-protected-that-is-gone",
    steps: [
      { run: "up", program: async () => void new Thing("a", {}, { protect: true }) },
      { run: "refresh", meanwhile: ({ objects }) => void delete objects["a-1"] },
    ],
  },
  {
    name: "preview-with-refresh",
    steps: [
      { run: "up", program: two(1) },
      {
        run: "preview",
        meanwhile: ({ objects }) => {
          objects["a-1"]!["value"] = 7;
          delete objects["b-1"];
        },
        options: { refresh: true },
      },
    ],
  },
  {
    name: "destroy-with-refresh",
    steps: [
      { run: "up", program: two(1) },
      { run: "destroy", meanwhile: ({ objects }) => void delete objects["b-1"], options: { refresh: true } },
    ],
  },
  {
    name: "get-of-another-id",
    steps: [
      { run: "up", program: async () => ({ hex: random.RandomId.get("id", "p-,vpHsfw").hex }) },
      { run: "up", program: async () => ({ hex: random.RandomId.get("id", "q-,vpHsfg").hex }) },
      { run: "refresh" },
      { run: "destroy" },
    ],
  },
  {
    name: "get-of-what-another-resource-made-and-given-up",
    steps: [
      { run: "up", program: async () => void new Thing("made", { value: 1 }) },
      {
        run: "up",
        program: async () => {
          new Thing("made", { value: 1 });
          new Thing("read", {}, { id: "made-1" });
        },
      },
      { run: "up", program: async () => void new Thing("made", { value: 1 }) },
    ],
  },
  {
    name: "get-becomes-managed",
    steps: [
      { run: "up", program: async () => void random.RandomId.get("id", "p-,vpHsfw") },
      { run: "preview", program: async () => void new random.RandomId("id", { byteLength: 4 }) },
      { run: "up" },
    ],
  },
  {
    name: "get-of-what-the-cloud-does-not-have",
    steps: [{ run: "up", program: async () => void new Thing("a", {}, { id: "a-9" }) }],
  },
  {
    name: "get-becomes-imported",
    steps: [
      { run: "up", program: async () => void random.RandomId.get("id", "vpHsfw") },
      { run: "preview", program: async () => void new random.RandomId("id", { byteLength: 4 }, { import: "vpHsfw" }) },
      { run: "up" },
    ],
  },
  {
    name: "get-of-an-empty-id",
    steps: [{ run: "up", program: async () => void random.RandomId.get("id", pulumi.output("")) }],
  },
  {
    name: "managed-becomes-get",
    steps: [
      {
        run: "up",
        program: async () => void new Thing("b", {}, { replaceWith: [new random.RandomId("id", { byteLength: 4 })] }),
      },
      {
        run: "preview",
        program: async () => void new Thing("b", {}, { replaceWith: [random.RandomId.get("id", "p-,vpHsfw")] }),
      },
      { run: "up" },
    ],
  },
  {
    name: "managed-becomes-get-of-its-own-id",
    steps: [
      { run: "up", program: async () => void new random.RandomId("id", { byteLength: 4 }, { import: "vpHsfw" }) },
      { run: "up", program: async () => void random.RandomId.get("id", "vpHsfw") },
    ],
  },
  {
    name: "get-below-a-component-and-after-another",
    steps: [
      {
        run: "preview",
        program: async () => {
          const a = new Thing("a");
          const id = random.RandomId.get(
            "id",
            a.serial.apply(() => "p-,vpHsfw"),
            {},
            { parent: new Pair("p"), dependsOn: a },
          );
          id.hex.apply((hex) => say(`hex ${hex}`));
          return { hex: id.hex };
        },
      },
      { run: "up" },
      { run: "preview" },
    ],
  },
  {
    name: "import-in-place-of-what-was-managed",
    steps: [
      { run: "up", program: async () => void new random.RandomId("id", { byteLength: 4, prefix: "p-" }) },
      { run: "preview", program: adopted("p-,vpHsfw") },
      { run: "up" },
      { run: "up" },
    ],
  },
  {
    name: "import-of-another-id",
    steps: [
      { run: "up", program: adopted("p-,vpHsfw") },
      { run: "up", program: adopted("p-,vpHsfg") },
    ],
  },
  {
    name: "import-of-nothing",
    steps: [
      { run: "up", program: async () => void new random.RandomUuid("id", {}, { import: "no uuid" }) },
      { run: "up", program: async () => void new Thing("a", {}, { import: "a-1" }) },
    ],
  },
  {
    name: "import-of-what-would-be-replaced",
    steps: [
      { run: "up", program: adopted("p-,vpHsfw") },
      {
        run: "preview",
        program: async () => void new random.RandomId("id", { byteLength: 5, prefix: "p-" }, { import: "p-,vpHsfw" }),
      },
      { run: "up" },
    ],
  },
  {
    name: "import-of-what-would-be-deleted-first",
    steps: [
      {
        run: "preview",
        program: async () =>
          void new random.RandomId("id", { byteLength: 5 }, { import: "vpHsfw", deleteBeforeReplace: true }),
      },
    ],
  },
  {
    name: "import-and-ignore-what-differs",
    steps: [
      {
        run: "up",
        program: async () =>
          void new random.RandomId("id", { byteLength: 9 }, { import: "vpHsfw", ignoreChanges: ["byteLength"] }),
      },
      { run: "up" },
    ],
  },
  {
    name: "import-and-protect",
    steps: [
      {
        run: "up",
        program: async () =>
          void new random.RandomId("id", { byteLength: 4, prefix: "p-" }, { import: "p-,vpHsfw", protect: true }),
      },
      { run: "destroy" },
    ],
  },
  {
    name: "replaced-by-target-pattern",
    steps: [
      { run: "up", program: async () => void new random.RandomPet("p") },
      { run: "up", options: { replace: ["**RandomPet::*"] } },
      { run: "up", options: { target: [pet("p")], replace: [pet("p")] } },
    ],
  },
  {
    name: "providers-that-no-target-names",
    steps: [
      {
        run: "up",
        program: async () => {
          new Thing("a", { value: 1 });
          new random.Provider("mine");
        },
      },
      {
        run: "up",
        program: async () => {
          new Thing("a", { value: 2 });
          new random.Provider("new");
        },
        edit: (resources) => {
          const mine = resources.find(({ urn }) => urn === urnOfProvider("random"))!;
          Object.assign(mine, { urn: urnOfProvider("absent"), type: "pulumi:providers:absent" });
        },
        options: { target: [thing("a")] },
      },
    ],
  },
  {
    name: "up-with-refresh-of-what-is-not-there-yet",
    steps: [
      { run: "up", program: apart(1), options: { refresh: true, target: [thing("a")] } },
      { run: "up", options: { refresh: true, target: [thing("b")] } },
      { run: "up", options: { refresh: true, exclude: [thing("b")] } },
    ],
  },
  {
    name: "target-by-a-pattern-that-ends-with-a-part",
    steps: [
      {
        run: "up",
        program: apart(1),
        options: {
          target: [`urn:pulumi:dev::${PROJECT}::pulumi-nodejs:*::a`, `urn:*:dev::${PROJECT}::*:dynamic/*:Th*g::b`],
        },
      },
    ],
  },
  {
    name: "get-does-not-become-managed-under-a-target",
    steps: [
      {
        run: "up",
        program: async () => {
          const id = random.RandomId.get("id", "p-,vpHsfw");
          new random.RandomPet("pet", {}, { dependsOn: id });
        },
      },
      {
        run: "up",
        program: async () => {
          const asked = Promise.withResolvers<void>();
          const refuses = new pulumi.ResourceHook("refuses", () => {
            asked.resolve();
            throw new Error("not today");
          });
          new random.RandomId("id", { byteLength: 4 }, { hooks: { beforeCreate: [refuses] } });
          await asked.promise;
          // The pet comes when it is known that the creation failed.
          await new Promise((resolve) => setTimeout(resolve, 1000));
          new random.RandomPet("pet");
        },
        options: { target: [`urn:pulumi:dev::${PROJECT}::random:index/randomId:RandomId::id`], continueOnError: true },
      },
    ],
  },
];
