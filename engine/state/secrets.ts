// What turns a secret's plaintext into the ciphertext that a state or a configuration file holds, and back. The only
// kind the embedded engine has is the passphrase (passphrase.ts); every other kind is refused by name.
import { EngineError } from "./error.ts";
import type { JsonValue } from "./json.ts";

export interface SecretsManager {
  /** `secrets_providers.type` of a checkpoint. */
  readonly type: string;
  /** `secrets_providers.state`; for a passphrase `{ salt }`. */
  readonly state: JsonValue;
  /** A fresh ciphertext every time. */
  encrypt(plaintext: string): string;
  /** @throws EngineError when the ciphertext was made with another key, or changed. */
  decrypt(ciphertext: string): string;
}

/**
 * Refuses every provider but the passphrase. The others ask a key service in a cloud, and the embedded engine calls none.
 * @throws EngineError saying where the provider is named (`of <file>`), and what to do.
 */
export function refuseSecretsProvider(provider: string | undefined, where = ""): void {
  if (provider === undefined || ["", "default", "passphrase"].includes(provider)) return;
  throw new EngineError(
    `secrets provider "${provider}"${where} is not supported by the embedded engine: it would call a key service in a cloud, ` +
      'and this engine has "passphrase" only. Run `pulumi stack change-secrets-provider passphrase` with the official CLI, ' +
      "or run this stack in an environment of the official engine",
  );
}

/**
 * Ciphertexts by the place they stand at, so that an unchanged secret keeps its ciphertext and a no-op update writes the
 * same bytes. A place is a resource's property path: equal secrets at two places never share a ciphertext.
 */
export class CiphertextCache {
  private readonly known = new Map<string, { readonly plaintext: string; readonly ciphertext: string }>();

  remember(place: string, plaintext: string, ciphertext: string): void {
    this.known.set(place, { plaintext, ciphertext });
  }

  encrypt(manager: SecretsManager, place: string, plaintext: string): string {
    const known = this.known.get(place);
    if (known?.plaintext === plaintext) return known.ciphertext;
    const ciphertext = manager.encrypt(plaintext);
    this.remember(place, plaintext, ciphertext);
    return ciphertext;
  }
}
