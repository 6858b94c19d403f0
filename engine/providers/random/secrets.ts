// Carries secretness from what a provider was given to what it answers. The random plugin does not accept secrets, so
// Pulumi's engine sends it plain values and marks afterwards what came from a secret. Done here, because the embedded
// provider is called with secrets. Source: pulumi/pulumi: sdk/go/common/resource/plugin/provider_plugin.go.
import { isPropertyArray, isPropertyMap, type PropertyMap, type PropertyValue, Secret } from "../../values.ts";

/** `answered` with each property secret whose namesake in `given` is or holds a secret; objects are looked into. */
export function withSecretsOf(given: PropertyMap, answered: PropertyMap): PropertyMap {
  return Object.fromEntries(
    Object.entries(answered).map(([key, value]) => [key, key in given ? mark(given[key]!, value) : value]),
  );
}

function mark(given: PropertyValue, answered: PropertyValue): PropertyValue {
  if (isPropertyMap(given) && isPropertyMap(answered)) return withSecretsOf(given, answered);
  return !(answered instanceof Secret) && holdsSecret(given) ? new Secret(answered) : answered;
}

function holdsSecret(value: PropertyValue): boolean {
  if (value instanceof Secret) return true;
  if (isPropertyArray(value)) return value.some(holdsSecret);
  return isPropertyMap(value) && Object.values(value).some(holdsSecret);
}
