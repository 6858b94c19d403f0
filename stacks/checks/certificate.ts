// What a certificate is worth: who vouches for it, for which host, and for how long.
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import { bad, type Endpoint, type Finding, good, handshake, wordOf } from "./endpoint.ts";

const dayMs = 24 * 60 * 60 * 1000;

export async function checkCertificate(endpoint: Endpoint, daysLeft: number, now: Date): Promise<readonly Finding[]> {
  let seen: { readonly certificate: PeerCertificate; readonly trouble: string | undefined };
  try {
    // Whether it is for this host is asked by itself: one mistake must not hide another.
    seen = await handshake(endpoint, { checkServerIdentity: () => undefined }, (socket) => ({
      certificate: socket.getPeerCertificate(),
      // An Error by its type, the code of one at run time (Node.js: lib/internal/tls/wrap.js).
      trouble: socket.authorized ? undefined : String(socket.authorizationError ?? "no reason given"),
    }));
  } catch (error) {
    return [bad(`the certificate cannot be checked: ${wordOf(error as Error)}`)];
  }
  const { certificate, trouble } = seen;
  const until = new Date(certificate.valid_to);
  const left = Math.floor((until.getTime() - now.getTime()) / dayMs);
  const day = until.toISOString().slice(0, 10);
  const elsewhere = checkServerIdentity(endpoint.host, certificate);
  return [
    // That it has ended is said below, with the day.
    trouble === undefined || trouble === "CERT_HAS_EXPIRED"
      ? good("the certificate has a chain to a known authority")
      : bad(`the certificate is not trusted: ${trouble}`),
    elsewhere === undefined
      ? good(`the certificate is for ${endpoint.host}`)
      : bad(
          `the certificate is not for ${endpoint.host}, but for ${certificate.subjectaltname ?? certificate.subject.CN}`,
        ),
    left < 0
      ? bad(`the certificate ended on ${day}`)
      : left < daysLeft
        ? bad(`the certificate ends on ${day}, in ${left} days; it must be good for ${daysLeft}`)
        : good(`the certificate is good for ${left} days`),
  ];
}
