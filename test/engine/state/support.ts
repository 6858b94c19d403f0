// Temporary folders, and what the pulumi CLI recorded.
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { JsonObject } from "../../../engine/state/json.ts";
import type { ResourceState } from "../../../engine/state/resource.ts";
import { newResource } from "../../../engine/state/resource.ts";
import type { SecretsManager } from "../../../engine/state/secrets.ts";

/** Removed when the test is over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tutti-state-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const recordings = join(import.meta.dirname, "recordings", "pulumi-3.260.0");
export const recordedPassphrase = "correct horse";

export function recordingPath(name: string): string {
  return join(recordings, name);
}

export async function recording(name: string): Promise<string> {
  return readFile(recordingPath(name), "utf8");
}

export async function recordedJson(name: string): Promise<JsonObject> {
  return JSON.parse(await recording(name)) as JsonObject;
}

/** A folder with a copy of the recorded backend in it. */
export async function recordedBackend(): Promise<string> {
  const folder = await temporaryFolder();
  await cp(join(recordings, "backend", "dot-pulumi"), join(folder, ".pulumi"), { recursive: true });
  return folder;
}

/** Ciphertexts one can read, every one new. */
export function countingSecrets(salt = "s"): SecretsManager & { readonly count: number } {
  let count = 0;
  return {
    type: "passphrase",
    state: { salt },
    get count() {
      return count;
    },
    encrypt(plaintext) {
      count++;
      return `v1:${count}:${Buffer.from(plaintext).toString("base64")}`;
    },
    decrypt: (ciphertext) => Buffer.from(ciphertext.split(":")[2]!, "base64").toString("utf8"),
  };
}

/** A resource of stack `dev` of project `p`, named `<type>.<name>`; custom unless it is the stack. */
export function resource(name: string, fields: Partial<ResourceState> = {}): ResourceState {
  const type = fields.type ?? "a:b:C";
  return newResource({ urn: urn(name, type), type, custom: true, id: `${name}-id`, ...fields });
}

export function urn(name: string, type = "a:b:C"): string {
  return `urn:pulumi:dev::p::${type}::${name}`;
}
