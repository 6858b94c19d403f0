// checks against servers on loopback: each check is seen to pass and to fail.
import { mkdtempSync, rmSync } from "node:fs";
import https from "node:https";
import net, { type AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import type { TlsOptions } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { testTask } from "../../../automation/task.ts";
import { checkCertificate } from "../../../stacks/checks/certificate.ts";
import { checks } from "../../../stacks/checks/contract.ts";
import type { Endpoint } from "../../../stacks/checks/endpoint.ts";
import { checkHeaders } from "../../../stacks/checks/headers.ts";
import { checkPorts } from "../../../stacks/checks/ports.ts";
import { checkVersions } from "../../../stacks/checks/versions.ts";
import { type Authority, createAuthority, hasOpenssl, type Pair } from "./certificates.ts";

const there = hasOpenssl();

const headers = {
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "x-content-type-options": "nosniff",
};

describe("an endpoint", () => {
  beforeEach(({ skip }) => skip(!there, "openssl is not on PATH"));
  const folder = mkdtempSync(path.join(os.tmpdir(), "tutti-checks-"));
  let authority: Authority;
  let right: Pair;
  const servers: net.Server[] = [];
  beforeAll(() => {
    if (!there) return;
    authority = createAuthority(folder);
    right = authority.issue(["DNS:localhost"], 60);
  });
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** A server that answers with these headers; its endpoint. */
  async function serve(
    options: TlsOptions & Partial<Pair> = {},
    sent: Record<string, string> = headers,
  ): Promise<Endpoint> {
    const server = https.createServer({ ...right, ...options }, (_, response) => {
      response.writeHead(200, sent).end("hello");
    });
    servers.push(server);
    const port = await listening(server);
    return endpoint(port);
  }
  const endpoint = (port: number): Endpoint => ({
    url: new URL(`https://localhost:${port}/`),
    host: "localhost",
    port,
    ca: authority.ca,
    signal: new AbortController().signal,
  });
  const listening = (server: net.Server): Promise<number> =>
    new Promise((resolve) => server.listen(0, "localhost", () => resolve((server.address() as AddressInfo).port)));
  /** A port on which nobody listens. */
  async function closed(): Promise<number> {
    const server = net.createServer();
    const port = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
  const old = { ciphers: "DEFAULT:@SECLEVEL=0" };
  const versions = { refused: ["TLSv1", "TLSv1.1"], accepted: ["TLSv1.2", "TLSv1.3"] } as const;
  const said = (findings: readonly { readonly good: boolean; readonly text: string }[]): readonly string[] =>
    findings.map(({ good, text }) => `${good ? "good" : "bad"}: ${text}`);

  it("speaks new versions of TLS and refuses old ones", async () => {
    const found = await checkVersions(await serve({ ...old, minVersion: "TLSv1.2" }), versions);
    expect(said(found)).toEqual(["good: refuses TLSv1", "good: refuses TLSv1.1", "good: accepts TLSv1.2 and TLSv1.3"]);
  });
  it("is found out when it still speaks old ones, or no new one", async () => {
    const lax = await checkVersions(await serve({ ...old, minVersion: "TLSv1" }), versions);
    expect(said(lax).slice(0, 2)).toEqual([
      "bad: accepts TLSv1, which must be refused",
      "bad: accepts TLSv1.1, which must be refused",
    ]);
    const stale = await checkVersions(await serve({ ...old, minVersion: "TLSv1", maxVersion: "TLSv1.1" }), versions);
    expect(said(stale).at(-1)).toBe("bad: accepts none of TLSv1.2, TLSv1.3");
  });
  it("that is not there has not refused anything", async () => {
    const found = await checkVersions(endpoint(await closed()), versions);
    expect(said(found)).toEqual(["bad: TLS cannot be checked: ECONNREFUSED"]);
  });

  it("has a certificate that is good: chain, host and time", async () => {
    expect(said(await checkCertificate(await serve(), 14, new Date()))).toEqual([
      "good: the certificate has a chain to a known authority",
      "good: the certificate is for localhost",
      expect.stringMatching(/^good: the certificate is good for (?:59|60) days$/),
    ]);
  });
  it.each<[string, () => Pair, RegExp]>([
    [
      "nobody vouches for",
      () => authority.selfSigned(["DNS:localhost"]),
      /^bad: the certificate is not trusted: DEPTH_ZERO_SELF_SIGNED_CERT$/,
    ],
    [
      "is for another host",
      () => authority.issue(["DNS:example.com"], 60),
      /^bad: the certificate is not for localhost, but for DNS:example.com$/,
    ],
    [
      "ends soon",
      () => authority.issue(["DNS:localhost"], 3),
      /^bad: the certificate ends on \d{4}-\d\d-\d\d, in [23] days; it must be good for 14$/,
    ],
  ])("is found out when its certificate %s, and nothing else is said to be wrong", async (_, pair, expected) => {
    const found = said(await checkCertificate(await serve(pair()), 14, new Date()));
    expect(found.filter((text) => text.startsWith("bad"))).toEqual([expect.stringMatching(expected)]);
  });
  it("is found out when its certificate has ended", async () => {
    const server = await serve(authority.issue(["DNS:localhost"], 0));
    const tomorrow = new Date(Date.now() + 24 * 60 * 60 * 1000 + 1000);
    const found = said(await checkCertificate(server, 14, tomorrow));
    expect(found.filter((text) => text.startsWith("bad"))).toEqual([
      expect.stringMatching(/^bad: the certificate ended on /),
    ]);
  });

  it("sends the headers it should, and not those it should not", async () => {
    const wanted = { "Strict-Transport-Security": "max-age=\\d{8}", "x-powered-by": "" };
    expect(said(await checkHeaders(await serve(), wanted))).toEqual([
      "good: has Strict-Transport-Security: max-age=31536000; includeSubDomains",
      "good: has no x-powered-by",
    ]);
    const poor = await serve({}, { "strict-transport-security": "max-age=60", "x-powered-by": "PHP/5" });
    expect(said(await checkHeaders(poor, { ...wanted, "x-content-type-options": "^nosniff$" }))).toEqual([
      "bad: has Strict-Transport-Security: max-age=60, not max-age=\\d{8}",
      "bad: has x-powered-by: PHP/5, which tells strangers too much",
      "bad: has no x-content-type-options",
    ]);
  });

  it("has no other port open", async () => {
    const [open, shut] = [(await serve()).port, await closed()];
    expect(said(await checkPorts(endpoint(0), [shut]))).toEqual([`good: ports ${shut} are closed`]);
    expect(said(await checkPorts(endpoint(0), [shut, open]))).toEqual([`bad: port ${open} is open`]);
  });

  it("is checked in every way by the task, which says all that is wrong at once", async () => {
    const edge = ({ url, host }: Endpoint) => ({ edge: { host, url: url.href, addresses: ["127.0.0.1"] } });
    const closedPorts = [await closed()];
    const fine = await testTask(checks, {
      settings: { ca: authority.ca, closedPorts },
      needs: edge(await serve({ minVersion: "TLSv1.2" })),
    });
    expect(fine.outputs.passed).toHaveLength(10);
    const bad = await serve({ ...old, ...authority.issue(["DNS:example.com"], 60), minVersion: "TLSv1" }, {});
    const run = testTask(checks, { settings: { ca: authority.ca, closedPorts: [bad.port] }, needs: edge(bad) });
    const { message } = await run.then(
      () => new Error("it passed"),
      (error: Error) => error,
    );
    expect(message).toMatch(
      /^localhost:\d+: accepts TLSv1, .*; accepts TLSv1\.1, .*; .*not for localhost.*; has no strict-transport-security; .*; port \d+ is open$/,
    );
  });
});
