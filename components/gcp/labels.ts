// Labels of Google Cloud resources: checked before anything is registered, for a wrong label fails late and resource by resource.
import type { ArgumentCheck } from "../arguments.ts";

/** Labels of every child that can hold them: at most 60, keys and values of lower-case letters, digits, `_` and `-`. */
export type Labels = Readonly<Record<string, string>>;

const key = /^[a-z][a-z0-9_-]{0,62}$/;
const value = /^[a-z0-9_-]{0,63}$/;

/**
 * Google takes 64 labels of 63 characters (docs.cloud.google.com/resource-manager/docs/labels-overview#requirements);
 * four are left to the provider and to components. International letters, which it takes too, are refused here.
 */
export function checkLabels(check: ArgumentCheck, labels: Labels): void {
  const entries = Object.entries(labels);
  if (entries.length > 60) check.refuse("labels", `${entries.length} labels`, "at most 60");
  for (const [name, text] of entries) {
    check.matches("labels", name, key, "keys of 1 to 63 lower-case letters, digits, _ and -, first a letter");
    check.matches(`labels.${name}`, text, value, "at most 63 lower-case letters, digits, _ and -");
  }
}

/** Labels that say which stack a resource belongs to, in bills and in the console. */
export function stackLabels(stack: { name: string; environment: string; instance: string | undefined }): Labels {
  return {
    "managed-by": "tutti",
    stack: stack.name,
    environment: stack.environment,
    ...(stack.instance !== undefined && { instance: stack.instance }),
  };
}
