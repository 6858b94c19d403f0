// Takes known secrets out of texts before they leave the door.

/** Names of variables whose values are secrets. */
const secretName =
  /(?:^|_)(?:TOKEN|SECRET|SECRETS|PASSWORD|PASSPHRASE|CREDENTIALS?|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY)(?:_|$)/i;

/** Values of an environment that are secrets by their variable's name, in which no file or URL is meant. */
export function secretValues(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && secretName.test(name) && !/_(?:FILE|PATH|URL)$/i.test(name) ? [value] : [],
  );
}

/** Replaces each of the values by `[secret]`. Values shorter than six characters are left: they would hit anything. */
export function createMask(values: readonly string[]): (text: string) => string {
  // Longest first, so that no secret is left in part because another one is its beginning.
  const known = [...new Set(values.map((value) => value.trim()))]
    .filter((value) => value.length >= 6 && value !== "true" && value !== "false")
    .sort((a, b) => b.length - a.length);
  if (known.length === 0) return (text) => text;
  return (text) => known.reduce((masked, value) => masked.replaceAll(value, "[secret]"), text);
}
