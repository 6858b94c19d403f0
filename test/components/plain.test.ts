// The parts of components that need no Pulumi: ranges, names, quantities.
import { describe, expect, it } from "vitest";
import { overlap, parseCidr } from "../../components/cidr.ts";
import { quantity } from "../../components/kubernetes/quantity.ts";
import {
  bucketName,
  computeName,
  kubernetesFixedName,
  type NameRule,
  nameProblem,
  postgresIdentifier,
  serviceAccountName,
} from "../../components/names.ts";

describe("parseCidr", () => {
  it.each([
    ["10.0.0.0/8", 10 * 2 ** 24, 11 * 2 ** 24 - 1],
    ["10.0.16.0/20", 10 * 2 ** 24 + 4096, 10 * 2 ** 24 + 8191],
    ["255.255.255.255/32", 2 ** 32 - 1, 2 ** 32 - 1],
    ["0.0.0.0/0", 0, 2 ** 32 - 1],
  ])("reads %s", (text, first, last) => {
    expect(parseCidr(text)).toMatchObject({ first, last });
  });
  it.each(["", "10.0.0.0", "10.0.0.1/8", "10.0.0.0/33", "256.0.0.0/8", "10.0.0/8", "10.0.0.0/8 ", "a.b.c.d/8", "::/0"])(
    "refuses %j",
    (text) => {
      expect(parseCidr(text)).toBeUndefined();
    },
  );
  it.each([
    ["10.0.0.0/8", "10.255.0.0/16", true],
    ["10.0.0.0/9", "10.128.0.0/9", false],
    ["10.0.0.0/24", "10.0.0.255/32", true],
    ["10.0.1.0/24", "10.0.0.0/24", false],
  ])("%s and %s overlap: %s", (one, other, expected) => {
    expect(overlap(parseCidr(one)!, parseCidr(other)!)).toBe(expected);
    expect(overlap(parseCidr(other)!, parseCidr(one)!)).toBe(expected);
  });
});

describe("names", () => {
  const rows: readonly (readonly [NameRule, string, boolean])[] = [
    [computeName, "a".repeat(55), true],
    [computeName, "a".repeat(56), false],
    [computeName, "network.prod", false],
    [computeName, "1network", false],
    [serviceAccountName, "a".repeat(22), true],
    [serviceAccountName, "a".repeat(23), false],
    [bucketName, "files", true],
    [bucketName, "goog-files", false],
    [bucketName, "my-google-files", false],
    [bucketName, "my-g00gle-files", false],
    [bucketName, "files.prod", false],
    [postgresIdentifier, "app_2", true],
    [postgresIdentifier, "app-2", false],
    [kubernetesFixedName, "a".repeat(63), true],
    [kubernetesFixedName, "a".repeat(64), false],
    [kubernetesFixedName, "", false],
  ];
  it.each(rows.map(([rule, name, fits]) => [rule.of, name, fits, rule] as const))(
    "of a %s: %s fits: %s",
    (_, name, fits, rule) => {
      expect(nameProblem(name, rule) === undefined).toBe(fits);
    },
  );
  it("says how much room there is, and why", () => {
    expect(nameProblem("a".repeat(60), computeName)).toBe(
      "1 to 55 characters for the name of a Compute Engine resource, since 8 of 63 characters are appended (this has 60)",
    );
  });
});

describe("quantity", () => {
  it.each([
    ["250m", 0.25],
    ["2", 2],
    ["1.5", 1.5],
    ["128Mi", 2 ** 27],
    ["1G", 1e9],
  ])("reads %s", (text, value) => {
    expect(quantity(text)).toBe(value);
  });
  it.each(["", "0", "m", "128mi", "1e3", "-1", "128 Mi", "1GB"])("refuses %j", (text) => {
    expect(quantity(text)).toBeUndefined();
  });
});
