// A typed look into property values for the sandbox's tables: secrets opened, what is unknown or absent reads `undefined`.
// It keeps the tables free of type tests. What it returns is plain: never put a looked-up secret into an error message.
import { isPropertyArray, isPropertyMap, type PropertyMap, type PropertyValue, Secret, Unknown } from "../../values.ts";

export class View {
  /** The value itself, its outer secret opened; `undefined` when absent. */
  readonly value: PropertyValue | undefined;

  constructor(value: PropertyValue | undefined) {
    this.value = value instanceof Secret ? value.element : value;
  }

  /** The value at a dotted path of property names, e.g. `settings.ipConfiguration.privateNetwork`. */
  at(path: string): View {
    return path.split(".").reduce((view, name) => view.property(name), new View(this.value));
  }

  /** One property, whose name may hold dots. */
  property(name: string): View {
    const { value } = this;
    if (value instanceof Unknown) return this;
    if (value === undefined || value === null || !isPropertyMap(value) || !Object.hasOwn(value, name)) return absent;
    return new View(value[name]);
  }

  get string(): string | undefined {
    return typeof this.value === "string" ? this.value : undefined;
  }
  get number(): number | undefined {
    return typeof this.value === "number" ? this.value : undefined;
  }
  get boolean(): boolean | undefined {
    return typeof this.value === "boolean" ? this.value : undefined;
  }
  /** The elements of a list; none when it is absent or unknown. */
  get items(): readonly View[] {
    const { value } = this;
    return value !== undefined && isPropertyArray(value) ? value.map((element) => new View(element)) : [];
  }
  /** The known strings of a list. */
  get strings(): readonly string[] {
    return this.items.flatMap(({ string }) => (string === undefined ? [] : [string]));
  }
  get entries(): readonly (readonly [string, View])[] {
    const { value } = this;
    if (value === undefined || !isPropertyMap(value)) return [];
    return Object.entries(value).map(([name, property]) => [name, new View(property)] as const);
  }
  /** Absent, or an explicit null: the same to a provider. */
  get isAbsent(): boolean {
    return this.value === undefined || this.value === null;
  }
  get isUnknown(): boolean {
    return this.value instanceof Unknown;
  }
}

const absent = new View(undefined);

/** The value with every secret in it opened, for computing with; unknowns stay. */
export function opened(value: PropertyValue): PropertyValue {
  if (value instanceof Secret) return opened(value.element);
  if (isPropertyArray(value)) return value.map(opened);
  if (isPropertyMap(value)) return Object.fromEntries(Object.entries(value).map(([name, v]) => [name, opened(v)]));
  return value;
}

/** Whether a secret is anywhere in the value. */
export function holdsSecret(value: PropertyValue | undefined): boolean {
  if (value === undefined) return false;
  if (value instanceof Secret) return true;
  if (isPropertyArray(value)) return value.some(holdsSecret);
  return isPropertyMap(value) && Object.values(value).some(holdsSecret);
}

/**
 * A text with every secret of the values in it blinded. Tables quote what is wrong with a value: this is what lets them do so
 * without asking whether it was a secret. Texts of fewer than 4 characters are left: they tell nothing and would garble words.
 */
export function withoutSecrets(text: string, ...values: readonly (PropertyValue | undefined)[]): string {
  const secrets = values.flatMap((value) => secretTexts(value, false)).filter(({ length }) => length >= 4);
  return secrets
    .sort((a, b) => b.length - a.length)
    .reduce((blinded, secret) => blinded.replaceAll(secret, "[secret]"), text);
}

function secretTexts(value: PropertyValue | undefined, inside: boolean): string[] {
  if (value instanceof Secret) return secretTexts(value.element, true);
  if (typeof value === "string" || typeof value === "number") return inside ? [String(value)] : [];
  if (value === undefined) return [];
  if (isPropertyArray(value)) return value.flatMap((element) => secretTexts(element, inside));
  return isPropertyMap(value) ? Object.values(value).flatMap((element) => secretTexts(element, inside)) : [];
}

/** Whether an unknown is anywhere in the value, secrets opened. */
export function holdsUnknown(value: PropertyValue | undefined): boolean {
  if (value === undefined) return false;
  if (value instanceof Unknown) return true;
  if (value instanceof Secret) return holdsUnknown(value.element);
  if (isPropertyArray(value)) return value.some(holdsUnknown);
  return isPropertyMap(value) && Object.values(value).some(holdsUnknown);
}

/** `given` with what it lacks taken from `fallback`, at every depth of objects; lists and scalars are whole. */
export function filled(given: PropertyValue | undefined, fallback: PropertyValue): PropertyValue {
  if (given === undefined || given === null) return fallback;
  if (given instanceof Secret) return new Secret(filled(given.element, fallback));
  if (!isPropertyMap(given) || !isPropertyMap(fallback)) return given;
  const result: Record<string, PropertyValue> = { ...given };
  for (const [name, value] of Object.entries(fallback)) result[name] = filled(given[name], value);
  return result;
}

/** Objects without absent or null properties at the top. */
export function compact(values: Readonly<Record<string, PropertyValue | undefined>>): PropertyMap {
  return Object.fromEntries(
    Object.entries(values).filter(
      (entry): entry is [string, PropertyValue] => entry[1] !== undefined && entry[1] !== null,
    ),
  );
}
