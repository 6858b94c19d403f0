// Every Kubernetes object of every component, as the sandbox came to hold it, given to a real API server that takes no field it
// does not know. By hand: npm run test:kubernetes, with TUTTI_DEFINITIONS=<folder> for Google's own objects too (apiServer.ts).

import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { componentPages } from "../../docs/pages.ts";
import { kubeconfig } from "../components/kubeconfig.ts";
import { sandboxProject } from "../components/sandboxStack.ts";
import { type ApiServer, type Manifest, startApiServer } from "./apiServer.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Google's own: judged where their definitions were given. */
const google = ["GCPBackendPolicy", "GCPGatewayPolicy", "HealthCheckPolicy"];
const unjudged = process.env["TUTTI_DEFINITIONS"] === undefined ? google : [];

let server: ApiServer;
let objects: readonly { readonly component: string; readonly manifest: Manifest }[];

beforeAll(async () => {
  server = await startApiServer();
  const examples = [...componentPages(root).components].map(
    ([file, name]) => `docs/examples/${path.dirname(file)}/${name}.ts`,
  );
  const project = await sandboxProject(...examples, "test/kubernetes/everything.ts");
  try {
    const secrets = { pagerDutyKey: "1", mailPassword: "2", databasePassword: "3" };
    const stack = await project.stack("main", { "kubernetes:kubeconfig": kubeconfig, ...secrets });
    await stack.run("up", "--yes", "--skip-preview");
    const { deployment } = JSON.parse(await stack.run("stack", "export", "--show-secrets")) as {
      deployment: { resources: { urn: string; type: string; inputs?: Record<string, unknown> }[] };
    };
    objects = deployment.resources
      .filter(({ type }) => type.startsWith("kubernetes:") && !type.startsWith("kubernetes:helm.sh"))
      .map(({ urn, inputs = {} }) => ({ component: componentOf(urn), manifest: revealed(inputs) as Manifest }));
  } finally {
    await project.remove();
  }
  // Objects live in namespaces that others make.
  for (const name of new Set(objects.map(({ manifest }) => manifest.metadata.namespace ?? "default")))
    await server.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
}, 1_800_000);
afterAll(() => server?.stop());

/** `tutti:kubernetes:Worker`: the innermost component of a URN's types. */
function componentOf(urn: string): string {
  return (
    urn
      .split("::")[2]!
      .split("$")
      .findLast((type) => type.startsWith("tutti:")) ?? "none"
  );
}

/** `export --show-secrets` wraps a secret; its plain text is JSON. */
function revealed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revealed);
  if (typeof value !== "object" || value === null) return value;
  const { plaintext } = value as { plaintext?: unknown };
  if ("4dabf18193072939515e22adb298388d" in value && typeof plaintext === "string")
    return revealed(JSON.parse(plaintext));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revealed(item)]));
}

it("has objects of every component that makes any", () => {
  expect([...new Set(objects.map(({ component }) => component))].sort()).toEqual([
    "tutti:gcp:Edge",
    "tutti:kubernetes:Chart",
    "tutti:kubernetes:Gateway",
    "tutti:kubernetes:Namespace",
    "tutti:kubernetes:Route",
    "tutti:kubernetes:ScheduledJob",
    "tutti:kubernetes:WebApplication",
    "tutti:kubernetes:Worker",
  ]);
});

it("takes every one, field by field", async () => {
  const refused: string[] = [];
  const counts = new Map<string, number>();
  const passedOver = new Set<string>();
  for (const { component, manifest } of objects) {
    if (unjudged.includes(manifest.kind)) {
      passedOver.add(manifest.kind);
      continue;
    }
    await server.apply(manifest).then(
      () => counts.set(manifest.kind, (counts.get(manifest.kind) ?? 0) + 1),
      (error: Error) => refused.push(`${component}: ${error.message}`),
    );
  }
  process.stdout.write(`accepted: ${[...counts].map(([kind, count]) => `${count} ${kind}`).join(", ")}\n`);
  if (passedOver.size > 0) process.stdout.write(`NOT judged, no definition given: ${[...passedOver].join(", ")}\n`);
  expect(refused).toEqual([]);
  expect([...passedOver].sort()).toEqual(unjudged);
});

it("would refuse a field that it does not know, a value of the wrong kind, and a route of Gateway API without its parent", async () => {
  const changed = (kind: string, change: (spec: Record<string, unknown>) => object): Manifest => {
    const { manifest } = objects.find((one) => one.manifest.kind === kind)!;
    return { ...manifest, spec: change(manifest["spec"] as Record<string, unknown>) };
  };
  const wrong = [
    [changed("Deployment", (spec) => ({ ...spec, replica: 3 })), "replica"],
    [changed("Deployment", (spec) => ({ ...spec, minReadySeconds: "soon" })), "minReadySeconds"],
    [changed("HTTPRoute", (spec) => ({ ...spec, parentRefs: [{}] })), "parentRefs"],
    [changed("ScaledObject", (spec) => ({ ...spec, triggers: "many" })), "triggers"],
  ] as const;
  if (unjudged.length === 0)
    await expect(
      server.apply(changed("GCPBackendPolicy", (spec) => ({ ...spec, default: { iap: { enabled: "yes" } } }))),
    ).rejects.toThrow("enabled");
  for (const [manifest, word] of wrong) await expect(server.apply(manifest), word).rejects.toThrow(word);
});
