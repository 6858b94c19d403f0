// A real Kubernetes API server on loopback, with etcd behind it and the custom resource definitions that our components' objects
// need. Built once from the Go registry and kept in the user's cache by version; what is missing on the machine is said by name.
//
// etcd comes from the PATH (Debian: etcd-server). There is no controller and no node: objects are judged, nothing runs.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import https from "node:https";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { parseAllDocuments } from "yaml";

const run = promisify(execFile);
const version = "1.36.3";
/**
 * Where the definitions of objects that are not Kubernetes' own come from: Go modules and the folders inside of them, and a
 * folder that TUTTI_DEFINITIONS names. Google's (github.com/GoogleCloudPlatform/gke-gateway-api, config/crd) are no module
 * that the Go registry gives out, so they come in no other way.
 */
const definitions = [
  { module: "sigs.k8s.io/gateway-api@v1.6.0", folder: "config/crd/standard" },
  { module: "github.com/kedacore/keda/v2@v2.21.0", folder: "config/crd/bases" },
  { module: "github.com/cert-manager/cert-manager@v1.21.2", folder: "deploy/crds" },
] as const;
const moreDefinitions = process.env["TUTTI_DEFINITIONS"];

/** An object as `kubectl apply -f` takes it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [key: string]: unknown;
}

export interface ApiServer {
  /** Groups with versions that the server knows: `apps/v1`, `gateway.networking.k8s.io/v1`. */
  readonly groups: ReadonlySet<string>;
  /** Server-side apply, each unknown field an error. @throws Error with the server's sentence when it refuses. */
  apply(manifest: Manifest): Promise<void>;
  stop(): Promise<void>;
}

export async function startApiServer(): Promise<ApiServer> {
  const cache = path.join(process.env["XDG_CACHE_HOME"] ?? path.join(os.homedir(), ".cache"), "tutti/kubernetes");
  const binary = await build(cache);
  const folder = mkdtempSync(path.join(os.tmpdir(), "tutti-kubernetes-"));
  const children: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    const ended = children.map((child) => new Promise((resolve) => child.once("exit", resolve)));
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(ended);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const [client, peer, secure] = await Promise.all([freePort(), freePort(), freePort()]);
    const etcd = `http://127.0.0.1:${client}`;
    const peers = `http://127.0.0.1:${peer}`;
    start("etcd", [
      ...["--data-dir", path.join(folder, "etcd"), "--listen-client-urls", etcd, "--advertise-client-urls", etcd],
      ...["--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers],
      ...["--initial-cluster", `default=${peers}`, "--unsafe-no-fsync"],
    ]);
    const token = randomBytes(24).toString("base64url");
    writeFileSync(path.join(folder, "tokens.csv"), `${token},test,test,system:masters\n`, { mode: 0o600 });
    await run("openssl", ["genrsa", "-out", path.join(folder, "sa.key"), "2048"]);
    start(binary, [
      ...["--etcd-servers", etcd, "--bind-address", "127.0.0.1", "--secure-port", String(secure)],
      ...["--cert-dir", path.join(folder, "certificates"), "--token-auth-file", path.join(folder, "tokens.csv")],
      ...["--service-account-issuer", "https://kubernetes.invalid", "--authorization-mode", "RBAC"],
      ...["--service-account-key-file", path.join(folder, "sa.key")],
      ...["--service-account-signing-key-file", path.join(folder, "sa.key")],
      ...["--service-cluster-ip-range", "10.0.0.0/24", "--disable-admission-plugins", "ServiceAccount"],
    ]);
    const call = (method: string, url: string, body?: unknown) =>
      request(`https://127.0.0.1:${secure}${url}`, method, token, body);
    await until("the API server", async () => (await call("GET", "/readyz")).ok, children);

    /** Resource names by group, version and kind, asked once a group. */
    const known = new Map<string, Map<string, { name: string; namespaced: boolean }>>();
    const resourceOf = async ({ apiVersion, kind }: Manifest) => {
      let kinds = known.get(apiVersion);
      if (kinds === undefined) {
        const { ok, text } = await call("GET", base(apiVersion));
        if (!ok) throw new Error(`the API server knows no ${apiVersion}: ${text}`);
        const { resources } = JSON.parse(text) as { resources: { name: string; kind: string; namespaced: boolean }[] };
        kinds = new Map(resources.filter(({ name }) => !name.includes("/")).map((one) => [one.kind, one]));
        known.set(apiVersion, kinds);
      }
      const found = kinds.get(kind);
      if (found === undefined) throw new Error(`the API server knows no ${kind} in ${apiVersion}`);
      return found;
    };
    const apply = async (manifest: Manifest): Promise<void> => {
      const { name, namespaced } = await resourceOf(manifest);
      const within = namespaced ? `/namespaces/${manifest.metadata.namespace ?? "default"}` : "";
      const url = `${base(manifest.apiVersion)}${within}/${name}/${manifest.metadata.name}`;
      const query = "fieldManager=test&fieldValidation=Strict&force=true";
      const { ok, status, text } = await call("PATCH", `${url}?${query}`, manifest);
      if (ok) return;
      const { message = text } = JSON.parse(text) as { message?: string };
      throw new Error(`${manifest.kind} ${manifest.metadata.name}: HTTP ${status} ${message}`);
    };

    const awaited = new Set<string>();
    const folders = definitions.map(async ({ module, folder: inside }) => path.join(await download(module), inside));
    if (moreDefinitions !== undefined) folders.push(Promise.resolve(moreDefinitions));
    for (const inside of await Promise.all(folders)) {
      for (const definition of definitionsIn(inside)) {
        await apply(definition);
        const spec = definition["spec"] as { group: string; versions: { name: string; served: boolean }[] };
        for (const { name, served } of spec.versions) if (served) awaited.add(`${spec.group}/${name}`);
      }
    }
    const groups = new Set(["v1"]);
    await until(
      "the custom resources",
      async () => {
        const { text } = await call("GET", "/apis");
        const given = JSON.parse(text) as { groups: { versions: { groupVersion: string }[] }[] };
        for (const { versions } of given.groups) for (const { groupVersion } of versions) groups.add(groupVersion);
        return [...awaited].every((group) => groups.has(group));
      },
      children,
    );
    return { groups, apply, stop };
  } catch (error) {
    await stop();
    throw error;
  }

  function start(command: string, args: readonly string[]): void {
    const log: string[] = [];
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
    child.stderr?.on("data", (chunk) => {
      log.push(String(chunk));
      if (log.length > 50) log.shift();
    });
    child.once("error", (error: NodeJS.ErrnoException) => {
      const hint = error.code === "ENOENT" ? " (Debian: apt-get install etcd-server)" : "";
      failures.set(child, `${command} does not start: ${error.message}${hint}`);
    });
    child.once("exit", (code) => failures.set(child, `${path.basename(command)} ended with ${code}:\n${log.join("")}`));
    children.push(child);
  }
}

