// The committed schemas belong to the SDKs that are installed, and say what their declarations say.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, it } from "vitest";
import { loadSchema } from "../../../engine/providers/sandbox/schema.ts";

const require = createRequire(import.meta.url);

for (const name of ["gcp", "kubernetes"] as const) {
  it(`has the schema of the installed @pulumi/${name}`, async () => {
    const { version } = JSON.parse(readFileSync(require.resolve(`@pulumi/${name}/package.json`), "utf8")) as {
      version: string;
    };
    const schema = await loadSchema(name);
    expect(
      schema.version,
      `@pulumi/${name} is ${version}, its schema of ${schema.version}: run npx node engine/providers/sandbox/generate.ts and review the tables`,
    ).toBe(version);
  });
}

it("holds every type, with nested ones, required ones and choices", async () => {
  const [gcp, kubernetes] = [await loadSchema("gcp"), await loadSchema("kubernetes")];
  expect([gcp.tokens.length > 1400, kubernetes.tokens.length > 500]).toEqual([true, true]);
  expect(gcp.resource("gcp:compute/subnetwork:Subnetwork")).toMatchObject({
    inputs: { network: "!s", privateIpGoogleAccess: "b", secondaryIpRanges: "[@compute.SubnetworkSecondaryIpRange" },
    outputs: { selfLink: "s", description: "s?" },
  });
  expect(gcp.type("compute.SubnetworkSecondaryIpRange")).toMatchObject({ rangeName: "!s", ipCidrRange: "s" });
  expect(gcp.resource("gcp:sql/user:User")?.secrets).toEqual(["password", "passwordWo"]);
  expect(kubernetes.resource("kubernetes:apps/v1:Deployment")?.inputs).toEqual({
    apiVersion: "'apps/v1'",
    kind: "'Deployment'",
    metadata: "@meta.v1.ObjectMeta",
    spec: "!@apps.v1.DeploymentSpec",
  });
  expect(kubernetes.type("core.v1.ServicePort")).toMatchObject({ port: "!n", targetPort: "(n|s)" });
  expect(gcp.resource("pulumi:providers:gcp")?.inputs).toMatchObject({ project: "s", region: "s" });
});

it("can resolve every nested type that a type names", async () => {
  for (const name of ["gcp", "kubernetes"] as const) {
    const schema = await loadSchema(name);
    const missing = new Set<string>();
    const seen = new Set<string>();
    const visit = (properties: Readonly<Record<string, string>>): void => {
      for (const type of Object.values(properties)) {
        for (const [, path] of type.matchAll(/@([\w.]+)/g)) {
          if (seen.has(path!)) continue;
          seen.add(path!);
          const nested = schema.type(path!);
          if (nested === undefined) missing.add(path!);
          else visit(nested);
        }
      }
    };
    for (const token of schema.tokens) visit(schema.resource(token)!.inputs);
    expect([...missing]).toEqual([]);
    expect(seen.size).toBeGreaterThan(500);
  }
});
