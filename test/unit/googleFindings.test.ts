// What `doctor -e` says of a project in Google Cloud, asked through a door that knows Google's addresses and no others.
import { describe, expect, it } from "vitest";
import { googleFindings, googleToken } from "../../automation/googleFindings.ts";

const project = "tutti-dev";
const key = `projects/${project}/locations/europe-west1/keyRings/state/cryptoKeys/stacks`;
const needs = { project, region: "europe-west1", apis: ["compute", "container"], quotas: { CPUS: 24 } };

/** Answers by method and address; anything else is refused as Google refuses it. */
type Cloud = Readonly<Record<string, unknown>>;
const healthy: Cloud = {
  [`GET https://cloudresourcemanager.googleapis.com/v1/projects/${project}`]: {
    projectNumber: "123456789012",
    lifecycleState: "ACTIVE",
  },
  [`GET https://serviceusage.googleapis.com/v1/projects/${project}/services:batchGet?names=projects/${project}/services/compute.googleapis.com&names=projects/${project}/services/container.googleapis.com`]:
    {
      services: [
        { name: "projects/123456789012/services/compute.googleapis.com", state: "ENABLED" },
        { name: "projects/123456789012/services/container.googleapis.com", state: "ENABLED" },
      ],
    },
  "GET https://storage.googleapis.com/storage/v1/b/tutti-state?fields=location,versioning": {
    location: "EUROPE-WEST1",
    versioning: { enabled: true },
  },
  "GET https://storage.googleapis.com/storage/v1/b/tutti-state/iam/testPermissions?permissions=storage.objects.get&permissions=storage.objects.list&permissions=storage.objects.create&permissions=storage.objects.delete":
    {
      permissions: ["storage.objects.get", "storage.objects.list", "storage.objects.create", "storage.objects.delete"],
    },
  [`GET https://cloudkms.googleapis.com/v1/${key}`]: { primary: { state: "ENABLED" } },
  [`POST https://cloudkms.googleapis.com/v1/${key}:testIamPermissions {"permissions":["cloudkms.cryptoKeyVersions.useToEncrypt","cloudkms.cryptoKeyVersions.useToDecrypt"]}`]:
    { permissions: ["cloudkms.cryptoKeyVersions.useToEncrypt", "cloudkms.cryptoKeyVersions.useToDecrypt"] },
  [`GET https://compute.googleapis.com/compute/v1/projects/${project}/regions/europe-west1`]: {
    quotas: [{ metric: "CPUS", limit: 72, usage: 12 }],
  },
};

async function look(cloud: Cloud): Promise<readonly string[]> {
  const request: typeof fetch = async (url, { method = "GET", body, headers } = {}) => {
    expect(headers).toMatchObject({ authorization: "Bearer t" });
    const answer = cloud[`${method} ${url}${body === undefined ? "" : ` ${body}`}`];
    if (answer !== undefined) return Response.json(answer);
    return Response.json({ error: { code: 404, message: `not found: ${url}` } }, { status: 404 });
  };
  const findings = await googleFindings({
    environment: "dev",
    needs,
    backend: "gs://tutti-state/dev",
    secretsProvider: `gcpkms://${key}`,
    token: async () => "t",
    request,
  });
  return findings.map(
    ({ check, status, message, hint }) => `${status} ${check}: ${message}${hint ? ` (${hint})` : ""}`,
  );
}

const changed = (part: string, value: unknown): Cloud =>
  Object.fromEntries(Object.entries(healthy).map(([url, answer]) => [url, url.includes(part) ? value : answer]));

