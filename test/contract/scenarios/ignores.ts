// `ignoreChanges` and `replaceOnChanges`: paths, wildcards, and how they meet each other.
import pulumi from "@pulumi/pulumi";
import { Bare, Thing } from "../cloud.ts";
import type { Scenario } from "../scenario.ts";

/** A thing of a value, the options the same in each step. */
const valued =
  (value: unknown, options: pulumi.CustomResourceOptions = {}): (() => Promise<void>) =>
  async () =>
    void new Thing("a", { value }, options);

export const ignores: readonly Scenario[] = [
  {
    name: "ignore-changes-of-every-element",
    steps: [
      {
        run: "up",
        program: valued([
          { x: 1, y: 1 },
          { x: 1, y: 1 },
        ]),
      },
      {
        run: "up",
        program: valued(
          [
            { x: 2, y: 1 },
            { x: 2, y: 1 },
          ],
          { ignoreChanges: ["value[*].x"] },
        ),
      },
      {
        run: "up",
        program: valued(
          [
            { x: 3, y: 1 },
            { x: 3, y: 3 },
          ],
          { ignoreChanges: ["value[*].x"] },
        ),
      },
    ],
  },
  {
    name: "ignore-changes-of-one-element",
    steps: [
      { run: "up", program: valued([1, 1]) },
      { run: "up", program: valued([2, 1], { ignoreChanges: ["value[0]"] }) },
      { run: "up", program: valued([3, 3], { ignoreChanges: ["value[0]"] }) },
    ],
  },
  {
    name: "ignore-changes-of-a-quoted-key",
    steps: [
      { run: "up", program: valued({ "a.b": 1, c: 1 }) },
      { run: "up", program: valued({ "a.b": 2, c: 1 }, { ignoreChanges: ['value["a.b"]'] }) },
      { run: "up", program: valued({ "a.b": 3, c: 2 }, { ignoreChanges: ['value["a.b"]'] }) },
    ],
  },
  {
    name: "ignore-changes-of-what-was-added",
    steps: [
      { run: "up", program: valued({ y: 1 }) },
      { run: "up", program: valued({ x: 1, y: 1 }, { ignoreChanges: ["value.x"] }) },
      { run: "up", program: valued({ x: 1, y: 2 }, { ignoreChanges: ["value.x"] }) },
    ],
  },
  {
    name: "ignore-changes-of-what-was-removed",
    steps: [
      { run: "up", program: valued({ x: 1, y: 1 }) },
      { run: "up", program: valued({ y: 1 }, { ignoreChanges: ["value.x"] }) },
      { run: "up", program: valued({ y: 2 }, { ignoreChanges: ["value.x"] }) },
    ],
  },
  {
    name: "ignore-changes-in-an-element-that-was-not-there",
    steps: [
      { run: "up", program: valued([{ x: 1 }]) },
      { run: "up", program: valued([{ x: 1 }, { x: 2 }], { ignoreChanges: ["value[1].x"] }) },
      { run: "up", program: valued([], { ignoreChanges: ["value[1].x"] }) },
    ],
  },
  {
    name: "ignore-changes-from-the-start",
    steps: [
      { run: "up", program: valued(1, { ignoreChanges: ["value"] }) },
      { run: "up", program: valued(2, { ignoreChanges: ["value"] }) },
      { run: "up", program: valued(2) },
    ],
  },
  {
    name: "ignore-changes-of-no-path",
    steps: [
      { run: "up", program: valued(1) },
      { run: "up", program: valued(2, { ignoreChanges: ["value["] }) },
    ],
  },
  {
    name: "ignore-changes-saves-from-replacement",
    steps: [
      { run: "up", program: async () => void new Thing("a", { kind: "x", value: 1 }) },
      {
        run: "up",
        program: async () => void new Thing("a", { kind: "y", value: 1 }, { ignoreChanges: ["kind"] }),
      },
      {
        run: "up",
        program: async () => void new Thing("a", { kind: "y", value: 2 }, { ignoreChanges: ["kind"] }),
      },
    ],
  },
  {
    name: "ignore-changes-of-a-secret",
    steps: [
      { run: "up", program: valued(pulumi.secret("one")) },
      { run: "up", program: valued(pulumi.secret("two"), { ignoreChanges: ["value"] }) },
      { run: "up", program: valued("three", { ignoreChanges: ["value"] }) },
    ],
  },
  {
    name: "ignore-changes-outlives-the-program",
    steps: [
      { run: "up", program: valued({ x: 1, y: 1 }, { ignoreChanges: ["value.x"] }) },
      {
        run: "refresh",
        meanwhile: ({ objects }) => {
          objects["a-1"]!["value"] = { x: 7, y: 1 };
        },
      },
      { run: "up" },
    ],
  },
  {
    name: "ignore-changes-where-the-engine-compares",
    steps: [
      { run: "up", program: async () => void new Bare("a", { x: { y: 1, z: [1, 2] }, w: 1 }) },
      {
        run: "up",
        program: async () => void new Bare("a", { x: { y: 2, z: [1, 2] }, w: 1 }, { ignoreChanges: ["x.y"] }),
      },
      {
        run: "up",
        program: async () => void new Bare("a", { x: { y: 2, z: [1, 3, 4] }, v: 1 }, { ignoreChanges: ["x.y"] }),
      },
    ],
  },
  {
    name: "replace-on-changes-of-an-element",
    steps: [
      { run: "up", program: valued([1, 2], { replaceOnChanges: ["value[0]"] }) },
      { run: "up", program: valued([1, 3], { replaceOnChanges: ["value[0]"] }) },
      { run: "up", program: valued([2, 3], { replaceOnChanges: ["value"] }) },
    ],
  },
  {
    name: "replace-on-changes-where-the-engine-compares",
    steps: [
      { run: "up", program: async () => void new Bare("a", { list: [{ x: 1, y: 1 }], other: 1 }) },
      {
        run: "up",
        program: async () =>
          void new Bare("a", { list: [{ x: 1, y: 2 }], other: 1 }, { replaceOnChanges: ["list[*].x"] }),
      },
      {
        run: "preview",
        program: async () =>
          void new Bare("a", { list: [{ x: 2, y: 2 }], other: 2 }, { replaceOnChanges: ["list[*].x"] }),
      },
      { run: "up" },
    ],
  },
  {
    name: "replace-on-changes-of-what-is-ignored",
    steps: [
      { run: "up", program: valued(1) },
      { run: "up", program: valued(2, { ignoreChanges: ["value"], replaceOnChanges: ["value"] }) },
    ],
  },
  {
    name: "replace-on-changes-deletes-first-when-asked",
    steps: [
      { run: "up", program: valued(1) },
      { run: "up", program: valued(2, { replaceOnChanges: ["value"], deleteBeforeReplace: true }) },
    ],
  },
  {
    name: "replace-on-changes-of-what-is-below",
    steps: [
      { run: "up", program: async () => void new Bare("a", { list: [{ x: 1 }], map: { y: { z: 1 } } }) },
      {
        run: "up",
        program: async () =>
          void new Bare("a", { list: [{ x: 2 }], map: { y: { z: 1 } } }, { replaceOnChanges: ["list"] }),
      },
      {
        run: "up",
        program: async () =>
          void new Bare("a", { list: [{ x: 2 }], map: { y: { z: 2 } } }, { replaceOnChanges: ["map.y"] }),
      },
    ],
  },
  {
    name: "ignore-changes-inside-a-secret",
    steps: [
      { run: "up", program: valued(pulumi.secret({ x: "one", y: 1 })) },
      { run: "up", program: valued({ x: "two", y: 2 }, { ignoreChanges: ["value.x"] }) },
      { run: "up", program: valued(pulumi.secret(["one", "two"])) },
      { run: "up", program: valued(["three", "four"], { ignoreChanges: ["value[0]"] }) },
    ],
  },
  {
    name: "ignore-changes-of-every-element-itself",
    informed: true,
    steps: [
      { run: "up", program: valued([1, 1]) },
      { run: "up", program: valued([2, 3], { ignoreChanges: ["value[*]"] }) },
      { run: "up", program: valued([2], { ignoreChanges: ["value[*]"] }) },
    ],
  },
  {
    name: "ignore-changes-of-every-member",
    informed: true,
    steps: [
      { run: "up", program: valued({ a: { x: 1, y: 1 }, b: { x: 1, y: 1 } }) },
      { run: "up", program: valued({ a: { x: 2, y: 1 }, b: { x: 3, y: 2 } }, { ignoreChanges: ["value.*.x"] }) },
      { run: "up", program: valued({ c: { x: 2, y: 1 } }, { ignoreChanges: ["value.*.x"] }) },
      { run: "up", program: valued({ b: { x: 2 }, c: { x: 4 } }, { ignoreChanges: ["value.*"] }) },
    ],
  },
  {
    name: "ignore-changes-of-places-that-are-gone",
    informed: true,
    steps: [
      { run: "up", program: valued({ list: [1, 2], map: { x: { y: 1 } } }) },
      { run: "up", program: valued({ list: [1], map: { x: { y: 1 } } }, { ignoreChanges: ["value.list[1]"] }) },
      { run: "up", program: valued({ list: { a: 1 }, map: { x: { y: 1 } } }, { ignoreChanges: ["value.list[0]"] }) },
      { run: "up", program: valued({ list: [1, 2], map: {} }, { ignoreChanges: ["value.map.x.y"] }) },
      { run: "up", program: valued({ list: [2, 2], map: {} }, { ignoreChanges: ["value.list[2]", "value.none[0]"] }) },
    ],
  },
];
