// Posts the message of a run to a URL, signed where a secret is given.
import { createHmac } from "node:crypto";
import type { RunMessage } from "../hooks.ts";
import { version } from "../version.ts";
import { type HttpOptions, send } from "./http.ts";

export interface WebhookTarget {
  readonly url: string;
  readonly secret: string | undefined;
}

/** @throws ServiceError when it was not taken. */
export async function postMessage(
  { url, secret }: WebhookTarget,
  message: RunMessage,
  options: HttpOptions,
  now: () => Date = () => new Date(),
): Promise<void> {
  const body = JSON.stringify(message);
  const timestamp = String(Math.floor(now().getTime() / 1000));
  const headers = {
    "content-type": "application/json",
    "user-agent": `tutti/${version()}`,
    "x-tutti-event": "run-finished",
    "x-tutti-timestamp": timestamp,
    // draft-ietf-httpapi-idempotency-key-header: one key for all attempts to tell one run.
    "idempotency-key": `${message.project}-${message.runId}`,
    ...(secret === undefined ? {} : { "x-tutti-signature": `sha256=${signature(secret, timestamp, body)}` }),
  };
  await send({ method: "POST", url, headers, body, repeatable: true }, options);
}

/** HMAC-SHA256 of `<timestamp>.<body>` in hex: the time is signed too, so that an old message cannot be sent again. */
export function signature(secret: string, timestamp: string, body: string): string {
  return createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
}
