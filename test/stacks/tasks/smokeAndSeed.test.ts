// smoke and seed against servers on loopback. The one of seed holds to what the reference of Cloud Storage's JSON API publishes
// for objects.insert, and refuses everything else.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { testTask } from "../../../automation/task.ts";
import { seed } from "../../../stacks/seed/contract.ts";
import { accessToken } from "../../../stacks/seed/storage.ts";
import { smoke } from "../../../stacks/smoke/contract.ts";
import { ask } from "../../../stacks/smoke/probe.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<string> {
  const server = createServer((request, response) => void answer(request, response));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const never = new AbortController().signal;

describe("smoke", () => {
  const expected = { status: 200, contains: "welcome", budgetMs: 2000 };
  const edge = (url: string) => ({ edge: { host: "127.0.0.1", url, addresses: [] } });

  it("is content with the answer it expects", async () => {
    const url = await serve((_, response) => response.end("welcome"));
    expect((await ask(new URL(url), expected, never)).wrong).toBeUndefined();
  });
  it.each<[string, (response: ServerResponse) => void, Partial<typeof expected>, RegExp]>([
    [
      "another status",
      (response) => response.writeHead(503).end("welcome"),
      {},
      /^answered with status 503 instead of 200$/,
    ],
    [
      "a redirect, which it does not follow",
      (response) => response.writeHead(302, { location: "/" }).end(),
      {},
      /status 302/,
    ],
    ["another text", (response) => response.end("goodbye"), {}, /^answered without "welcome"$/],
    ["no answer", () => {}, { budgetMs: 20 }, /^did not answer within 60 ms$/],
    [
      "half an answer",
      (response) => response.writeHead(200, { "content-length": 99 }).write("wel", () => response.destroy()),
      {},
      /^cannot be reached: /,
    ],
  ])("is not content with %s", async (_, answer, more, wrong) => {
    const url = await serve((_request, response) => answer(response));
    expect((await ask(new URL(url), { ...expected, ...more }, never)).wrong).toMatch(wrong);
  });
  it("is not content with a late answer", async () => {
    const url = await serve((_, response) => response.end("welcome"));
    let clock = 0;
    const { wrong } = await ask(new URL(url), expected, never, () => (clock += 2500));
    expect(wrong).toBe("answered in 2500 ms; the budget is 2000 ms");
  });
  it("tells a server that is not there", async () => {
    const url = await serve(() => {});
    const gone = servers.pop()!;
    await new Promise((resolve) => gone.close(resolve));
    expect((await ask(new URL(url), expected, never)).wrong).toBe("cannot be reached: ECONNREFUSED");
  });

  it("asks again until it is there, and gives up when its patience is over", async () => {
    let asked = 0;
    const url = await serve((request, response) =>
      response.writeHead(request.url === "/ready?full=1" && ++asked >= 2 ? 200 : 503).end("ok"),
    );
    const { log } = await testTask(smoke, { settings: { path: "/ready?full=1" }, needs: edge(url) });
    expect(log).toEqual([
      `${url}/ready?full=1 answered with status 503 instead of 200; asking again`,
      expect.stringMatching(/answered 200 in \d+ ms$/),
    ]);
    const run = testTask(smoke, { settings: { patienceSeconds: 0 }, needs: edge(url) });
    await expect(run).rejects.toThrow(`${url}/ answered with status 503 instead of 200, also after 0 s`);
  });
  it("ends when it is told to", async () => {
    const url = await serve((_, response) => response.writeHead(503).end());
    const controller = new AbortController();
    const run = testTask(smoke, { needs: edge(url), signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(run).rejects.toThrow(/enough|aborted/);
  });
});

describe("seed", () => {
  const needs = { images: { bucket: "images-abc", table: "p.d.t", subscription: "s", deployment: "d" } };

  /** Cloud Storage, as far as objects.insert with uploadType=media goes. */
  async function storage(): Promise<{
    readonly url: string;
    readonly objects: Map<string, { readonly type: string; readonly bytes: Buffer }>;
  }> {
    const objects = new Map<string, { readonly type: string; readonly bytes: Buffer }>();
    const url = await serve(async (request, response): Promise<unknown> => {
      const refuse = (code: number, message: string) =>
        response
          .writeHead(code, { "content-type": "application/json" })
          .end(JSON.stringify({ error: { code, message } }));
      const { pathname, searchParams } = new URL(request.url!, "http://x");
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      if (request.headers.authorization !== "Bearer ya29.test") return refuse(401, "Invalid Credentials");
      const [, bucket] = /^\/upload\/storage\/v1\/b\/([^/]+)\/o$/.exec(pathname) ?? [];
      const name = searchParams.get("name");
      const strange = [...searchParams.keys()].filter(
        (key) => !["uploadType", "name", "ifGenerationMatch"].includes(key),
      );
      if (request.method !== "POST" || bucket === undefined || strange.length > 0)
        return refuse(404, `Not Found: ${request.url}`);
      if (searchParams.get("uploadType") !== "media" || name === null || name === "")
        return refuse(400, "Required parameter: name");
      if (bucket !== "images-abc") return refuse(404, "The specified bucket does not exist.");
      const type = request.headers["content-type"];
      if (type === undefined) return refuse(400, "Content-Type is required");
      const generation = searchParams.get("ifGenerationMatch");
      if (generation === "0" && objects.has(name))
        return refuse(412, "At least one of the pre-conditions you specified did not hold.");
      objects.set(name, { type, bytes: Buffer.concat(chunks) });
      response.writeHead(200, { "content-type": "application/json" });
      return response.end(JSON.stringify({ kind: "storage#object", bucket, name, generation: "1" }));
    });
    return { url, objects };
  }
  const withToken = async <T>(token: string, run: () => Promise<T>): Promise<T> => {
    process.env["GOOGLE_OAUTH_ACCESS_TOKEN"] = token;
    return run().finally(() => delete process.env["GOOGLE_OAUTH_ACCESS_TOKEN"]);
  };

  it("uploads images of every kind that are what they say, and none twice", async () => {
    const { url, objects } = await storage();
    const run = () => withToken("ya29.test", () => testTask(seed, { settings: { count: 12, storage: url }, needs }));
    expect((await run()).outputs).toEqual({ uploaded: 12 });
    expect(objects.size).toBe(12);
    expect(
      new Set([...objects.keys()].map((name) => /^samples\/([a-z]+)-\d{4}\.(?:png|jpeg)$/.exec(name)?.[1])).size,
    ).toBe(4);
    for (const [name, { type, bytes }] of objects) {
      const magic = type === "image/png" ? "89504e47" : "ffd8ff";
      expect([name, bytes.subarray(0, magic.length / 2).toString("hex")]).toEqual([name, magic]);
      expect(name.endsWith(`.${type.slice(6)}`)).toBe(true);
    }
    objects.delete([...objects.keys()][0]!);
    expect((await run()).outputs).toEqual({ uploaded: 1 });
  });
  it("asks nobody when there is nothing to upload", async () => {
    expect((await testTask(seed, { needs })).outputs).toEqual({ uploaded: 0 });
  });
  it("says what Cloud Storage answers when it refuses, without the token", async () => {
    const { url } = await storage();
    const settings = { count: 1, storage: url };
    const elsewhere = { images: { ...needs.images, bucket: "other" } };
    await expect(withToken("ya29.test", () => testTask(seed, { settings, needs: elsewhere }))).rejects.toThrow(
      /^upload of samples\/\S+ to other: HTTP 404 .*bucket does not exist/,
    );
    const error = await withToken("ya29.wrong", () => testTask(seed, { settings, needs })).catch(
      (caught: Error) => caught,
    );
    expect(String(error)).toMatch(/HTTP 401/);
    expect(String(error)).not.toContain("ya29");
  });
  it("takes the token that the environment names, else that of the machine, else says what to do", async () => {
    expect(await accessToken({ GOOGLE_OAUTH_ACCESS_TOKEN: "named" }, never)).toBe("named");
    const metadata = await serve((request, response) =>
      request.headers["metadata-flavor"] === "Google" &&
      request.url === "/computeMetadata/v1/instance/service-accounts/default/token"
        ? response.end(JSON.stringify({ access_token: "of the machine", expires_in: 3599, token_type: "Bearer" }))
        : response.writeHead(403).end(),
    );
    expect(await accessToken({ GCE_METADATA_HOST: metadata.slice("http://".length) }, never)).toBe("of the machine");
    await expect(accessToken({ GCE_METADATA_HOST: "127.0.0.1:9" }, never)).rejects.toThrow(
      'there is no token for Cloud Storage: name one in the environment, variables: { GOOGLE_OAUTH_ACCESS_TOKEN: env("...") }',
    );
  });
});
