// Property paths as Pulumi writes them, `a.b[0]["c.d"]`, and the values at them.
import { isPropertyArray, isPropertyMap, type PropertyMap, type PropertyValue, Secret } from "../../values.ts";

export type Keys = readonly (string | number)[];

/** The keys of a path, names and indices; undefined when it is not one. */
export function parsePath(path: string): (string | number)[] | undefined {
  const keys: (string | number)[] = [];
  let rest = path;
  while (rest !== "") {
    const match = /^\[(\d+)\]|^\[("(?:[^"\\]|\\.)*")\]|^(\.?)([^.[\]"]+)/.exec(rest);
    if (match === null) return undefined;
    const [all, index, quoted, dot, name] = match;
    if (index !== undefined) keys.push(Number(index));
    else if (quoted !== undefined) keys.push(JSON.parse(quoted) as string);
    else if ((dot === "") === (keys.length === 0)) keys.push(name!);
    else return undefined;
    rest = rest.slice(all.length);
  }
  return keys;
}

/** The text of keys. */
export function pathText(keys: Keys): string {
  return keys
    .map((key, index) =>
      typeof key === "number"
        ? `[${key}]`
        : /^[A-Za-z_$][\w$]*$/.test(key)
          ? `${index === 0 ? "" : "."}${key}`
          : `[${JSON.stringify(key)}]`,
    )
    .join("");
}

/** The value at a path; secret when anything around it is. */
export function valueAt(value: PropertyValue, keys: Keys): PropertyValue | undefined {
  let current: PropertyValue | undefined = value;
  let secret = false;
  for (const key of keys) {
    if (current instanceof Secret) {
      secret = true;
      current = current.element;
    }
    if (current === undefined || current === null) return undefined;
    if (typeof key === "number") current = isPropertyArray(current) ? current[key] : undefined;
    else current = isPropertyMap(current) && Object.hasOwn(current, key) ? current[key] : undefined;
  }
  return secret && current !== undefined ? new Secret(current) : current;
}

/**
 * The value with one place in it changed; null removes. Secrets around and at the place stay.
 *
 * @throws RangeError when an index is beyond the end of its list.
 */
export function withValueAt(value: PropertyValue | undefined, keys: Keys, next: PropertyValue): PropertyValue {
  if (value instanceof Secret) return new Secret(withValueAt(value.element, keys, next));
  const [key, ...rest] = keys;
  if (key === undefined) return next;
  if (typeof key === "number") {
    const list: readonly PropertyValue[] = value !== undefined && isPropertyArray(value) ? value : [];
    if (key > list.length) throw new RangeError(`the list has ${list.length} elements, there is no [${key}]`);
    if (rest.length === 0 && next === null) return list.filter((_, index) => index !== key);
    return list.toSpliced(key, 1, withValueAt(list[key], rest, next));
  }
  const properties: PropertyMap = value !== undefined && isPropertyMap(value) ? value : {};
  if (rest.length === 0 && next === null)
    return Object.fromEntries(Object.entries(properties).filter(([name]) => name !== key));
  return { ...properties, [key]: withValueAt(properties[key], rest, next) };
}
