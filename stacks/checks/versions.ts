// Which versions of TLS an endpoint speaks: each is offered alone.
import type { SecureVersion } from "node:tls";
import { bad, type Endpoint, type Finding, good, handshake, wordOf } from "./endpoint.ts";

export interface Versions {
  readonly refused: readonly SecureVersion[];
  /** At least one of them. */
  readonly accepted: readonly SecureVersion[];
}

export async function checkVersions(endpoint: Endpoint, { refused, accepted }: Versions): Promise<readonly Finding[]> {
  const wanted = [...new Set([...refused, ...accepted])];
  const answers = new Map(await Promise.all(wanted.map(async (one) => [one, await speaks(endpoint, one)] as const)));
  const unreachable = [...answers.values()].find((answer) => typeof answer === "string");
  if (unreachable !== undefined) return [bad(`TLS cannot be checked: ${unreachable}`)];
  const spoken = wanted.filter((one) => answers.get(one) === true);
  const findings = refused.map((one) =>
    answers.get(one) === true ? bad(`accepts ${one}, which must be refused`) : good(`refuses ${one}`),
  );
  if (accepted.length === 0) return findings;
  const some = accepted.filter((one) => spoken.includes(one));
  return [
    ...findings,
    some.length > 0 ? good(`accepts ${some.join(" and ")}`) : bad(`accepts none of ${accepted.join(", ")}`),
  ];
}

/** Whether it does, or why that cannot be told. A server that is not there refuses nothing. */
async function speaks(endpoint: Endpoint, version: SecureVersion): Promise<boolean | string> {
  try {
    // OpenSSL 3 offers TLS 1.0 and 1.1 at security level 0 only (openssl: doc/man3/SSL_CTX_set_security_level.pod).
    const options = { minVersion: version, maxVersion: version, ciphers: "DEFAULT:@SECLEVEL=0" };
    return await handshake(endpoint, options, (socket) => socket.getProtocol() === version);
  } catch (error) {
    const word = wordOf(error as Error);
    return /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|interrupted/.test(word) ? word : false;
  }
}
