import { expect, it } from "vitest";
import * as z from "zod";
import { secret } from "../../automation/define.ts";
import { isSecret, secretPaths, unknownKeys } from "../../automation/schema.ts";
import { suggest } from "../../automation/suggest.ts";

it.each<readonly [string, z.ZodType]>([
  ["itself", secret(z.string())],
  ["optional", secret(z.string()).optional()],
  ["nullable and optional", secret(z.string()).nullable().optional()],
  ["default", secret(z.string()).default("x")],
  ["prefault", secret(z.string()).prefault("x")],
  ["checked afterwards", secret(z.string()).min(8)],
  ["described afterwards", secret(z.string()).describe("password")],
  ["refined afterwards", secret(z.string()).refine((text) => text.length > 3)],
  ["readonly", secret(z.array(z.string())).readonly()],
  ["caught", secret(z.string()).catch("x")],
  ["piped", z.string().pipe(secret(z.string()))],
  ["transformed", secret(z.string()).transform((text) => text.length)],
  ["one option of a union", z.union([z.number(), secret(z.string())])],
  ["one side of an intersection", z.intersection(z.object({ a: z.string() }), secret(z.object({ b: z.string() })))],
  ["lazy", z.lazy(() => secret(z.string()))],
  ["an object as a whole", secret(z.object({ a: z.string() })).optional()],
])("keeps the mark of a secret: %s", (_, schema) => {
  expect(isSecret(schema)).toBe(true);
  expect(secretPaths(schema)).toEqual([[]]);
});

it("marks a copy: the schema it was given, and what shares it, stay plain", () => {
  const plain = z.string();
  secret(plain);
  expect(isSecret(plain)).toBe(false);
  expect(isSecret(plain.optional())).toBe(false);
  expect(isSecret(z.object({ password: secret(z.string()) }))).toBe(false);
});

it("finds secrets inside values, not below other secrets", () => {
  const schema = z.object({
    user: z.string(),
    password: secret(z.string()).optional(),
    replicas: z.array(z.object({ host: z.string(), token: secret(z.string()) })),
    keys: z.record(z.string(), secret(z.string())),
    all: secret(z.object({ inner: secret(z.string()) })),
  });
  expect(secretPaths(schema)).toEqual([["all"], ["keys", "*"], ["password"], ["replicas", "*", "token"]]);
});

it("ends on schemas that hold themselves", () => {
  interface Tree {
    readonly token?: string | undefined;
    readonly children: readonly Tree[];
  }
  const tree: z.ZodType<Tree> = z.lazy(() =>
    z.object({ token: secret(z.string()).optional(), children: z.array(tree) }),
  );
  expect(isSecret(tree)).toBe(false);
  expect(secretPaths(tree)).toEqual([["token"]]);
});

it("finds keys that a schema does not know, at every depth", () => {
  const schema = z.object({
    size: z.string().optional(),
    pool: z.object({ min: z.number() }).optional(),
    zones: z.array(z.object({ name: z.string() })).default([]),
    labels: z.record(z.string(), z.string()).optional(),
    open: z.looseObject({ a: z.string() }).optional(),
    mode: z
      .union([z.object({ kind: z.literal("a"), a: z.number() }), z.object({ kind: z.literal("b"), b: z.number() })])
      .optional(),
  });
  const value = {
    sise: "large",
    pool: { min: 1, mx: 2 },
    zones: [{ name: "a" }, { name: "b", tier: 1 }],
    labels: { anything: "goes" },
    open: { a: "x", b: "goes too" },
    mode: { kind: "b", b: 1, c: 2 },
  };
  expect(unknownKeys(schema, value).map(({ path, key }) => [...path, key].join("."))).toEqual([
    "sise",
    "pool.mx",
    "zones.1.tier",
    "mode.c",
  ]);
  expect(unknownKeys(z.strictObject({ a: z.string() }), { b: 1 })).toEqual([{ path: [], key: "b", known: ["a"] }]);
  expect(unknownKeys(z.object({}), { constructor: 1 }).map(({ key }) => key)).toEqual(["constructor"]);
});

it.each([
  ["clutser", "cluster"],
  ["Cluster", "cluster"],
  ["netwrok", "network"],
  ["nework", "network"],
  ["db", undefined],
  ["completely-else", undefined],
])("suggests for %s: %s", (word, meant) => {
  expect(suggest(word, ["cluster", "network", "web"])).toBe(meant);
});
