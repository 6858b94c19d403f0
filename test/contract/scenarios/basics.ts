// Create, keep, update, replace, delete: what happens to one resource and to those around it.
import random from "@pulumi/random";
import { Pair, Thing } from "../cloud.ts";
import type { Scenario } from "../scenario.ts";

export const basics: readonly Scenario[] = [
  {
    name: "create-same-update-delete",
    steps: [
      { run: "up", program: async () => ({ serial: new Thing("a", { value: 1 }).serial }) },
      { run: "up" },
      { run: "up", program: async () => ({ serial: new Thing("a", { value: 2 }).serial }) },
      { run: "up", program: async () => ({}) },
      { run: "destroy" },
    ],
  },
  {
    name: "main-names-another-folder",
    main: true,
    steps: [{ run: "up", program: async () => void new Thing("a") }, { run: "destroy" }],
  },
  {
    name: "nothing-at-all",
    steps: [{ run: "preview", program: async () => ({}) }, { run: "up" }, { run: "up" }, { run: "destroy" }],
  },
  {
    name: "replace-creates-before-it-deletes",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", { kind: "x" });
          new Thing("b", { value: a.serial });
        },
      },
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", { kind: "y" });
          new Thing("b", { value: a.serial });
        },
      },
    ],
  },
  {
    name: "replace-cascades-to-a-dependent-that-must-be-replaced",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", { kind: "x" });
          new Thing("b", { kind: a.serial.apply(String) });
        },
      },
      {
        run: "preview",
        program: async () => {
          const a = new Thing("a", { kind: "y" });
          new Thing("b", { kind: a.serial.apply(String) });
        },
      },
      { run: "up" },
    ],
  },
  {
    name: "provider-asks-for-delete-before-replace",
    steps: [
      { run: "up", program: async () => void new Thing("a", { slot: "1" }) },
      { run: "up", program: async () => void new Thing("a", { slot: "2" }) },
    ],
  },
  {
    name: "program-asks-for-delete-before-replace",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", { kind: "x" }, { deleteBeforeReplace: true });
          new Thing("b", { kind: a.serial.apply(String) });
          new Thing("c", { value: a.serial });
          new Thing("d", {}, { dependsOn: a });
        },
      },
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", { kind: "y" }, { deleteBeforeReplace: true });
          new Thing("b", { kind: a.serial.apply(String) });
          new Thing("c", { value: a.serial });
          new Thing("d", {}, { dependsOn: a });
        },
      },
    ],
  },
  {
    name: "depends-on-fixes-the-order",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a");
          const b = new Thing("b", {}, { dependsOn: a });
          new Thing("c", {}, { dependsOn: [a, b] });
        },
      },
      { run: "destroy" },
    ],
  },
  {
    name: "components-hold-children",
    steps: [
      {
        run: "up",
        program: async () => {
          const pair = new Pair("p", { value: 1 });
          return { serial: pair.thing.serial };
        },
      },
      {
        run: "up",
        program: async () => {
          const pair = new Pair("p", { value: 2 });
          new Thing("after", {}, { dependsOn: pair });
          return { serial: pair.thing.serial };
        },
      },
      { run: "destroy" },
    ],
  },
  {
    name: "unknowns-in-previews",
    steps: [
      {
        run: "preview",
        program: async () => {
          const a = new Thing("a", { value: 1 });
          const b = new Thing("b", { value: { deep: [a.serial, "known"] } });
          return { serial: a.serial, text: b.value, plain: "x" };
        },
      },
      { run: "up" },
      { run: "preview" },
    ],
  },
  {
    name: "values-of-every-kind",
    steps: [
      {
        run: "up",
        program: async () => {
          new Thing("a", {
            value: {
              empty: {},
              none: [],
              zero: 0,
              no: false,
              text: "",
              unicode: "日本 \u0000 🎉",
              large: 1e300,
              deep: [[[{ a: [null, 1.5] }]]],
            },
          });
          return { nothing: null, list: [1, [2]], nested: { "key with.dots": true } };
        },
      },
      { run: "up" },
    ],
  },
  {
    name: "random-resources-stay",
    steps: [
      {
        run: "up",
        program: async () => {
          const name = new random.RandomPet("name", { length: 3, prefix: "p" });
          const password = new random.RandomPassword("password", { length: 16, minLower: 1 });
          const id = new random.RandomId("id", { byteLength: 8, keepers: { name: name.id } });
          return { name: name.id, password: password.result, hex: id.hex };
        },
      },
      { run: "up" },
      { run: "refresh" },
      { run: "preview" },
    ],
  },
  {
    name: "random-keepers-replace",
    steps: [
      {
        run: "up",
        program: async () => {
          const name = new random.RandomPet("name", { keepers: { a: "1" } });
          new random.RandomString("text", { length: 12, keepers: { name: name.id } });
        },
      },
      {
        run: "preview",
        program: async () => {
          const name = new random.RandomPet("name", { keepers: { a: "2" } });
          new random.RandomString("text", { length: 12, keepers: { name: name.id } });
        },
      },
      { run: "up" },
    ],
  },
  {
    name: "dates-of-creations-and-changes",
    dated: true,
    steps: [
      {
        run: "up",
        program: async () => {
          new Thing("a", { value: 1 });
          new Thing("b", { kind: "x" });
          new Thing("c");
          random.RandomId.get("read", "vpHsfw");
        },
      },
      {
        run: "up",
        program: async () => {
          new Thing("a", { value: 2 });
          new Thing("b", { kind: "y" });
          new Thing("c");
          random.RandomId.get("read", "vpHsfw");
          new random.RandomId("imported", { byteLength: 4 }, { import: "vpHsfw" });
        },
      },
      {
        run: "refresh",
        meanwhile: ({ objects }) => {
          objects["c-1"]!["value"] = 1;
        },
      },
      { run: "up" },
    ],
  },
];