/** Its certificate is the server's own, made a moment ago for this address. */
function request(
  url: string,
  method: string,
  token: string,
  body: unknown,
): Promise<{ readonly ok: boolean; readonly status: number; readonly text: string }> {
  // YAML's media type is that of server-side apply; JSON is YAML.
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body !== undefined && { "content-type": "application/apply-patch+yaml" }),
  };
  return new Promise((resolve, reject) => {
    const asked = https.request(url, { method, headers, rejectUnauthorized: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      const status = response.statusCode ?? 0;
      response.once("error", reject).once("end", () => resolve({ ok: status >= 200 && status < 300, status, text }));
    });
    asked.once("error", reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const failures = new WeakMap<ChildProcess, string>();
const base = (apiVersion: string): string => (apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`);

async function until(what: string, holds: () => Promise<boolean>, children: readonly ChildProcess[]): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    for (const child of children) {
      const failure = failures.get(child);
      if (failure !== undefined) throw new Error(failure);
    }
    if (await holds().catch(() => false)) return;
    await delay(100);
  }
  throw new Error(`${what} did not come up within a minute`);
}

/** The server's program, from the cache or built now: some ten minutes the first time. */
async function build(cache: string): Promise<string> {
  const binary = path.join(cache, version, "kube-apiserver");
  if (existsSync(binary)) return binary;
  const folder = mkdtempSync(path.join(os.tmpdir(), "tutti-kube-apiserver-"));
  try {
    const directory = await download(`k8s.io/kubernetes@v${version}`);
    // Kubernetes names the modules of its own tree by folders, which the registry serves as modules of the same minor version.
    const own = readFileSync(path.join(directory, "go.mod"), "utf8");
    const staging = [...own.matchAll(/^\s+(k8s\.io\/\S+) => \.\/staging\//gm)].map(([, name]) => name!);
    const minor = `v0.${version.split(".").slice(1).join(".")}`;
    const go = /^go (\S+)$/m.exec(own)?.[1];
    const godebug = /^godebug .*$/m.exec(own)?.[0] ?? "";
    writeFileSync(
      path.join(folder, "go.mod"),
      `module apiserver\n\ngo ${go}\n\n${godebug}\n\nrequire k8s.io/kubernetes v${version}\n\nreplace (\n${staging
        .map((name) => `\t${name} => ${name} ${minor}\n`)
        .join("")})\n`,
    );
    writeFileSync(
      path.join(folder, "tools.go"),
      '//go:build tools\n\npackage tools\n\nimport _ "k8s.io/kubernetes/cmd/kube-apiserver"\n',
    );
    const options = { cwd: folder, env: { ...process.env, GOFLAGS: "-mod=mod", CGO_ENABLED: "0" }, maxBuffer: 1e9 };
    await run("go", ["mod", "tidy"], options);
    const stamp = "k8s.io/component-base/version";
    const [major, minorNumber] = version.split(".");
    // Without its version, clients cannot read it.
    const flags = [
      "-s -w",
      `-X ${stamp}.gitVersion=v${version}`,
      `-X ${stamp}.gitMajor=${major}`,
      `-X ${stamp}.gitMinor=${minorNumber}`,
    ].join(" ");
    const built = path.join(folder, "kube-apiserver");
    await run(
      "go",
      ["build", "-trimpath", "-ldflags", flags, "-o", built, "k8s.io/kubernetes/cmd/kube-apiserver"],
      options,
    );
    mkdirSync(path.dirname(binary), { recursive: true });
    const whole = `${binary}.${process.pid}`;
    await run("cp", [built, whole]);
    renameSync(whole, binary);
    return binary;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function definitionsIn(inside: string): readonly Manifest[] {
  const files = readdirSync(inside).filter((name) => name.endsWith(".yaml"));
  const all = files.flatMap((name) =>
    parseAllDocuments(readFileSync(path.join(inside, name), "utf8")).map((one) => one.toJS() as Manifest | null),
  );
  return all.filter((one): one is Manifest => one?.kind === "CustomResourceDefinition");
}

/** A Go module's folder in the module cache, downloaded where it is not there. */
async function download(module: string): Promise<string> {
  const { stdout } = await run("go", ["mod", "download", "-json", module], { cwd: os.tmpdir() }).catch(
    (error: Error) => {
      throw new Error(`go cannot download ${module}: ${error.message}`);
    },
  );
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}
