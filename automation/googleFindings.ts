// What a real environment on Google Cloud needs before its first run --> findings: credentials, project, APIs, state bucket, key,
// quotas. Everything is asked, whatever is missing first, and nothing is changed: only reads, and questions about permissions.
import { existsSync, readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { GoogleNeeds } from "./define.ts";
import type { Finding } from "./doctor.ts";
import type { Variables } from "./variables.ts";

export interface GoogleQuestions {
  readonly environment: string;
  readonly needs: GoogleNeeds;
  /** As `pulumi login` takes it; only `gs://` is looked at. */
  readonly backend: string | undefined;
  /** As `--secrets-provider` takes it; only `gcpkms://` is looked at. */
  readonly secretsProvider: string | undefined;
  /** A token for Google's APIs. Fails with a sentence when there are no credentials. */
  readonly token: () => Promise<string>;
  /** The door to the network, the global one by default. */
  readonly request?: typeof fetch;
  /** How long each question may take, milliseconds. */
  readonly patienceMs?: number;
}

/** An answer of Google's: what it said when it refused. */
type Answer = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };

/** Looks at everything; never throws for what it finds. */
export async function googleFindings(questions: GoogleQuestions): Promise<readonly Finding[]> {
  const { environment, needs, backend, secretsProvider, request = fetch, patienceMs = 20_000 } = questions;
  const finding = (check: string, status: Finding["status"], message: string, hint?: string): Finding => ({
    check: `${environment}: ${check}`,
    status,
    message,
    ...(hint !== undefined && { hint }),
  });
  let bearer: string;
  try {
    bearer = await answered(questions.token(), patienceMs);
  } catch (error) {
    return [
      finding("credentials", "problem", (error as Error).message, "gcloud auth application-default login"),
      finding("google", "note", "project, APIs, bucket, key and quotas are not looked at without credentials"),
    ];
  }

  const ask = async (url: string, body?: unknown): Promise<Answer> => {
    try {
      const response = await request(url, {
        headers: {
          authorization: `Bearer ${bearer}`,
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(patienceMs),
      });
      const value = (await response.json().catch(() => ({}))) as { error?: { message?: string } };
      if (response.ok) return { ok: true, value };
      return { ok: false, message: `HTTP ${response.status}: ${value.error?.message ?? response.statusText}` };
    } catch (error) {
      return { ok: false, message: (error as Error).message };
    }
  };
  const { project, region, apis = [], quotas = {} } = needs;

  // cloud.google.com/resource-manager/reference/rest/v1/projects/get
  const projectFinding = async (): Promise<Finding> => {
    const answer = await ask(`https://cloudresourcemanager.googleapis.com/v1/projects/${project}`);
    if (!answer.ok)
      return finding(
        "project",
        "problem",
        `project ${project}: ${answer.message}`,
        `gcloud projects create ${project}`,
      );
    const { lifecycleState, projectNumber } = answer.value as { lifecycleState?: string; projectNumber?: string };
    if (lifecycleState === "ACTIVE") return finding("project", "ok", `${project} (${projectNumber})`);
    return finding(
      "project",
      "problem",
      `project ${project} is ${lifecycleState}`,
      `gcloud projects undelete ${project}`,
    );
  };

  // cloud.google.com/service-usage/docs/reference/rest/v1/services/batchGet: 30 at most a request.
  const apiFinding = async (): Promise<readonly Finding[]> => {
    if (apis.length === 0) return [];
    const states = new Map<string, string>();
    for (let from = 0; from < apis.length; from += 30) {
      const names = apis
        .slice(from, from + 30)
        .map((api) => `names=projects/${project}/services/${api}.googleapis.com`);
      const url = `https://serviceusage.googleapis.com/v1/projects/${project}/services:batchGet?${names.join("&")}`;
      const answer = await ask(url);
      if (!answer.ok) return [finding("APIs", "problem", `cannot be looked up: ${answer.message}`)];
      const { services = [] } = answer.value as { services?: { name?: string; state?: string }[] };
      for (const { name = "", state = "" } of services) states.set(name.slice(name.lastIndexOf("/") + 1), state);
    }
    const off = apis.filter((api) => states.get(`${api}.googleapis.com`) !== "ENABLED");
    if (off.length === 0) return [finding("APIs", "ok", `${apis.length} are on`)];
    const enable = `gcloud services enable ${off.map((api) => `${api}.googleapis.com`).join(" ")} --project ${project}`;
    return [finding("APIs", "problem", `off: ${off.join(", ")}`, enable)];
  };

  // cloud.google.com/storage/docs/json_api/v1/buckets: get, testIamPermissions
  const bucketFindings = async (): Promise<readonly Finding[]> => {
    const bucket = /^gs:\/\/([^/?]+)/.exec(backend ?? "")?.[1];
    if (bucket === undefined) return [];
    const base = `https://storage.googleapis.com/storage/v1/b/${encodeURIComponent(bucket)}`;
    const wanted = ["storage.objects.get", "storage.objects.list", "storage.objects.create", "storage.objects.delete"];
    const [found, held] = await Promise.all([
      ask(`${base}?fields=location,versioning`),
      ask(`${base}/iam/testPermissions?${wanted.map((one) => `permissions=${one}`).join("&")}`),
    ]);
    if (!found.ok)
      return [finding("state bucket", "problem", `${bucket}: ${found.message}`, "docs/first-cloud.md makes it")];
    const { location, versioning } = found.value as { location?: string; versioning?: { enabled?: boolean } };
    const { permissions = [] } = (held.ok ? held.value : {}) as { permissions?: readonly string[] };
    const missing = wanted.filter((one) => !permissions.includes(one));
    return [
      missing.length === 0
        ? finding("state bucket", "ok", `${bucket} in ${location}`)
        : finding(
            "state bucket",
            "problem",
            `${bucket}: you lack ${missing.join(", ")}`,
            "roles/storage.objectUser on it",
          ),
      ...(versioning?.enabled === true
        ? []
        : [
            finding(
              "state bucket",
              "warning",
              `${bucket} keeps no older versions: an overwritten state is gone`,
              `gcloud storage buckets update gs://${bucket} --versioning`,
            ),
          ]),
    ];
  };

  // cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys: get, testIamPermissions
  const keyFindings = async (): Promise<readonly Finding[]> => {
    const key = /^gcpkms:\/\/(projects\/[^?]+)/.exec(secretsProvider ?? "")?.[1];
    if (key === undefined) return [];
    const wanted = ["cloudkms.cryptoKeyVersions.useToEncrypt", "cloudkms.cryptoKeyVersions.useToDecrypt"];
    const url = `https://cloudkms.googleapis.com/v1/${key}`;
    const [found, held] = await Promise.all([ask(url), ask(`${url}:testIamPermissions`, { permissions: wanted })]);
    if (!found.ok) return [finding("key", "problem", `${key}: ${found.message}`, "docs/first-cloud.md makes it")];
    const { primary } = found.value as { primary?: { state?: string } };
    if (primary?.state !== "ENABLED")
      return [finding("key", "problem", `${key}: its primary version is ${primary?.state ?? "missing"}`)];
    const { permissions = [] } = (held.ok ? held.value : {}) as { permissions?: readonly string[] };
    const missing = wanted.filter((one) => !permissions.includes(one));
    return [
      missing.length === 0
        ? finding("key", "ok", key)
        : finding(
            "key",
            "problem",
            `${key}: you lack ${missing.join(", ")}`,
            "roles/cloudkms.cryptoKeyEncrypterDecrypter on it",
          ),
    ];
  };

  // cloud.google.com/compute/docs/reference/rest/v1/regions/get
  const quotaFindings = async (): Promise<readonly Finding[]> => {
    if (region === undefined || Object.keys(quotas).length === 0) return [];
    const answer = await ask(`https://compute.googleapis.com/compute/v1/projects/${project}/regions/${region}`);
    if (!answer.ok) return [finding("quotas", "problem", `cannot be looked up: ${answer.message}`)];
    const { quotas: given = [] } = answer.value as { quotas?: { metric: string; limit: number; usage: number }[] };
    const short = Object.entries(quotas).flatMap(([metric, wanted]) => {
      const found = given.find((one) => one.metric === metric);
      if (found === undefined)
        return [
          finding(
            "quotas",
            "problem",
            `${region} has no quota ${metric}; it has ${given.map((one) => one.metric).join(", ")}`,
          ),
        ];
      const free = found.limit - found.usage;
      if (free >= wanted) return [];
      const message = `${metric} in ${region}: ${wanted} are needed, ${free} of ${found.limit} are free`;
      return [finding("quotas", "problem", message, "ask for more: console.cloud.google.com/iam-admin/quotas")];
    });
    return short.length > 0 ? short : [finding("quotas", "ok", `${Object.keys(quotas).join(", ")} in ${region}`)];
  };

  const all = await Promise.all([projectFinding(), apiFinding(), bucketFindings(), keyFindings(), quotaFindings()]);
  return [finding("credentials", "ok", "Google Cloud answers to them"), ...all.flat()];
}

/**
 * Credentials as Google's provider for Pulumi finds them: GOOGLE_OAUTH_ACCESS_TOKEN, GOOGLE_CREDENTIALS (JSON or a file),
 * GOOGLE_APPLICATION_CREDENTIALS, gcloud's own; on a machine of Google's, the metadata server.
 * (registry: gcp provider, configuration; the order is the provider's documentation's.)
 *
 * @throws Error with a sentence when there are none.
 */
export async function googleToken(variables: Variables): Promise<string> {
  const { GOOGLE_OAUTH_ACCESS_TOKEN, GOOGLE_CREDENTIALS, GOOGLE_APPLICATION_CREDENTIALS, CLOUDSDK_CONFIG, HOME } =
    variables;
  if (GOOGLE_OAUTH_ACCESS_TOKEN) return GOOGLE_OAUTH_ACCESS_TOKEN;
  const named = GOOGLE_CREDENTIALS ?? GOOGLE_APPLICATION_CREDENTIALS;
  const own = path.join(
    CLOUDSDK_CONFIG ?? path.join(HOME ?? os.homedir(), ".config/gcloud"),
    "application_default_credentials.json",
  );
  const text = named === undefined ? (existsSync(own) ? readFileSync(own, "utf8") : undefined) : given(named);
  if (text === undefined && !onGoogle()) throw new Error("there are no Google credentials");
  let credentials: object | undefined;
  try {
    credentials = text === undefined ? undefined : (JSON.parse(text) as object);
  } catch {
    throw new Error(`the Google credentials${named === undefined ? ` in ${own}` : ""} are no JSON`);
  }
  const { GoogleAuth } = await import("google-auth-library");
  const auth = new GoogleAuth({
    scopes: ["https://www.googleapis.com/auth/cloud-platform"],
    ...(credentials !== undefined && { credentials }),
  });
  const token = await auth.getAccessToken();
  if (!token) throw new Error("the Google credentials give no token");
  return token;
}

/** @throws when there is no answer in time. */
async function answered<T>(question: Promise<T>, patienceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer in ${patienceMs / 1000} s to a question for a token`)),
      patienceMs,
    );
  });
  return Promise.race([question, late]).finally(() => clearTimeout(timer));
}

/** The variable's value, or what the file that it names holds. */
function given(value: string): string {
  if (value.trimStart().startsWith("{")) return value;
  if (!existsSync(value)) throw new Error(`the Google credentials' file ${value} does not exist`);
  return readFileSync(value, "utf8");
}

/** Whether this machine is Google's, by its firmware: nothing is asked of the network to know it. */
function onGoogle(): boolean {
  try {
    return readFileSync("/sys/class/dmi/id/product_name", "utf8").includes("Google");
  } catch {
    return false;
  }
}
