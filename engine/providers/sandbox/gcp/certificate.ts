// A certificate authority that looks like one and is none: for outputs that hold a CA. It is PEM around bytes derived from the
// resource, so that programs that pass it on work and whoever tries to verify a connection with it is refused.
import { createHash } from "node:crypto";
import type { PropertyMap } from "../../../values.ts";

const days = 24 * 60 * 60 * 1000;

/** PEM text, the same for the same seed. */
export function fakePem(seed: string): string {
  const lines = Array.from({ length: 12 }, (_, line) =>
    createHash("sha384").update(`${seed}\n${line}`).digest("base64"),
  );
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

/** As Cloud SQL shows a server's CA. Times are RFC 3339; it lasts ten years. */
export function certificateOf(seed: string, commonName: string, created: string): PropertyMap {
  return {
    cert: fakePem(seed),
    commonName: `C=US,O=Google\\, Inc,CN=${commonName}`,
    createTime: created,
    expirationTime: new Date(Date.parse(created) + 3650 * days).toISOString(),
    sha1Fingerprint: createHash("sha1").update(seed).digest("hex"),
  };
}
