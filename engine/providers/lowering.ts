// What is taken away before values go to a provider that does not understand them, and put back into its answers.
import {
  Archive,
  Asset,
  isPropertyArray,
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
  Secret,
} from "../values.ts";

/** Whether there is a secret at any depth. */
export function containsSecret(value: PropertyValue): boolean {
  if (value instanceof Secret) return true;
  if (isPropertyArray(value)) return value.some(containsSecret);
  return isPropertyMap(value) && Object.values(value).some(containsSecret);
}

/** The value without its secret marks. */
export function removeSecrets(value: PropertyValue): PropertyValue {
  if (value instanceof Secret) return removeSecrets(value.element);
  if (isPropertyArray(value)) return value.map(removeSecrets);
  return isPropertyMap(value) ? mapProperties(value, removeSecrets) : value;
}

/** The properties, each of them secret. */
export function makeSecret(properties: PropertyMap): PropertyMap {
  return mapProperties(properties, (value) => new Secret(value));
}

/**
 * Makes secret what was secret under the same name in `inputs`: objects are followed, anything else that holds a secret
 * makes the whole property one.
 */
export function annotateSecrets(outputs: PropertyMap, inputs: PropertyMap): PropertyMap {
  return Object.fromEntries(
    Object.entries(outputs).map(([key, value]) => {
      const given = Object.hasOwn(inputs, key) ? (inputs[key] as PropertyValue) : null;
      if (isPropertyMap(value) && isPropertyMap(given)) return [key, annotateSecrets(value, given)];
      return [key, !(value instanceof Secret) && containsSecret(given) ? new Secret(value) : value];
    }),
  );
}

/** Leaves of assets and archives only their hash, which is all that a comparison needs. */
export function elideContents(properties: PropertyMap): PropertyMap {
  return mapProperties(properties, elide);
}

function elide(value: PropertyValue): PropertyValue {
  if (value instanceof Asset) return new Asset({ text: "" }, value.hash);
  if (value instanceof Archive) return new Archive({ path: "" }, value.hash);
  if (value instanceof Secret) return new Secret(elide(value.element));
  if (isPropertyArray(value)) return value.map(elide);
  return isPropertyMap(value) ? elideContents(value) : value;
}

/** Gives assets and archives that came back with a hash only the contents they had in `original`. */
export function restoreContents(properties: PropertyMap, original: PropertyMap): PropertyMap {
  const known = new Map<string, Asset | Archive>();
  const collect = (value: PropertyValue): void => {
    if (value instanceof Asset || value instanceof Archive) known.set(value.hash, value);
    else if (value instanceof Secret) collect(value.element);
    else if (isPropertyArray(value)) value.forEach(collect);
    else if (isPropertyMap(value)) Object.values(value).forEach(collect);
  };
  collect(original);
  if (known.size === 0) return properties;
  const restore = (value: PropertyValue): PropertyValue => {
    if (value instanceof Asset || value instanceof Archive)
      return isElided(value) ? (known.get(value.hash) ?? value) : value;
    if (value instanceof Secret) return new Secret(restore(value.element));
    if (isPropertyArray(value)) return value.map(restore);
    return isPropertyMap(value) ? mapProperties(value, restore) : value;
  };
  return mapProperties(properties, restore);
}

function isElided({ source }: Asset | Archive): boolean {
  if ("text" in source) return source.text === "";
  if ("path" in source) return source.path === "";
  // An archive without any contents arrives as an empty set of assets.
  return "assets" in source && Object.keys(source.assets).length === 0;
}

function mapProperties(properties: PropertyMap, map: (value: PropertyValue) => PropertyValue): PropertyMap {
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, map(value)]));
}
