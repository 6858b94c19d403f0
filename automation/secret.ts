// A value that does not show itself: printed, thrown into a message or written as JSON it reads `[secret]`. What a task is given
// for everything that a contract declares secret.

const shown = "[secret]";

/** Holds a secret; only `reveal()` gives it. */
export class Secret<T = unknown> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }
  /** The value itself: do not keep it longer, nor hand it further, than it is needed. */
  reveal(): T {
    return this.#value;
  }
  toString(): string {
    return shown;
  }
  toJSON(): string {
    return shown;
  }
  /** What console.log and util.inspect show (Node: util.inspect.custom). */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return shown;
  }
}

/** The value with every Secret in it revealed. */
export function revealed(value: unknown): unknown {
  if (value instanceof Secret) return revealed(value.reveal());
  if (Array.isArray(value)) return value.map(revealed);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, revealed(part)]));
}

/** Everything that is behind a Secret somewhere in the value, as texts; numbers and objects as JSON has them. */
export function secretTexts(value: unknown): readonly string[] {
  const texts = (plain: unknown): readonly string[] => {
    if (typeof plain === "string") return [plain];
    if (typeof plain !== "object" || plain === null) return plain === undefined ? [] : [String(plain)];
    return Object.values(plain).flatMap(texts);
  };
  if (value instanceof Secret) return texts(revealed(value));
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(secretTexts);
}
