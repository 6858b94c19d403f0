// Property paths as Pulumi writes them in detailed diffs: `a.b[0]["c.d"]`.

export type PropertyPath = readonly (string | number)[];

/** Writes a path; a key that is not a plain word is quoted in brackets. */
export function formatPath(path: PropertyPath): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[A-Za-z_$][\w$]*$/.test(part)) text += text === "" ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** Reads a path; what cannot be read as one is taken as a single key. */
export function parsePath(text: string): PropertyPath {
  const path: (string | number)[] = [];
  const token = /\.?([^.[\]]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]/y;
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    if (match === null) return [text];
    const [, word, index, quoted] = match;
    if (index !== undefined) path.push(Number(index));
    else if (quoted !== undefined) path.push(quoted.replaceAll(/\\(.)/g, "$1"));
    else path.push(word!);
  }
  return path;
}

/** The value at a path; undefined where there is none. */
export function valueAt(value: unknown, path: PropertyPath): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== "object" || current === null) return undefined;
    current = (current as Record<string | number, unknown>)[part];
  }
  return current;
}

/** Paths of the leaves in which two JSON values differ, sorted. An array or object against another kind is one leaf. */
export function differences(a: unknown, b: unknown): readonly PropertyPath[] {
  const found: PropertyPath[] = [];
  const visit = (left: unknown, right: unknown, path: PropertyPath): void => {
    if (isTree(left) && isTree(right) && Array.isArray(left) === Array.isArray(right)) {
      const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
      for (const key of [...keys].sort()) {
        visit(left[key], right[key], [...path, Array.isArray(left) ? Number(key) : key]);
      }
    } else if (!equalLeaves(left, right)) found.push(path);
  };
  visit(a, b, []);
  return found;
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** A null and an absent property are the same to Pulumi; so are two empty containers of one kind. */
function equalLeaves(a: unknown, b: unknown): boolean {
  return (a ?? null) === (b ?? null);
}
