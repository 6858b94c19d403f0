// The cloud changed behind the engine's back; and what was never made by it: reads, imports.
import pulumi from "@pulumi/pulumi";
import random from "@pulumi/random";
import { Ailing, Thing } from "../cloud.ts";
import type { Scenario } from "../scenario.ts";

const twoThings = async () => {
  const a = new Thing("a", { value: 1 });
  new Thing("b", { value: a.serial });
};

export const refreshes: readonly Scenario[] = [
  {
    name: "refresh-finds-a-change",
    steps: [
      { run: "up", program: twoThings },
      {
        run: "preview-refresh",
        meanwhile: ({ objects }) => {
          objects["a-1"]!["value"] = 7;
        },
      },
      { run: "refresh" },
      { run: "refresh" },
      { run: "up" },
    ],
  },
  {
    name: "refresh-finds-one-gone",
    steps: [
      { run: "up", program: twoThings },
      { run: "preview-refresh", meanwhile: ({ objects }) => void delete objects["a-1"] },
      { run: "refresh" },
      { run: "up" },
    ],
  },
  {
    name: "up-with-refresh",
    steps: [
      { run: "up", program: twoThings },
      {
        run: "up",
        meanwhile: ({ objects }) => {
          delete objects["b-1"];
          objects["a-1"]!["value"] = 7;
        },
        options: { refresh: true },
      },
    ],
  },
  {
    name: "refresh-of-nothing",
    steps: [{ run: "up", program: async () => {} }, { run: "refresh" }, { run: "preview-refresh" }],
  },
  {
    name: "get-reads-what-exists",
    steps: [
      {
        run: "up",
        program: async () => {
          const id = random.RandomId.get("existing", "p-,vpHsfw");
          const made = new Thing("made", { value: id.hex });
          return { hex: id.hex, value: made.value };
        },
      },
      { run: "up" },
      { run: "up", program: async () => {} },
    ],
  },
  {
    name: "get-of-nothing-fails",
    steps: [{ run: "up", program: async () => void random.RandomUuid.get("wrong", "zz") }],
  },
  {
    name: "import-adopts",
    steps: [
      {
        run: "preview",
        program: async () => {
          const id = new random.RandomId("adopted", { byteLength: 4, prefix: "p-" }, { import: "p-,vpHsfw" });
          return { hex: id.hex };
        },
      },
      { run: "up" },
      { run: "up" },
      {
        run: "up",
        program: async () => {
          const id = new random.RandomId("adopted", { byteLength: 4, prefix: "p-" });
          return { hex: id.hex };
        },
      },
    ],
  },
  {
    name: "import-refuses-other-inputs",
    steps: [
      {
        run: "up",
        program: async () => void new random.RandomId("adopted", { byteLength: 5 }, { import: "vpHsfw" }),
      },
    ],
  },
  {
    name: "dates-of-what-is-read",
    dated: true,
    steps: [
      {
        run: "up",
        program: async () => {
          new random.RandomId("managed", { byteLength: 4 });
          random.RandomId.get("read", "vpHsfw");
        },
      },
      {
        run: "up",
        program: async () => {
          random.RandomId.get("managed", "vpHsfw");
          random.RandomId.get("read", "p-,vpHsfw");
        },
      },
      { run: "up" },
    ],
  },
  {
    name: "refresh-finds-one-not-well",
    steps: [
      { run: "up", program: async () => void new Ailing("a", { value: pulumi.secret(1) }) },
      {
        run: "preview-refresh",
        meanwhile: (cloud) => {
          cloud.fail.push("cold");
          cloud.objects["frail-a"]!["value"] = 2;
        },
      },
      { run: "refresh" },
      { run: "refresh", meanwhile: ({ objects }) => void delete objects["frail-a"] },
    ],
  },
  {
    name: "get-of-what-is-not-well",
    steps: [
      { run: "up", program: async () => void new Ailing("a", { value: 1 }) },
      {
        run: "up",
        program: async () => {
          const a = new Ailing("a", { value: 1 });
          new Ailing("b", {}, { id: "frail-a", dependsOn: a });
        },
        meanwhile: (cloud) => cloud.fail.push("cold"),
      },
      {
        run: "up",
        meanwhile: (cloud) => {
          cloud.fail = [];
        },
      },
    ],
  },
];
