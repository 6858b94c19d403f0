/** Calls a function when its value is first asked for, and keeps the value; a promise is kept also when it rejects. */
export interface Once<T> {
  (): T;
  /** Whether it has been called. */
  readonly called: () => boolean;
}

export function once<T>(make: () => T): Once<T> {
  let made: { readonly value: T } | undefined;
  const get = (): T => {
    made ??= { value: make() };
    return made.value;
  };
  return Object.assign(get, { called: () => made !== undefined });
}
