// The one call of Cloud Storage's JSON API that seeding makes, and the token for it.
import * as z from "zod";

const granted = z.object({ access_token: z.string() });

/**
 * A token: `GOOGLE_OAUTH_ACCESS_TOKEN` where the environment names that variable, else that of the machine's service account.
 *
 * @throws Error saying what to do when there is neither.
 */
export async function accessToken(
  variables: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<string> {
  const given = variables["GOOGLE_OAUTH_ACCESS_TOKEN"];
  if (given !== undefined && given !== "") return given;
  const host = variables["GCE_METADATA_HOST"] ?? "metadata.google.internal";
  const url = `http://${host}/computeMetadata/v1/instance/service-accounts/default/token`;
  try {
    const response = await fetch(url, {
      headers: { "metadata-flavor": "Google" },
      signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]),
    });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return granted.parse(await response.json()).access_token;
  } catch {
    signal.throwIfAborted();
    throw new Error(
      'there is no token for Cloud Storage: name one in the environment, variables: { GOOGLE_OAUTH_ACCESS_TOKEN: env("...") }, or run where a service account is attached',
    );
  }
}

export interface Storage {
  readonly storage: string;
  readonly token: string;
  readonly signal: AbortSignal;
}

/**
 * Creates an object; false when one of that name is there already, which stays as it is. A simple upload that asks for
 * generation 0, "there is none" (Cloud Storage JSON API v1, objects.insert: uploadType=media, ifGenerationMatch).
 *
 * @throws Error with status and answer for anything else.
 */
export async function createObject(
  { storage, token, signal }: Storage,
  { bucket, name }: { readonly bucket: string; readonly name: string },
  bytes: Uint8Array,
  contentType: string,
): Promise<boolean> {
  const query = new URLSearchParams({ uploadType: "media", name, ifGenerationMatch: "0" });
  const response = await fetch(`${storage}/upload/storage/v1/b/${encodeURIComponent(bucket)}/o?${query}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": contentType },
    body: new Uint8Array(bytes),
    signal,
  });
  const answer = await response.text();
  if (response.ok) return true;
  if (response.status === 412) return false;
  throw new Error(`upload of ${name} to ${bucket}: HTTP ${response.status} ${answer.slice(0, 300)}`);
}
