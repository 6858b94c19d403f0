// A server on loopback that speaks as much of Pub/Sub v1 and Cloud Storage v1 (JSON) as the worker uses, and refuses what the
// published references do not allow: unknown fields, wrong types, ids it never gave. It keeps what happened, in order.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as z from "zod";

export const subscription = "projects/p/subscriptions/images-new-workers";
export const results = "projects/p/topics/images-results";

const bodies = {
  pull: z.strictObject({ maxMessages: z.int().positive() }),
  acknowledge: z.strictObject({ ackIds: z.array(z.string()).min(1) }),
  modifyAckDeadline: z.strictObject({
    ackIds: z.array(z.string()).min(1),
    ackDeadlineSeconds: z.int().min(0).max(600),
  }),
  publish: z.strictObject({ messages: z.array(z.strictObject({ data: z.base64() })).min(1) }),
};

export interface FakeGoogle {
  /** `host:port`, as the emulators' variables have it. */
  readonly host: string;
  /** Objects by `<bucket>/<name>#<generation>`. */
  readonly objects: Map<string, Uint8Array>;
  /** Puts a message into the subscription. */
  send(attributes: Readonly<Record<string, string>>): void;
  /** Answers the next call of this kind with an HTTP status, once. */
  failNext(call: keyof typeof bodies | "read", status: number): void;
  /** What was asked and how it was answered, e.g. `acknowledge m1` or `publish 503`. */
  readonly happened: readonly string[];
  readonly rows: readonly unknown[];
  /** Resolves once every message that was sent has been acknowledged. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export async function fakeGoogle(): Promise<FakeGoogle> {
  const objects = new Map<string, Uint8Array>();
  const waiting: { readonly ackId: string; readonly attributes: Readonly<Record<string, string>> }[] = [];
  const given = new Map<string, (typeof waiting)[number]>();
  const failures = new Map<string, number>();
  const happened: string[] = [];
  const rows: unknown[] = [];
  let sent = 0;
  let acknowledged = 0;
  const watchers = new Set<() => void>();

  const refuse = (response: ServerResponse, status: number, message: string): void => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: { code: status, message } }));
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://fake");
    const [, target, verb] = /^\/v1\/(.+):(\w+)$/.exec(url.pathname) ?? [];
    const call = (verb ?? "read") as keyof typeof bodies | "read";
    const failure = failures.get(call);
    if (failure !== undefined) {
      failures.delete(call);
      happened.push(`${call} ${failure}`);
      return refuse(response, failure, "as asked");
    }
    if (call === "read") {
      const [, bucket, name] = /^\/storage\/v1\/b\/([^/]+)\/o\/([^/]+)$/.exec(url.pathname) ?? [];
      if (
        request.method !== "GET" ||
        bucket === undefined ||
        name === undefined ||
        url.searchParams.get("alt") !== "media"
      )
        return refuse(response, 400, `no such call: ${request.method} ${request.url}`);
      const key = `${decodeURIComponent(bucket)}/${decodeURIComponent(name)}#${url.searchParams.get("generation")}`;
      const bytes = objects.get(key);
      happened.push(`read ${key}`);
      if (bytes === undefined) return refuse(response, 404, `No such object: ${key}`);
      response.writeHead(200, { "content-type": "application/octet-stream" });
      response.end(bytes);
      return;
    }
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const parsed = bodies[call]?.safeParse(JSON.parse(text));
    const rightTarget = target === (call === "publish" ? results : subscription);
    if (request.method !== "POST" || parsed === undefined || !rightTarget || !parsed.success)
      return refuse(response, 400, `${request.method} ${request.url}: ${parsed?.error?.message ?? "no such call"}`);
    const body = parsed.data;
    const json = (value: unknown): void => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(value));
    };
    if ("maxMessages" in body) {
      const taken = waiting.splice(0, body.maxMessages);
      for (const one of taken) given.set(one.ackId, one);
      const receivedMessages = taken.map(({ ackId, attributes }) => ({
        ackId,
        message: { attributes, messageId: ackId },
      }));
      // The real one holds an empty pull for a while; a little is enough to keep a worker from spinning.
      if (taken.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      return json(taken.length === 0 ? {} : { receivedMessages });
    }
    if ("messages" in body) {
      for (const { data } of body.messages) {
        const row = JSON.parse(Buffer.from(data, "base64").toString("utf8")) as { object: string };
        rows.push(row);
        happened.push(`publish ${row.object}`);
      }
      return json({ messageIds: body.messages.map((_, index) => String(index)) });
    }
    for (const ackId of body.ackIds) {
      const one = given.get(ackId);
      if (one === undefined) return refuse(response, 400, `unknown ackId ${ackId}`);
      happened.push(`${call} ${ackId}`);
      if (!("ackDeadlineSeconds" in body)) {
        given.delete(ackId);
        acknowledged++;
      } else if (body.ackDeadlineSeconds === 0) {
        given.delete(ackId);
        waiting.push(one);
      }
    }
    json({});
    for (const watcher of watchers) watcher();
  }

  const server: Server = createServer((request, response) => {
    answer(request, response).catch((error: Error) => refuse(response, 400, error.message));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    happened,
    rows,
    send: (attributes) => {
      waiting.push({ ackId: `m${++sent}`, attributes });
    },
    failNext: (call, status) => failures.set(call, status),
    settled: () =>
      new Promise((resolve) => {
        const look = (): void => {
          if (acknowledged === sent) resolve();
        };
        watchers.add(look);
        look();
      }),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
