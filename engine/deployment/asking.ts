// Asks providers to check and compare, in the terms the step generator thinks in.
import type { CheckFailure, DiffRequest, Provider } from "../providers/provider.ts";
import { isPropertyArray, isPropertyMap, type PropertyValue, Secret } from "../values.ts";
import { type Diff, diffMaps, unwrapSecretsIn } from "./diff.ts";
import type { Generation } from "./generation.ts";
import { resetPaths } from "./propertyPath.ts";
import type { Resource } from "./resource.ts";
import type { Severity } from "./source.ts";
import { urnName } from "./urn.ts";

/** Asks a provider for a diff; where it has none to give, its checked inputs are compared. */
export async function diffResource(
  { report }: Pick<Generation, "report">,
  provider: Provider,
  request: DiffRequest,
): Promise<Diff> {
  const diff = await provider.diff(request);
  if (diff.changes !== "unknown") return { ...diff, changes: diff.changes };
  const { oldInputs, newInputs, ignoreChanges } = request;
  const { inputs, invalid } = resetPaths(newInputs, oldInputs, ignoreChanges);
  if (invalid.length > 0) {
    report(
      "info",
      `cannot ignore changes in added or removed elements of the path: "${invalid.join(", ")}"`,
      request.urn,
    );
  }
  const found = diffMaps(unwrapSecretsIn(oldInputs), unwrapSecretsIn(inputs), true);
  if (!found) return { ...diff, changes: "none" };
  return { ...diff, changes: "some", diffs: found.changedKeys, detailedDiff: found.detailedDiff };
}

/** Reports what a provider's check found. Answers whether it found anything. */
export function reportCheckFailures(
  { report }: Pick<Generation, "report">,
  { state }: Resource,
  failures: readonly CheckFailure[],
  severity: Severity = "error",
): boolean {
  const { urn, type, inputs } = state;
  for (const { property, reason } of failures) {
    const shown = shownValue(inputs[property]);
    report(
      severity,
      property === ""
        ? `${type} resource '${urnName(urn)}' has a problem: ${reason}`
        : `${type} resource '${urnName(urn)}': property ${property} value {${shown}} has a problem: ${reason}`,
      urn,
    );
  }
  return failures.length > 0;
}

/** A value as a sentence may show it: JSON with secrets masked. */
export function shownValue(value: PropertyValue | undefined): string {
  const masked = (inner: PropertyValue): unknown => {
    if (inner instanceof Secret) return "[secret]";
    if (isPropertyArray(inner)) return inner.map(masked);
    return isPropertyMap(inner) ? Object.fromEntries(Object.entries(inner).map(([k, v]) => [k, masked(v)])) : inner;
  };
  return value === undefined ? "<nil>" : JSON.stringify(masked(value));
}
