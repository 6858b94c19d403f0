// Brings a state written by an older version of the plugin to the present layout: what older versions left out would
// otherwise look like a change, and replace the resource.
import type { Values } from "./config.ts";
import { isHashOf, passwordHash } from "./passwordHash.ts";
import type { ResourceSchema } from "./schema.ts";

/** @throws {Error} when the state is newer than this provider. */
export async function upgrade(schema: ResourceSchema, version: number, values: Values): Promise<Values> {
  if (version > schema.stateVersion) {
    throw new Error(
      `the state of ${schema.name} has version ${version}, written by a newer random provider; this one knows versions up to ${schema.stateVersion}`,
    );
  }
  if (version === schema.stateVersion) return values;
  const result = String(values["result"] ?? "");
  const filled: Record<string, Values[string]> = {
    ...values,
    length: values["length"] ?? Buffer.byteLength(result),
    number: values["number"] ?? true,
    numeric: values["number"] ?? true,
  };
  for (const { name, default: fallback } of schema.attributes) {
    if (fallback !== undefined) filled[name] = values[name] ?? fallback;
  }
  if (schema.name !== "RandomPassword" || version === 1) return filled;
  // The first layout had no hash, and the one before the present could hold the hash of a text that was cut too short.
  const hash = version === 2 ? values["bcryptHash"] : null;
  const good = typeof hash === "string" && (await isHashOf(result, hash));
  return good ? filled : { ...filled, bcryptHash: await passwordHash(result) };
}
