// Questions about zod schemas that zod does not answer itself: where secrets are, and which keys of a value a schema does
// not know. Pure; shared by the workspace check (settings) and by programs (outputs and needs).
import * as z from "zod";
import { Secret } from "./secret.ts";

/** What the compiler sees of the mark; nothing at run time. */
export interface SecretMark {
  readonly [secretMark]: true;
}
declare const secretMark: unique symbol;

const secrets = z.registry<{ secret: true }>();

/** No settings at all. */
export const emptySettings = z.object({});

/** Returns a copy of the schema that carries the secret mark; the original stays as it was. */
export function markSecret<T extends z.ZodType>(schema: T): T & SecretMark {
  const marked = schema.clone();
  secrets.add(marked, { secret: true });
  return marked as T & SecretMark;
}

/**
 * Whether a value of this schema is secret as a whole.
 *
 * The mark is found through everything that zod wraps around or makes from a marked schema (`.optional()`, `.min(8)`,
 * `.default()`, `.pipe()`); a union or an intersection is secret when one of its parts is.
 */
export function isSecret(schema: z.ZodType): boolean {
  return marked(schema, new Set());
}

function marked(schema: z.core.$ZodType, seen: Set<z.core.$ZodType>): boolean {
  if (seen.has(schema)) return false;
  seen.add(schema);
  // `get`, not `has`: only `get` looks at the schema that this one was made from (zod/v4/core/registries.js).
  if (secrets.get(schema as z.ZodType)?.secret) return true;
  return layers(schema).some((inner) => marked(inner, seen));
}

/** Schemas of the same value: what a wrapper wraps, both ends of a pipe, the options of a union. */
function layers(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "optional":
    case "nullable":
    case "nonoptional":
    case "default":
    case "prefault":
    case "readonly":
    case "catch":
    case "success":
    case "promise":
      return [def.innerType];
    case "pipe":
      return [def.in, def.out];
    case "union":
      return def.options;
    case "intersection":
      return [def.left, def.right];
    case "lazy":
      return [def.getter()];
    default:
      return [];
  }
}

/**
 * Where secrets are inside values of this schema: paths of property names, `*` for every element of an array or a record.
 * `[[]]` when the whole is secret, `[]` when nothing is. Sorted; paths inside a secret are left out.
 */
export function secretPaths(schema: z.ZodType): readonly (readonly string[])[] {
  const found: string[][] = [];
  const visit = (current: z.core.$ZodType, path: string[], above: readonly z.core.$ZodType[]): void => {
    if (above.includes(current)) return; // a recursive schema: what is below was seen on the way here
    if (secrets.get(current as z.ZodType)?.secret) {
      found.push(path);
      return;
    }
    const here = [...above, current];
    for (const inner of layers(current)) visit(inner, path, here);
    for (const [key, child] of children(current)) visit(child, [...path, key], here);
  };
  visit(schema, [], []);
  const covered = (path: readonly string[]): boolean =>
    found.some((other) => other.length < path.length && other.every((segment, i) => segment === path[i]));
  const distinct = new Map(found.filter((path) => !covered(path)).map((path) => [JSON.stringify(path), path]));
  return [...distinct.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
}

/** Schemas of the parts of a value, by property name or `*`. */
function children(schema: z.core.$ZodType): readonly (readonly [string, z.core.$ZodType])[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "object":
      return [...Object.entries(def.shape), ...(def.catchall ? [["*", def.catchall] as const] : [])];
    case "array":
      return [["*", def.element]];
    case "tuple":
      return [...def.items, ...(def.rest ? [def.rest] : [])].map((item) => ["*", item] as const);
    case "record":
    case "map":
      return [["*", def.valueType]];
    case "set":
      return [["*", def.valueType]];
    default:
      return [];
  }
}

/** A key that a schema does not know, where it is, and what could stand there. */
export interface UnknownKey {
  readonly path: readonly (string | number)[];
  readonly key: string;
  readonly known: readonly string[];
}

/**
 * Keys of a value that its schema does not know, at every depth. zod drops them silently unless each object says
 * `strict`; here nobody has to. Objects with a catch-all, and records, know every key.
 */
