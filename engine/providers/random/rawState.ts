// The bridge keys of a state: how the plugin remembers the Terraform state behind Pulumi's outputs.
//
// `__meta` holds the version of the state's layout. `__pulumi_raw_state_delta` says, attribute by attribute, how the raw
// state follows from the outputs: most follow by themselves, maps and lists must be named as such, names that are not
// the snake case of Pulumi's are listed, and what is absent from the outputs is an explicit null, which the bridge marks
// secret because it cannot know what it replaces. Source: pulumi-terraform-bridge 3.137 (pkg/tfbridge/rawstate.go).
import { type PropertyMap, type PropertyValue, Secret, Unknown } from "../../values.ts";
import { isTextMap, type Value, type Values } from "./config.ts";
import type { ResourceSchema } from "./schema.ts";

export const META = "__meta";
export const RAW_STATE_DELTA = "__pulumi_raw_state_delta";

/** Outputs as the program sees them: absent attributes left out, secret ones marked when they are known. */
export function toOutputs(schema: ResourceSchema, values: Values): PropertyMap {
  const outputs: Record<string, PropertyValue> = {};
  for (const { name, secret } of schema.attributes) {
    const value = values[name]!;
    if (value === null) continue;
    outputs[name] = secret && !(value instanceof Unknown) ? new Secret(value) : value;
  }
  return outputs;
}

/** Outputs as they go into the state: those of `toOutputs` and the bridge keys. No value may be unknown. */
export function toState(schema: ResourceSchema, values: Values): PropertyMap {
  return {
    ...(schema.stateVersion === 0 ? {} : { [META]: JSON.stringify({ schema_version: String(schema.stateVersion) }) }),
    [RAW_STATE_DELTA]: delta(schema, values),
    ...toOutputs(schema, values),
  };
}

/** The layout version a state was written with; 0 when it does not say. @throws {Error} when `__meta` is not readable. */
export function stateVersion(state: PropertyMap): number {
  const meta = state[META];
  if (typeof meta !== "string") return 0;
  let version: unknown;
  try {
    version = (JSON.parse(meta) as { schema_version?: unknown } | null)?.schema_version ?? "0";
  } catch {
    version = undefined;
  }
  if (typeof version === "string" && /^\d+$/.test(version)) return Number(version);
  throw new Error(`the state's ${META} must be JSON with a schema_version such as "3", got ${JSON.stringify(meta)}`);
}

function delta(schema: ResourceSchema, values: Values): PropertyMap {
  const properties: Record<string, PropertyMap | Secret> = {};
  const renamed: Record<string, string> = {};
  for (const { name, rawName, kind } of schema.attributes) {
    const own = attributeDelta(kind === "text-map", values[name]!);
    if (own) properties[name] = own;
    // The bridge expects plurals to lose their s on the way to Terraform only when the schema says so: listed as renamed.
    if (name.endsWith("s") && rawName === name.slice(0, -1)) renamed[name] = rawName;
  }
  return { obj: { ps: properties, ...(Object.keys(renamed).length === 0 ? {} : { renamed }) } };
}

function attributeDelta(isMap: boolean, value: Value): PropertyMap | Secret | undefined {
  if (value === null) return new Secret({ replace: { raw: null } });
  if (Array.isArray(value)) return { arr: {} };
  return isMap && isTextMap(value) ? { map: {} } : undefined;
}
