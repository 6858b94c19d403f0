// What the setting `pulumi:autonaming` means for a resource's name.
import { expect, it } from "vitest";
import { autonamerOf } from "../../../engine/deployment/autonaming.ts";

const context = { organization: "acme", project: "shop", stack: "dev" };
const seed = new Uint8Array(32).fill(7);
const bucket = { type: "gcp:storage/bucket:Bucket", name: "logs", seed };
const named = (setting: unknown, more: Record<string, string> = {}) =>
  autonamerOf({ "pulumi:autonaming": JSON.stringify(setting), ...more }, context);

it("leaves names to the provider where nothing is set", () => {
  expect(autonamerOf({}, context)).toBeUndefined();
  expect(named({ mode: "default" })!(bucket)).toBeUndefined();
  expect(named({ providers: { aws: { mode: "verbatim" } } })!(bucket)).toBeUndefined();
});

it("takes the name as it is, or none at all", () => {
  expect(named({ mode: "verbatim" })!(bucket)).toEqual({
    options: { proposedName: "logs", mode: "enforce" },
    deleteBeforeReplace: true,
    warns: false,
  });
  expect(named({ mode: "disabled" })!(bucket)?.options.mode).toBe("disable");
});

it("fills in a pattern, the random parts by the seed", () => {
  const name = named(
    { pattern: "${organization}-${project}-${stack}-${name}-${config.zone}-${hex(6)}${num(2)}" },
    {
      "shop:zone": "b",
    },
  )!;
  const { options, deleteBeforeReplace } = name(bucket)!;
  expect(options.proposedName).toMatch(/^acme-shop-dev-logs-b-[0-9a-f]{6}\d{2}$/);
  expect(options.mode).toBe("propose");
  expect(deleteBeforeReplace).toBe(false);
  expect(name(bucket)).toEqual(name(bucket));
  expect(name({ ...bucket, seed: new Uint8Array(32) })).not.toEqual(name(bucket));
  const digits = named({ pattern: "${hex(8)}${hex(8)}" })!(bucket)!.options.proposedName;
  expect(digits.slice(0, 8)).not.toBe(digits.slice(8));
  expect(named({ pattern: "${uuid}" })!(bucket)?.options.proposedName).toMatch(
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  );
});

it("prefers what is said of the type, then of the provider", () => {
  const name = named({
    mode: "verbatim",
    providers: {
      gcp: {
        pattern: "of-gcp-${name}",
        resources: { "gcp:storage/bucket:Bucket": { pattern: "bucket", enforce: true } },
      },
    },
  })!;
  expect(name(bucket)).toEqual({
    options: { proposedName: "bucket", mode: "enforce" },
    deleteBeforeReplace: true,
    warns: true,
  });
  expect(name({ ...bucket, type: "gcp:pubsub/topic:Topic" })?.options.proposedName).toBe("of-gcp-logs");
  expect(name({ ...bucket, type: "random:index/randomPet:RandomPet" })?.options.proposedName).toBe("logs");
});

it.for([
  ["nonsense", 'pulumi:autonaming must be an object, got "nonsense"'],
  [{ mode: "x" }, 'pulumi:autonaming.mode must be default, verbatim or disabled, got "x"'],
  [{ mode: "verbatim", pattern: "x" }, "pulumi:autonaming cannot have both a mode and a pattern"],
  [{ enforce: true }, "pulumi:autonaming.enforce needs a pattern beside it"],
  [{ modus: "x" }, 'pulumi:autonaming has no "modus"; it may have mode, pattern, enforce, providers'],
  [{ pattern: "${config.none}" }, 'pulumi:autonaming names the setting "none", which the stack does not have'],
  [
    { providers: { gcp: { resources: { t: {} } } } },
    "pulumi:autonaming.providers.gcp.resources.t must have a mode or a pattern",
  ],
] as const)("refuses %j", ([setting, message]) => {
  expect(() => named(setting)).toThrow(message);
});
