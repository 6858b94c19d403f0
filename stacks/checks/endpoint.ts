// What the checks look at, what they find, and a TLS connection to it.
import tls from "node:tls";

export interface Endpoint {
  readonly url: URL;
  readonly host: string;
  readonly port: number;
  /** PEM; undefined: the authorities that Node.js knows. */
  readonly ca: string | undefined;
  readonly signal: AbortSignal;
}

/** One thing that was looked at, in words. */
export interface Finding {
  readonly good: boolean;
  readonly text: string;
}
export const good = (text: string): Finding => ({ good: true, text });
export const bad = (text: string): Finding => ({ good: false, text });

/** How long to wait for one connection, milliseconds. */
export const connectMs = 5000;

/** The code of an error of a socket, or its message. */
export function wordOf(error: Error & { readonly code?: string }): string {
  return error.code ?? error.message;
}

/**
 * Shakes hands; what the certificate is worth is for the caller to ask. The socket is destroyed when `look` has looked.
 *
 * @throws Error of the socket: `ECONNREFUSED`, a TLS alert, `ETIMEDOUT`.
 */
export function handshake<T>(
  { host, port, ca, signal }: Endpoint,
  options: tls.ConnectionOptions,
  look: (socket: tls.TLSSocket) => T,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const named = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
    const socket = tls.connect({
      host,
      port,
      ...named,
      ...(ca === undefined ? {} : { ca }),
      rejectUnauthorized: false,
      ...options,
    });
    const stop = (): void => void socket.destroy(new Error("interrupted"));
    signal.addEventListener("abort", stop, { once: true });
    socket.setTimeout(connectMs, () => socket.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })));
    socket.once("secureConnect", () => {
      try {
        resolve(look(socket));
      } catch (error) {
        reject(error);
      }
      socket.destroy();
    });
    socket.once("error", reject);
    socket.once("close", () => {
      signal.removeEventListener("abort", stop);
      reject(Object.assign(new Error("closed before the handshake was over"), { code: "ECONNRESET" }));
    });
  });
}