describe("a project", () => {
  it("that has everything", async () => {
    expect(await look(healthy)).toEqual([
      "ok dev: credentials: Google Cloud answers to them",
      "ok dev: project: tutti-dev (123456789012)",
      "ok dev: APIs: 2 are on",
      "ok dev: state bucket: tutti-state in EUROPE-WEST1",
      `ok dev: key: ${key}`,
      "ok dev: quotas: CPUS in europe-west1",
    ]);
  });

  it("that has nothing is told all of it at once", async () => {
    const lines = await look({});
    expect(lines.map((line) => line.split(": ").slice(0, 2).join(": "))).toEqual([
      "ok dev: credentials",
      "problem dev: project",
      "problem dev: APIs",
      "problem dev: state bucket",
      "problem dev: key",
      "problem dev: quotas",
    ]);
    expect(lines[1]).toContain("HTTP 404: not found");
  });

  it.each([
    [
      "whose API is off",
      "services:batchGet",
      {
        services: [
          { name: "projects/1/services/compute.googleapis.com", state: "ENABLED" },
          { name: "projects/1/services/container.googleapis.com", state: "DISABLED" },
        ],
      },
      "problem dev: APIs: off: container (gcloud services enable container.googleapis.com --project tutti-dev)",
    ],
    [
      "whose bucket keeps no versions",
      "?fields=location",
      { location: "EU" },
      "warning dev: state bucket: tutti-state keeps no older versions: an overwritten state is gone (gcloud storage buckets update gs://tutti-state --versioning)",
    ],
    [
      "whose bucket may only be read",
      "testPermissions",
      { permissions: ["storage.objects.get", "storage.objects.list"] },
      "problem dev: state bucket: tutti-state: you lack storage.objects.create, storage.objects.delete (roles/storage.objectUser on it)",
    ],
    [
      "whose key may not be used",
      ":testIamPermissions",
      {},
      `problem dev: key: ${key}: you lack cloudkms.cryptoKeyVersions.useToEncrypt, cloudkms.cryptoKeyVersions.useToDecrypt (roles/cloudkms.cryptoKeyEncrypterDecrypter on it)`,
    ],
    [
      "with too few CPUs",
      "regions/",
      { quotas: [{ metric: "CPUS", limit: 24, usage: 8 }] },
      "problem dev: quotas: CPUS in europe-west1: 24 are needed, 16 of 24 are free (ask for more: console.cloud.google.com/iam-admin/quotas)",
    ],
    [
      "whose quota is misspelt",
      "regions/",
      { quotas: [{ metric: "NETWORKS", limit: 5, usage: 1 }] },
      "problem dev: quotas: europe-west1 has no quota CPUS; it has NETWORKS",
    ],
  ] as const)("%s", async (_, part, answer, line) => {
    expect(await look(changed(part, answer))).toContain(line);
  });

  it("that is about to be deleted, or whose key is destroyed", async () => {
    expect(await look(changed("cloudresourcemanager", { lifecycleState: "DELETE_REQUESTED" }))).toContain(
      "problem dev: project: project tutti-dev is DELETE_REQUESTED (gcloud projects undelete tutti-dev)",
    );
    const destroyed = Object.fromEntries(
      Object.entries(healthy).map(([url, answer]) => [
        url,
        url.endsWith(key) ? { primary: { state: "DESTROYED" } } : answer,
      ]),
    );
    expect(await look(destroyed)).toContain(`problem dev: key: ${key}: its primary version is DESTROYED`);
  });

  it("is not asked about without credentials", async () => {
    const findings = await googleFindings({
      environment: "dev",
      needs,
      backend: undefined,
      secretsProvider: undefined,
      token: async () => {
        throw new Error("there are no Google credentials");
      },
      request: async () => {
        throw new Error("asked all the same");
      },
    });
    expect(findings.map(({ status, check }) => `${status} ${check}`)).toEqual([
      "problem dev: credentials",
      "note dev: google",
    ]);
  });
});

describe("credentials", () => {
  it("that nobody answers for are not waited for", async () => {
    const findings = await googleFindings({
      environment: "dev",
      needs,
      backend: undefined,
      secretsProvider: undefined,
      token: () => new Promise(() => {}),
      patienceMs: 10,
    });
    expect(findings[0]).toMatchObject({ status: "problem", message: "no answer in 0.01 s to a question for a token" });
  });
  it.each([
    ["none", { HOME: "/nowhere" }, "there are no Google credentials"],
    ["a file that is not there", { GOOGLE_CREDENTIALS: "/nowhere/key.json" }, "/nowhere/key.json does not exist"],
    ["no JSON", { GOOGLE_APPLICATION_CREDENTIALS: "{ this" }, "are no JSON"],
  ])("%s: a sentence, and nothing is asked of the network", async (_, variables, sentence) => {
    await expect(googleToken(variables)).rejects.toThrow(sentence);
  });
  it("that are a token are taken as they are", async () => {
    expect(await googleToken({ GOOGLE_OAUTH_ACCESS_TOKEN: "t" })).toBe("t");
  });
});
