// Finds what is wrong with a resource's inputs before anything is planned, with the sentences of the plugin where a person
// reads them. Unknown values are given the benefit of the doubt.
import { Unknown } from "../../values.ts";
import type { Value, Values } from "./config.ts";
import type { ResourceSchema } from "./schema.ts";

const kinds = ["special", "upper", "lower"] as const;
const minimums = ["minUpper", "minLower", "minNumeric", "minSpecial"] as const;

/** Reasons, in the order of the schema; empty when all is well. `resource` is the resource's name in the program. */
export function validate(schema: ResourceSchema, config: Values, resource: string): readonly string[] {
  const reasons: string[] = [];
  const at = (name: string): string => `Examine values at '${resource}.${name}'.`;
  for (const { name, use, kind, hint } of schema.attributes) {
    const value = config[name]!;
    if (use === "required" && value === null) reasons.push(`Missing required property '${name}': ${hint}`);
    if (kind === "whole-number" && typeof value === "number" && !Number.isInteger(value)) {
      reasons.push(`Configuration Read Error. ${name} must be a whole number, got: ${value}. ${at(name)}`);
    } else if (name === "length" && use === "required" && typeof value === "number") {
      reasons.push(...lengthReasons(config, value).map((reason) => `Invalid Attribute Value. ${reason}. ${at(name)}`));
    }
    if ((name === "number" || name === "numeric") && noKindLeft(config, value)) {
      const reason = `At least one attribute out of [special,upper,lower,${name}] must be specified as true`;
      reasons.push(`Invalid Attribute Combination. ${reason}. ${at(name)}`);
    }
  }
  return reasons;
}

function lengthReasons(config: Values, length: number): readonly string[] {
  const reasons: string[] = [];
  if (length < 1) reasons.push(`Attribute length value must be at least 1, got: ${length}`);
  const given = minimums.map((name) => config[name] ?? null);
  if ("minUpper" in config && !given.some((value) => value instanceof Unknown)) {
    const sum = given.reduce<number>((total, value) => total + (typeof value === "number" ? value : 0), 0);
    if (length < sum) {
      const sumText = "min_upper + min_lower + min_numeric + min_special";
      reasons.push(`Attribute length value must be at least sum of ${sumText}, got: ${length}`);
    }
  }
  return reasons;
}

/** Whether every kind of character is switched off by name; a kind that is not mentioned is on. */
function noKindLeft(config: Values, value: Value): boolean {
  return isOff(value) && kinds.every((name) => isOff(config[name] ?? null));
}

const isOff = (value: Value): boolean => value === false;
