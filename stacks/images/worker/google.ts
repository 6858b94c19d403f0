// The four calls of Google's REST APIs that a worker makes: take and give back messages, read an object, publish rows.
// Shapes are those of the public references of Pub/Sub v1 and Cloud Storage v1 (JSON). Answers are checked with zod: an address
// that answers something else is an error with a sentence, not `undefined` three lines later.
import * as z from "zod";

export interface Message {
  readonly ackId: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface Google {
  /** Up to `most` messages; waits some seconds when there are none, and may then give none. */
  pull(most: number, signal: AbortSignal): Promise<readonly Message[]>;
  /** These are settled and do not come again. */
  acknowledge(ackIds: readonly string[]): Promise<void>;
  /** These come again after so many seconds, unless they are acknowledged; 0: at once. */
  extend(ackIds: readonly string[], seconds: number): Promise<void>;
  /** One generation of an object; undefined when it is no longer there. */
  read(bucket: string, object: string, generation: string): Promise<Uint8Array | undefined>;
  /** Publishes JSON values, one a message. */
  publish(rows: readonly unknown[]): Promise<void>;
}

export interface Where {
  /** `projects/<project>/subscriptions/<name>`. */
  readonly subscription: string;
  /** `projects/<project>/topics/<name>`. */
  readonly results: string;
  /** Bearer token for each call; undefined where none is asked for (an emulator). */
  readonly token: () => Promise<string | undefined>;
  readonly pubsub?: string;
  readonly storage?: string;
}

/** A call that was answered with an error; `status` is HTTP's. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, what: string, answer: string) {
    super(`${what}: HTTP ${status} ${answer.slice(0, 300)}`);
    this.status = status;
  }
  /** Whether the same call may be answered well later (too many, or the server's fault). */
  get mayPass(): boolean {
    return this.status === 429 || this.status >= 500;
  }
}

const pulled = z.object({
  receivedMessages: z
    .array(
      z.object({ ackId: z.string(), message: z.object({ attributes: z.record(z.string(), z.string()).default({}) }) }),
    )
    .default([]),
});

export function google({
  subscription,
  results,
  token,
  pubsub = "https://pubsub.googleapis.com",
  storage = "https://storage.googleapis.com",
}: Where): Google {
  const call = async (what: string, url: string, init: RequestInit = {}): Promise<Response> => {
    const bearer = await token();
    const headers = { ...init.headers, ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }) };
    const response = await fetch(url, { ...init, headers });
    if (!response.ok) throw new Refused(response.status, what, await response.text());
    return response;
  };
  const post = (what: string, url: string, body: unknown, signal?: AbortSignal): Promise<Response> =>
    call(what, url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      ...(signal !== undefined && { signal }),
    });
  return {
    pull: async (most, signal) => {
      const response = await post("pull", `${pubsub}/v1/${subscription}:pull`, { maxMessages: most }, signal);
      const { receivedMessages } = pulled.parse(await response.json());
      return receivedMessages.map(({ ackId, message }) => ({ ackId, attributes: message.attributes }));
    },
    acknowledge: async (ackIds) => {
      await post("acknowledge", `${pubsub}/v1/${subscription}:acknowledge`, { ackIds });
    },
    extend: async (ackIds, seconds) => {
      const url = `${pubsub}/v1/${subscription}:modifyAckDeadline`;
      await post("modifyAckDeadline", url, { ackIds, ackDeadlineSeconds: seconds });
    },
    read: async (bucket, object, generation) => {
      const url = `${storage}/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(object)}`;
      try {
        const response = await call("read", `${url}?alt=media&generation=${encodeURIComponent(generation)}`);
        return new Uint8Array(await response.arrayBuffer());
      } catch (error) {
        if (error instanceof Refused && error.status === 404) return undefined;
        throw error;
      }
    },
    publish: async (rows) => {
      const messages = rows.map((row) => ({ data: Buffer.from(JSON.stringify(row)).toString("base64") }));
      await post("publish", `${pubsub}/v1/${results}:publish`, { messages });
    },
  };
}

const granted = z.object({ access_token: z.string(), expires_in: z.number() });

/** Tokens of the identity a pod acts as, from the metadata server; one is used until a minute before it ends. */
export function metadataToken(host = "metadata.google.internal", now: () => number = Date.now): () => Promise<string> {
  let current: { readonly value: string; readonly untilMs: number } | undefined;
  return async () => {
    if (current === undefined || now() >= current.untilMs) {
      const url = `http://${host}/computeMetadata/v1/instance/service-accounts/default/token`;
      const response = await fetch(url, { headers: { "metadata-flavor": "Google" } });
      if (!response.ok) throw new Refused(response.status, "metadata server", await response.text());
      const { access_token, expires_in } = granted.parse(await response.json());
      current = { value: access_token, untilMs: now() + (expires_in - 60) * 1000 };
    }
    return current.value;
  };
}
