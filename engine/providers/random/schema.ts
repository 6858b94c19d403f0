// What the `random` package's resources are: their attributes, and for each the rules that the plugin applies. Data only.
// Source: terraform-provider-random as bundled in pulumi-random 4.21.2, and the answers of that plugin (test/engine/random).

/** How a value is read: the bridge turns booleans and numbers into strings, and strings that are numbers into numbers. */
export type AttributeKind = "whole-number" | "boolean" | "text" | "text-list" | "text-map";

/**
 * What a change of the attribute does. `never`: nothing is planned for it. `keepers`: replaces, unless only null values came
 * in. `override-special`: replaces, unless `""` became absent. `number`: follows `numeric`, and replaces.
 */
export type ChangeRule = "never" | "replace" | "keepers" | "override-special" | "number";

export interface Attribute {
  /** Pulumi's name. */
  readonly name: string;
  /** The name in the plugin's messages and in the raw state. */
  readonly rawName: string;
  readonly kind: AttributeKind;
  readonly use: "required" | "optional" | "computed";
  /** Filled in by the plan, not by Check: the default stays out of the inputs. */
  readonly default?: number | boolean | string;
  readonly onChange: ChangeRule;
  readonly secret: boolean;
  /** For a required attribute: what the message about its absence adds. */
  readonly hint: string;
}

export interface ResourceSchema {
  /** Last part of the type token, e.g. `RandomPet`. */
  readonly name: string;
  /** Version of the state's layout; written to `__meta` when it is not 0. */
  readonly stateVersion: number;
  readonly attributes: readonly Attribute[];
}

type Extra = Partial<Pick<Attribute, "rawName" | "default" | "onChange" | "secret" | "hint">>;

function attribute(name: string, kind: AttributeKind, use: Attribute["use"], extra: Extra = {}): Attribute {
  return {
    name,
    rawName: extra.rawName ?? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    kind,
    use,
    ...(extra.default === undefined ? {} : { default: extra.default }),
    onChange: extra.onChange ?? (use === "computed" ? "never" : "replace"),
    secret: extra.secret ?? false,
    hint: extra.hint ?? "",
  };
}

const required = (name: string, kind: AttributeKind, hint: string, extra: Extra = {}): Attribute =>
  attribute(name, kind, "required", { ...extra, hint });
const optional = (name: string, kind: AttributeKind, extra: Extra = {}): Attribute =>
  attribute(name, kind, "optional", extra);
const computed = (name: string, kind: AttributeKind = "text", extra: Extra = {}): Attribute =>
  attribute(name, kind, "computed", extra);

const keepers = optional("keepers", "text-map", { onChange: "keepers" });
const id = computed("id");

const generatedText: readonly Attribute[] = [
  keepers,
  required("length", "whole-number", "How many characters: 1 or more, and at least the sum of the four minimums."),
  optional("special", "boolean", { default: true }),
  optional("upper", "boolean", { default: true }),
  optional("lower", "boolean", { default: true }),
  optional("number", "boolean", { onChange: "number" }),
  optional("numeric", "boolean", { onChange: "number" }),
  optional("minNumeric", "whole-number", { default: 0 }),
  optional("minUpper", "whole-number", { default: 0 }),
  optional("minLower", "whole-number", { default: 0 }),
  optional("minSpecial", "whole-number", { default: 0 }),
  optional("overrideSpecial", "text", { onChange: "override-special" }),
];

const uuid = (name: string): ResourceSchema => ({
  name,
  stateVersion: 0,
  attributes: [keepers, computed("result"), id],
});

export const schemas: readonly ResourceSchema[] = [
  {
    name: "RandomBytes",
    stateVersion: 0,
    attributes: [
      optional("keepers", "text-map"),
      required("length", "whole-number", "How many bytes: 1 or more."),
      computed("base64", "text", { secret: true }),
      computed("hex", "text", { secret: true }),
    ],
  },
  {
    name: "RandomId",
    stateVersion: 0,
    attributes: [
      keepers,
      required("byteLength", "whole-number", "How many bytes: 1 or more."),
      optional("prefix", "text"),
      computed("b64Url"),
      computed("b64Std"),
      computed("hex"),
      computed("dec"),
      id,
    ],
  },
  {
    name: "RandomInteger",
    stateVersion: 0,
    attributes: [
      keepers,
      required("min", "whole-number", "The smallest result."),
      required("max", "whole-number", "The largest result."),
      optional("seed", "text"),
      computed("result", "whole-number"),
      id,
    ],
  },
  {
    name: "RandomPassword",
    stateVersion: 3,
    attributes: [
      ...generatedText,
      computed("result", "text", { secret: true }),
      computed("bcryptHash", "text", { secret: true }),
      id,
    ],
  },
  {
    name: "RandomPet",
    stateVersion: 0,
    attributes: [
      keepers,
      optional("length", "whole-number", { default: 2 }),
      optional("prefix", "text"),
      optional("separator", "text", { default: "-" }),
      id,
    ],
  },
  {
    name: "RandomShuffle",
    stateVersion: 0,
    attributes: [
      keepers,
      optional("seed", "text"),
      required("inputs", "text-list", "The texts to shuffle.", { rawName: "input" }),
      optional("resultCount", "whole-number"),
      computed("results", "text-list", { rawName: "result" }),
      id,
    ],
  },
  { name: "RandomString", stateVersion: 2, attributes: [...generatedText, computed("result"), id] },
  uuid("RandomUuid"),
  uuid("RandomUuid4"),
  uuid("RandomUuid7"),
];
