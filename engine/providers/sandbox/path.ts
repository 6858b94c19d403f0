// Property paths as Pulumi writes them: `a.b[0]["c.d"]`.

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

/** Whether keys name something inside a resource. */
export function isPath(keys: readonly (string | number)[]): boolean {
  return typeof keys[0] === "string";
}

/** The text of keys. */
export function pathText(keys: readonly (string | number)[]): string {
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
