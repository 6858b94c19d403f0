// Environment variables of a container: names that a shell takes, each set once.
import type { ArgumentCheck } from "../arguments.ts";

const variable = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Checks the names only: values may be secret. */
export function checkEnvironment(
  check: ArgumentCheck,
  {
    config = {},
    secrets = {},
  }: { readonly config?: Readonly<Record<string, unknown>>; readonly secrets?: Readonly<Record<string, unknown>> },
): void {
  for (const key of Object.keys(config))
    check.matches("config", key, variable, "environment variables of letters, digits and underscores");
  for (const key of Object.keys(secrets)) {
    check.matches("secrets", key, variable, "environment variables of letters, digits and underscores");
    if (Object.hasOwn(config, key)) check.refuse("secrets", key, "a variable that config does not set too");
  }
}
