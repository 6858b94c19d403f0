// Turns the stack's setting `pulumi:autonaming` into what providers are told about the names of unnamed resources: for all,
// for the resources of a provider, or for a type. A name without anything random in it lets a replacement delete first.
// (pulumi/pulumi: pkg/cmd/pulumi/autonaming, pkg/resource/autonaming)
import { createHash } from "node:crypto";
import type { CheckRequest } from "../providers/provider.ts";

export interface Autonaming {
  readonly options: NonNullable<CheckRequest["autonaming"]>;
  /** The name is always the same: a resource and its replacement cannot have it at once. */
  readonly deleteBeforeReplace: boolean;
  /** A provider that cannot follow it is worth a warning. */
  readonly warns: boolean;
}

/** undefined: the provider's own habit. The same seed gives the same name. */
export type Autonamer = (resource: { type: string; name: string; seed: Uint8Array }) => Autonaming | undefined;

interface Rule {
  readonly mode?: "default" | "verbatim" | "disabled";
  readonly pattern?: string;
  readonly enforce?: boolean;
}

export interface NamingContext {
  readonly organization: string;
  readonly project: string;
  readonly stack: string;
}

const KEY = "pulumi:autonaming";

/**
 * What the configuration says. @param values plain values by `namespace:key`
 * @throws Error that names the wrong part.
 */
export function autonamerOf(values: Readonly<Record<string, string>>, context: NamingContext): Autonamer | undefined {
  const text = values[KEY];
  if (text === undefined) return undefined;
  const { providers = {}, ...root } = section(parse(text), KEY, ["providers"]);
  const fallback = ruleOf(root, KEY, values, context);
  const ofProvider = new Map<string, Rule | undefined>();
  const ofType = new Map<string, Rule>();
  for (const [provider, given] of Object.entries(object(providers, `${KEY}.providers`))) {
    const at = `${KEY}.providers.${provider}`;
    const { resources = {}, ...own } = section(given, at, ["resources"]);
    ofProvider.set(provider, ruleOf(own, at, values, context));
    for (const [type, rule] of Object.entries(object(resources, `${at}.resources`))) {
      const found = ruleOf(section(rule, `${at}.resources.${type}`, []), `${at}.resources.${type}`, values, context);
      if (!found) throw new Error(`${at}.resources.${type} must have a mode or a pattern`);
      ofType.set(type, found);
    }
  }
  return ({ type, name, seed }) => {
    const provider = type.split(":")[0]!;
    const rule = ofType.get(type) ?? ofProvider.get(provider) ?? fallback;
    const named = rule && nameBy(rule, name, seed);
    return named && { ...named, warns: named.warns || ofType.has(type) || ofProvider.has(provider) };
  };
}

function nameBy({ mode, pattern, enforce = false }: Rule, name: string, seed: Uint8Array): Autonaming | undefined {
  if (mode === "verbatim") return fixed({ proposedName: name, mode: "enforce" });
  if (mode === "disabled") return fixed({ proposedName: "", mode: "disable" });
  if (pattern === undefined) return undefined;
  const next = randomFrom(seed);
  const plain = pattern.replaceAll(/\$\{name\}/g, () => name);
  const proposedName = plain.replaceAll(RANDOM, (_, kind: string, length: string | undefined) =>
    next(kind, Number(length)),
  );
  const options = { proposedName, mode: enforce ? "enforce" : "propose" } as const;
  return { options, deleteBeforeReplace: proposedName === plain, warns: enforce };
}

const fixed = (options: Autonaming["options"]): Autonaming => ({ options, deleteBeforeReplace: true, warns: false });

const RANDOM = /\$\{(hex|alphanum|string|num|uuid)(?:\((\d+)\))?\}/g;
const ALPHABETS: Readonly<Record<string, string>> = {
  hex: "0123456789abcdef",
  alphanum: "abcdefghijklmnopqrstuvwxyz0123456789",
  string: "abcdefghijklmnopqrstuvwxyz",
  num: "0123456789",
};

/** Draws from the seed, never the same digits twice. */
function randomFrom(seed: Uint8Array): (kind: string, length: number) => string {
  let drawn = 0;
  const byte = () => createHash("sha256").update(seed).update(`${drawn++}`).digest()[0]!;
  const text = (alphabet: string, length: number) =>
    Array.from({ length }, () => alphabet[byte() % alphabet.length]).join("");
  return (kind, length) => {
    if (kind !== "uuid") return text(ALPHABETS[kind]!, length);
    const hex = (digits: number) => text(ALPHABETS["hex"]!, digits);
    return [hex(8), hex(4), hex(4), hex(4), hex(12)].join("-");
  };
}

function ruleOf(
  given: Readonly<Record<string, unknown>>,
  at: string,
  values: Readonly<Record<string, string>>,
  context: NamingContext,
): Rule | undefined {
  const { mode, pattern, enforce } = given;
  if (mode !== undefined && (pattern !== undefined || enforce !== undefined))
    throw new Error(`${at} cannot have both a mode and a pattern`);
  if (pattern !== undefined && typeof pattern !== "string") throw new Error(`${at}.pattern must be a string`);
  if (enforce !== undefined && typeof enforce !== "boolean") throw new Error(`${at}.enforce must be true or false`);
  if (enforce !== undefined && pattern === undefined) throw new Error(`${at}.enforce needs a pattern beside it`);
  if (pattern !== undefined) return { pattern: resolved(pattern, values, context), ...(enforce && { enforce }) };
  if (mode === undefined) return undefined;
  if (mode !== "default" && mode !== "verbatim" && mode !== "disabled")
    throw new Error(`${at}.mode must be default, verbatim or disabled, got ${JSON.stringify(mode)}`);
  return { mode };
}

/** Fills in what does not depend on the resource. */
function resolved(pattern: string, values: Readonly<Record<string, string>>, context: NamingContext): string {
  const { organization, project, stack } = context;
  const known: Readonly<Record<string, string>> = { organization, project, stack };
  return pattern.replaceAll(/\$\{(organization|project|stack|config\.([^}]+))\}/g, (_, word: string, key?: string) => {
    if (key === undefined) return known[word]!;
    const value = values[`${project}:${key}`];
    if (value === undefined) throw new Error(`${KEY} names the setting "${key}", which the stack does not have`);
    return value;
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${KEY} must be an object, got ${JSON.stringify(text)}`);
  }
}

function object(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`${at} must be an object, got ${JSON.stringify(value)}`);
  return value as Record<string, unknown>;
}

function section(value: unknown, at: string, more: readonly string[]): Readonly<Record<string, unknown>> {
  const allowed = ["mode", "pattern", "enforce", ...more];
  const found = object(value, at);
  const odd = Object.keys(found).find((key) => !allowed.includes(key));
  if (odd !== undefined) throw new Error(`${at} has no "${odd}"; it may have ${allowed.join(", ")}`);
  return found;
}
