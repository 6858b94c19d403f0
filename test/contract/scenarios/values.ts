// What may stand in a property: odd values, secrets inside values, assets and archives, references; and stack outputs.
import pulumi from "@pulumi/pulumi";
import { Bare, Pair, Thing } from "../cloud.ts";
import { type Scenario, say } from "../scenario.ts";

export const values: readonly Scenario[] = [
  {
    name: "numbers-at-the-edges",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Bare("a", { list: [1e21, -0, 0.1 + 0.2, 2 ** 53, -1, 5e-324, 1.0, 123456789012] });
          return { list: (a as unknown as { list: pulumi.Output<unknown> }).list };
        },
      },
      { run: "up" },
    ],
  },
  {
    name: "null-and-absent-are-one",
    steps: [
      { run: "up", program: async () => void new Bare("a", { x: { y: null, z: 1 }, w: null }) },
      { run: "up", program: async () => void new Bare("a", { x: { z: 1 } }) },
      { run: "up", program: async () => void new Bare("a", { x: { z: 1, y: undefined }, v: undefined }) },
      { run: "up", program: async () => void new Bare("a", { x: { z: 1 }, w: [null] }) },
    ],
  },
  {
    name: "the-engine-compares",
    steps: [
      {
        run: "up",
        program: async () => void new Bare("a", { x: 1, gone: 1, list: [1, 2, 3], map: { a: 1, "b.c": 2 } }),
      },
      {
        run: "preview",
        program: async () => void new Bare("a", { x: "1", fresh: 1, list: [1, 3], map: { a: 2, "b.c": { d: 1 } } }),
      },
      { run: "up" },
      { run: "destroy" },
    ],
  },
  {
    name: "the-engine-compares-what-is-unknown",
    steps: [
      { run: "up", program: async () => void new Bare("a", { x: new Thing("b", { kind: "x" }).serial }) },
      { run: "preview", program: async () => void new Bare("a", { x: new Thing("b", { kind: "y" }).serial }) },
    ],
  },
  {
    name: "the-engine-compares-in-a-refresh",
    steps: [
      { run: "up", program: async () => void new Bare("a", { x: 1 }) },
      {
        run: "refresh",
        meanwhile: ({ objects }) => {
          objects["bare-a"] = { x: 2, added: 1 };
        },
      },
    ],
  },
  {
    name: "refresh-finds-a-change-that-is-ignored",
    steps: [
      { run: "up", program: async () => void new Bare("a", { x: 1, y: 1 }, { ignoreChanges: ["x"] }) },
      {
        run: "refresh",
        meanwhile: ({ objects }) => {
          objects["bare-a"] = { x: 2, y: 1 };
        },
      },
      { run: "up" },
    ],
  },
  {
    name: "the-engine-compares-secrets",
    steps: [
      { run: "up", program: async () => void new Bare("a", { x: "v", y: { z: pulumi.secret(1) } }) },
      { run: "up", program: async () => void new Bare("a", { x: pulumi.secret("v"), y: { z: 1 } }) },
      { run: "up", program: async () => void new Bare("a", { x: pulumi.secret("w"), y: { z: pulumi.secret(2) } }) },
    ],
  },
  {
    name: "secrets-inside-values",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", { value: [{ x: pulumi.secret("s"), y: "open" }, pulumi.secret(["t"])] });
          const open = pulumi.unsecret(a.value);
          return { value: a.value, open, is: pulumi.isSecret(a.value) };
        },
      },
      { run: "up" },
    ],
  },
  {
    name: "what-a-program-sees-of-outputs",
    steps: [
      {
        run: "preview",
        program: async () => {
          const a = new Thing("a", { value: "v" });
          const hidden = new Thing("hidden", { value: pulumi.secret("h") });
          a.value.apply((value) => say(`value ${value}`));
          a.serial.apply((serial) => say(`serial ${serial}`));
          hidden.value.apply((value) => say(`hidden ${value}`));
          a.id.apply((id) => say(`id ${id}`));
          return { ids: [a.id, hidden.id], urn: a.urn };
        },
      },
      { run: "up" },
      { run: "preview" },
    ],
  },
  {
    name: "outputs-of-several-resources-in-one-value",
    steps: [
      {
        run: "up",
        program: async () => {
          const [a, b] = [new Thing("a", { value: 1 }), new Thing("b", { value: pulumi.secret(2) })];
          const both = pulumi.interpolate`${a.serial}-${b.serial}`;
          new Thing("c", { value: { both, deep: [{ b: b.value }], plain: 1 }, kind: a.id });
        },
      },
      { run: "destroy" },
    ],
  },
  {
    name: "resources-as-values",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", { value: 1 });
          const pair = new Pair("p");
          new Thing("b", { value: { a, pair, list: [a] } });
          return { a, pair, nested: { a } };
        },
      },
      { run: "preview" },
      { run: "up" },
    ],
  },
  {
    name: "assets-of-text",
    steps: [
      { run: "up", program: async () => void new Bare("a", { file: new pulumi.asset.StringAsset("one") }) },
      { run: "up", program: async () => void new Bare("a", { file: new pulumi.asset.StringAsset("one") }) },
      { run: "up", program: async () => void new Bare("a", { file: new pulumi.asset.StringAsset("two") }) },
      { run: "refresh" },
    ],
  },
  {
    name: "archives-of-assets",
    steps: [
      {
        run: "up",
        program: async () =>
          void new Bare("a", {
            pack: new pulumi.asset.AssetArchive({
              "one.txt": new pulumi.asset.StringAsset("one"),
              "deep/two.txt": new pulumi.asset.StringAsset("two"),
              inner: new pulumi.asset.AssetArchive({ "x.txt": new pulumi.asset.StringAsset("x") }),
            }),
          }),
      },
      { run: "up" },
      {
        run: "up",
        program: async () =>
          void new Bare("a", {
            pack: new pulumi.asset.AssetArchive({ "one.txt": new pulumi.asset.StringAsset("changed") }),
          }),
      },
    ],
  },
  {
    name: "assets-as-stack-outputs",
    steps: [
      {
        run: "up",
        program: async () => ({ text: new pulumi.asset.StringAsset("t"), empty: new pulumi.asset.AssetArchive({}) }),
      },
      { run: "up" },
    ],
  },
  {
    name: "secret-assets",
    steps: [
      {
        run: "up",
        program: async () => void new Bare("a", { file: pulumi.secret(new pulumi.asset.StringAsset("s")) }),
      },
      { run: "up" },
      { run: "refresh" },
    ],
  },
  {
    name: "keys-of-every-kind",
    steps: [
      {
        run: "up",
        program: async () =>
          void new Bare("a", { map: { "": 1, " ": 2, "a.b": 3, "[0]": 4, '"': 5, 日本: 6, "a/b": 7, UPPER: 8 } }),
      },
      {
        run: "up",
        program: async () =>
          void new Bare("a", { map: { "": 2, " ": 3, "a.b": 4, "[0]": 5, '"': 6, 日本: 7, "a/b": 8, UPPER: 9 } }),
      },
    ],
  },
  {
    name: "a-value-of-another-kind",
    steps: [
      { run: "up", program: async () => void new Bare("a", { x: [1], y: { z: 1 }, w: "t", v: true }) },
      { run: "up", program: async () => void new Bare("a", { x: { "0": 1 }, y: "z", w: 1, v: "true" }) },
    ],
  },
  {
    name: "stack-outputs-go-with-the-program",
    steps: [
      { run: "up", program: async () => ({ a: 1, b: { c: [1] } }) },
      { run: "up", program: async () => {} },
      { run: "up", program: async () => ({ a: 1 }) },
    ],
  },
  {
    name: "stack-outputs-after-a-failure",
    steps: [
      { run: "up", program: async () => ({ serial: new Thing("a", { value: 1 }).serial, kept: "one" }) },
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", { value: 2 });
          return { serial: a.serial, fresh: "two" };
        },
        meanwhile: (cloud) => cloud.fail.push("update a"),
      },
    ],
  },
  {
    name: "stack-outputs-that-are-secret-again",
    steps: [
      { run: "up", program: async () => ({ a: pulumi.secret("x"), b: { c: pulumi.secret(1) } }) },
      { run: "up" },
      { run: "preview", program: async () => ({ a: "x", b: { c: pulumi.secret(2) } }) },
      { run: "up" },
    ],
  },
  {
    name: "hidden-diffs",
    steps: [
      { run: "up", program: async () => void new Bare("a", { x: 1, y: { z: 1 } }, { hideDiffs: ["y.z"] }) },
      { run: "up", program: async () => void new Bare("a", { x: 1, y: { z: 2 } }, { hideDiffs: ["y.z"] }) },
      { run: "up", program: async () => void new Bare("a", { x: 2, y: { z: 3 } }, { hideDiffs: ["*"] }) },
    ],
  },
  {
    name: "additional-secret-outputs-come-and-go",
    steps: [
      { run: "up", program: async () => void new Thing("a", { value: "v" }) },
      { run: "up", program: async () => void new Thing("a", { value: "v" }, { additionalSecretOutputs: ["value"] }) },
      { run: "up", program: async () => void new Thing("a", { value: "w" }, { additionalSecretOutputs: ["value"] }) },
      { run: "up", program: async () => void new Thing("a", { value: "x" }) },
    ],
  },
  {
    name: "additional-secret-outputs-of-the-id",
    steps: [{ run: "up", program: async () => void new Thing("a", {}, { additionalSecretOutputs: ["id", "none"] }) }],
  },
];
