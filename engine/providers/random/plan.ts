// Plans what a resource will be: from checked inputs and, for a change, from the state before, to the state after.
// The order is Terraform's plugin framework's, and it matters:
//
// 1. An attribute the inputs do not set takes its default; a computed one without a default keeps its old value.
// 2. On a create, what is computed and not set becomes unknown. (A change keeps it: every computed attribute of these
//    resources is stable.)
// 3. `number` and `numeric`, two names of one thing, both take whichever is set; both true when neither is.
// 4. Each attribute that now differs is a change; its rule says whether it forces a replacement.
import { Unknown, unknown } from "../../values.ts";
import { isTextMap, sameValue, type Value, type Values } from "./config.ts";
import type { Attribute, ResourceSchema } from "./schema.ts";

export interface Plan {
  readonly values: Values;
  /** Pulumi names, sorted. */
  readonly changed: readonly string[];
  /** Those of `changed` that force a replacement, sorted. */
  readonly replaces: readonly string[];
}

/** @throws {Error} when a number is not whole, or `number` and `numeric` contradict each other. */
export function plan(schema: ResourceSchema, config: Values, prior: Values | undefined): Plan {
  for (const { name, kind } of schema.attributes) if (kind === "whole-number") expectWhole(name, config[name]!);
  const values = Object.fromEntries(schema.attributes.map((a) => [a.name, plannedValue(a, config, prior)]));
  const changed = schema.attributes.filter((a) => !sameValue(values[a.name]!, prior?.[a.name] ?? null));
  const replaces = prior ? changed.filter((a) => forcesReplacement(a, config[a.name]!, prior[a.name]!)) : [];
  const names = (attributes: readonly Attribute[]) => attributes.map((a) => a.name).sort();
  return { values, changed: names(changed), replaces: names(replaces) };
}

function expectWhole(name: string, value: Value): void {
  if (typeof value === "number" && !Number.isInteger(value))
    throw new Error(`${name} must be a whole number, got: ${value}`);
}

function plannedValue(attribute: Attribute, config: Values, prior: Values | undefined): Value {
  const { name, use, onChange } = attribute;
  if (onChange === "number") return numericOf(config, name);
  if (use === "computed") return prior ? prior[name]! : unknown;
  return config[name] ?? attribute.default ?? null;
}

function numericOf(config: Values, name: string): Value {
  const [number, numeric] = [config["number"] ?? null, config["numeric"] ?? null];
  if (number !== null && numeric !== null && isTrue(number) !== isTrue(numeric)) {
    throw new Error(
      `number and numeric are both configured with different values (${number} and ${numeric}); number is deprecated, use numeric only`,
    );
  }
  return config[name] ?? numeric ?? number ?? true;
}

/** As the plugin compares them: an unknown counts as false. */
const isTrue = (value: Value): boolean => value === true;

function forcesReplacement(attribute: Attribute, config: Value, prior: Value): boolean {
  switch (attribute.onChange) {
    case "never":
      return false;
    case "replace":
    case "number":
      return true;
    case "override-special":
      return !(config instanceof Unknown) && !(config === null && prior === "");
    case "keepers":
      return !onlyNullsCameIn(config, prior);
  }
}

function onlyNullsCameIn(config: Value, prior: Value): boolean {
  const after = isTextMap(config) ? config : {};
  if (!isTextMap(prior)) return Object.values(after).every((value) => value === null);
  const kept = Object.keys(prior).every((key) => Object.hasOwn(after, key));
  return kept && Object.entries(after).every(([key, value]) => sameValue(value, prior[key] ?? null));
}
