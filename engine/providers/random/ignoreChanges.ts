// Takes the old value at each ignored path, as the bridge does with the *state* beside what the engine did with the inputs:
// an ignored default then stays what it was. Paths are Pulumi's: `keepers.a`, `keepers["a.b"]`, `inputs[0]`, `*` for all.
// Source: pulumi-terraform-bridge 3.137 (unstable/propertyvalue).
import { isPropertyArray, isPropertyMap, type PropertyMap, type PropertyValue } from "../../values.ts";

/** @throws {Error} naming a path that cannot be read. */
export function withIgnored(state: PropertyMap, inputs: PropertyMap, paths: readonly string[]): PropertyMap {
  return paths.map(parse).reduce((result, path) => take(path, state, result) as PropertyMap, inputs);
}

function parse(path: string): readonly string[] {
  const steps: string[] = [];
  let rest = path;
  while (rest !== "") {
    const match = /^(?:\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|\.?([^.[\]"]+))/.exec(rest);
    if (!match)
      throw new Error(
        `ignoreChanges: cannot read ${JSON.stringify(path)}; expected a path such as keepers.name or inputs[0]`,
      );
    steps.push(match[1]?.replace(/\\(.)/g, "$1") ?? match[2] ?? match[3]!);
    rest = rest.slice(match[0].length);
  }
  return steps;
}

function take(path: readonly string[], from: PropertyValue, to: PropertyValue): PropertyValue {
  const [step, ...rest] = path;
  if (step === undefined) return from;
  if (isPropertyArray(from) && isPropertyArray(to)) {
    return to.map((element, index) =>
      index < from.length && (step === "*" || step === String(index)) ? take(rest, from[index]!, element) : element,
    );
  }
  if (!isPropertyMap(from) || !isPropertyMap(to)) return to;
  const keys = step === "*" ? new Set([...Object.keys(from), ...Object.keys(to)]) : [step];
  const result: Record<string, PropertyValue> = { ...to };
  for (const key of keys) {
    const [old, now] = [from[key], to[key]];
    if (old !== undefined && now !== undefined) result[key] = take(rest, old, now);
    else if (rest.length === 0 && old !== undefined) result[key] = old;
    else if (rest.length === 0) delete result[key];
  }
  return result;
}
