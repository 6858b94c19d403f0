// Which values of an environment are secrets.
import { SecretValues } from "../../engine/secretValues.ts";
import type { Environment } from "../define.ts";
import { resolveReference } from "../workspace.ts";

/** Names of variables whose values are secrets. */
const secretName =
  /(?:^|_)(?:TOKEN|SECRET|SECRETS|PASSWORD|PASSPHRASE|CREDENTIALS?|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY)(?:_|$)/i;

/** Values of an environment that are secrets by their variable's name, in which no file or URL is meant. */
export function secretValues(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && secretName.test(name) && !/_(?:FILE|PATH|URL)$/i.test(name) ? [value] : [],
  );
}

/** What is known to be secret before anything runs: of whoever runs tutti, and the passphrases of environments. */
export function knownSecrets(
  variables: Readonly<Record<string, string | undefined>>,
  environments: Readonly<Record<string, Environment>>,
): SecretValues {
  const passphrases = Object.values(environments).flatMap(({ passphrase }) => {
    const found = passphrase === undefined ? undefined : resolveReference(passphrase, variables, "passphrase");
    return found?.ok ? [found.value] : [];
  });
  const secrets = new SecretValues([...secretValues(variables), ...passphrases]);
  secrets.exempt(Object.keys(environments));
  return secrets;
}