export function unknownKeys(schema: z.ZodType, value: unknown): readonly UnknownKey[] {
  return strangers(schema, value, []);
}

function strangers(schema: z.core.$ZodType, value: unknown, path: readonly (string | number)[]): readonly UnknownKey[] {
  if (typeof value !== "object" || value === null) return [];
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "object": {
      if (Array.isArray(value)) return [];
      const shape: Readonly<Record<string, z.core.$ZodType>> = def.shape;
      const open = def.catchall !== undefined && (def.catchall as z.core.$ZodTypes)._zod.def.type !== "never";
      return Object.entries(value).flatMap(([key, part]) => {
        if (Object.hasOwn(shape, key)) return strangers(shape[key]!, part, [...path, key]);
        return open ? [] : [{ path, key, known: Object.keys(shape) }];
      });
    }
    case "array":
      if (!Array.isArray(value)) return [];
      return value.flatMap((part: unknown, index) => strangers(def.element, part, [...path, index]));
    case "tuple":
      if (!Array.isArray(value)) return [];
      return value.flatMap((part: unknown, index) => {
        const item = def.items[index] ?? def.rest;
        return item ? strangers(item, part, [...path, index]) : [];
      });
    case "record":
      return Object.entries(value).flatMap(([key, part]) => strangers(def.valueType, part, [...path, key]));
    case "union": {
      // The option that the value is meant for is the one that knows most of it.
      const answers = def.options.map((option) => strangers(option, value, path));
      return answers.reduce((best, answer) => (answer.length < best.length ? answer : best), answers[0] ?? []);
    }
    case "pipe":
      return strangers(def.in, value, path);
    case "intersection": {
      const right = strangers(def.right, value, path);
      const also = (one: UnknownKey): boolean =>
        right.some((other) => other.key === one.key && String(other.path) === String(one.path));
      return strangers(def.left, value, path).filter(also);
    }
    default:
      return layers(schema).flatMap((inner) => strangers(inner, value, path));
  }
}

/** What is wrong with a plain value, in one line without the value itself (it may be secret); undefined when nothing is. */
export function complaint(schema: z.ZodType, value: unknown): string | undefined {
  const stranger = unknownKeys(schema, value)[0];
  if (stranger !== undefined) {
    const where = stranger.path.length > 0 ? ` in ${stranger.path.join(".")}` : "";
    return `unknown key "${stranger.key}"${where}; declared: ${stranger.known.join(", ") || "none"}`;
  }
  const result = schema.safeParse(value);
  if (result.success) return undefined;
  return result.error.issues
    .map(({ path, message }) => (path.length > 0 ? `${path.join(".")}: ${message}` : message))
    .join("; ");
}

/**
 * The value with a Secret in the place of everything that its schema declares secret (`Plain` in define.ts, at run time).
 * Where a schema mixes secrets in a way that has no such place (an intersection, a tuple, a map), the whole is one.
 */
export function concealed(schema: z.core.$ZodType, value: unknown): unknown {
  if (secrets.get(schema as z.ZodType)?.secret) return new Secret(value);
  if (value === undefined || value === null || secretPaths(schema as z.ZodType).length === 0) return value;
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const each = (record: object, of: (key: string) => z.core.$ZodType | undefined): unknown =>
    Object.fromEntries(
      Object.entries(record).map(([key, part]) => {
        const inner = of(key);
        return [key, inner === undefined ? part : concealed(inner, part)];
      }),
    );
  switch (def.type) {
    case "optional":
    case "nullable":
    case "nonoptional":
    case "default":
    case "readonly":
      return concealed(def.innerType, value);
    case "array":
      return Array.isArray(value) ? value.map((part) => concealed(def.element, part)) : value;
    case "object":
      return each(value, (key) => (Object.hasOwn(def.shape, key) ? def.shape[key] : def.catchall));
    case "record":
      return each(value, () => def.valueType);
    case "union": {
      const option = def.options.find((one) => (one as z.ZodType).safeParse(value).success);
      return option === undefined ? new Secret(value) : concealed(option, value);
    }
    default:
      return new Secret(value);
  }
}
