// Which values of an environment are secrets.

/** Names of variables whose values are secrets. */
const secretName =
  /(?:^|_)(?:TOKEN|SECRET|SECRETS|PASSWORD|PASSPHRASE|CREDENTIALS?|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY)(?:_|$)/i;

/** Values of an environment that are secrets by their variable's name, in which no file or URL is meant. */
export function secretValues(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && secretName.test(name) && !/_(?:FILE|PATH|URL)$/i.test(name) ? [value] : [],
  );
}
