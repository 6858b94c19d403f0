// What turns a secret's plaintext into the ciphertext that a state or a configuration file holds, and back. The only
// kind the embedded engine has is the passphrase (passphrase.ts); every other kind is refused by name.
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
