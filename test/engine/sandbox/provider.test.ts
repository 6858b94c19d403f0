import { expect, it } from "vitest";
import { editResource, findResource } from "../../../engine/providers/sandbox/cloud.ts";
import { createSandboxProvider } from "../../../engine/providers/sandbox/provider.ts";
import {
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
  Secret,
  Unknown,
  unknown,
} from "../../../engine/values.ts";
import {
  at,
  clusterInputs,
  deploymentInputs,
  instanceInputs,
  kubeconfigFor,
  sentence,
  types,
  urn,
  World,
  withCluster,
  withInstance,
  withNetwork,
} from "./world.ts";

/** Everything that is `Unknown`, by dotted path. */
function unknowns(value: PropertyValue, path = ""): string[] {
  if (value instanceof Unknown) return [path];
  return isPropertyMap(value)
    ? Object.entries(value).flatMap(([name, part]) => unknowns(part, path === "" ? name : `${path}.${name}`))
    : [];
}

it("names what does not fit the schema: unknown, missing and wrongly typed properties at every depth", async () => {
  const world = await World.open();
  expect(
    await world.problems(types.network, "n", { routingmode: "GLOBAL", mtu: "big", params: { resourceManagerTag: {} } }),
  ).toEqual([
    'routingmode: "routingmode" is not a property of this type; did you mean "routingMode"?',
    'mtu: expected a number, got the string "big"',
    'params.resourceManagerTag: "resourceManagerTag" is not a property of params; did you mean "resourceManagerTags"?',
  ]);
  expect(
    await world.problems(types.subnetwork, "s", { ipCidrRange: "10.0.0.0/24", secondaryIpRanges: [{ rangeName: 5 }] }),
  ).toEqual(["secondaryIpRanges[0].rangeName: expected a string, got the number 5", "network: required, but missing"]);
  expect(await world.problems(types.deployment, "d", { spec: { replicas: "3", selector: {}, template: {} } })).toEqual([
    'spec.replicas: expected a number, got the string "3"',
  ]);
  expect(
    await world.problems(types.deployment, "d", { kind: "StatefulSet", spec: { selector: {}, template: {} } }),
  ).toContain('kind: expected "Deployment", got the string "StatefulSet"');
});

it("quotes no secret in what it refuses, and takes unknown values as they come", async () => {
  const world = await World.open();
  const problems = await world.problems(types.network, "n", {
    mtu: new Secret("hunter2"),
    name: unknown,
    routingMode: unknown,
  });
  expect(problems).toEqual(["mtu: expected a number, got a secret string"]);
  const secret = new Secret("Hunter2_is_no_name");
  expect(await world.problems(types.network, "n", { name: secret })).toEqual([
    expect.stringContaining('name: "[secret]" is no right name'),
  ]);
  expect(await world.refusal(types.router, "r", { name: "r", network: new Secret("hunter2") })).toContain(
    "networks/[secret]' was not found",
  );
});

it("refuses types that the SDK does not know, with a suggestion", async () => {
  const world = await World.open();
  expect(await world.problems("gcp:compute/netwrok:Network", "n", {})).toEqual([
    ': @pulumi/gcp 9.37.0 has no resource type "gcp:compute/netwrok:Network"; did you mean "gcp:compute/network:Network"?',
  ]);
  expect(await world.problems("kubernetes:apps/v1:Deploymnt", "n", {})).toEqual([
    ': @pulumi/kubernetes 4.34.2 has no resource type "kubernetes:apps/v1:Deploymnt"; did you mean "kubernetes:apps/v1:Deployment"?',
  ]);
});

it("invents names as the real providers do, keeps them, and lets the given ones force a delete first", async () => {
  const world = await World.open();
  const network = await world.create(types.network, "Main", { autoCreateSubnetworks: false });
  expect(network.outputs["name"]).toMatch(/^main-[0-9a-f]{7}$/);
  expect(network.inputs["__defaults"]).toContain("name");
  const same = await world.diff(network, { autoCreateSubnetworks: false });
  expect([same.changes, same.inputs["name"]]).toEqual(["none", network.inputs["name"]]);
  const replaced = await world.diff(network, { autoCreateSubnetworks: true });
  expect(replaced).toMatchObject({ replaces: ["autoCreateSubnetworks"], deleteBeforeReplace: false });
  const named = await world.create(types.network, "named", { name: "named", autoCreateSubnetworks: false });
  expect(await world.diff(named, { name: "named", autoCreateSubnetworks: true })).toMatchObject({
    deleteBeforeReplace: true,
  });

  const { metadata: _, ...unnamed } = deploymentInputs("web");
  const deployment = await world.create(types.deployment, "web", unnamed);
  expect(deployment.id).toMatch(/^default\/web-[0-9a-f]{8}$/);
  expect(isPropertyMap(deployment.outputs["metadata"]!) && deployment.outputs["metadata"]["annotations"]).toEqual({
    "pulumi.com/autonamed": "true",
  });
  expect((await world.diff(deployment, unnamed)).changes).toBe("none");
  expect(await world.problems(types.network, "x".repeat(60), {})).toEqual([
    `name: name '${"x".repeat(60)}-' plus 7 random chars is longer than maximum length 63`,
  ]);
});

it("follows autonaming configuration", async () => {
  const world = await World.open();
  const request = {
    type: types.network,
    name: "n",
    urn: urn(types.network, "n"),
    oldInputs: {},
    newInputs: {},
    randomSeed: Buffer.alloc(32),
  };
  const provider = world.provider(types.network);
  const enforced = await provider.check({ ...request, autonaming: { proposedName: "n-prod", mode: "enforce" } });
  expect(enforced.inputs["name"]).toBe("n-prod");
  const disabled = await provider.check({ ...request, autonaming: { proposedName: "", mode: "disable" } });
  expect(disabled.failures).toEqual([{ property: "name", reason: "autonaming is disabled: give the resource a name" }]);
});

it("predicts in a preview what the providers know, unknown for what the cloud decides, and makes nothing", async () => {
  const world = await World.open();
  const network = await world.preview(types.network, "n", { name: "n" });
  expect(network).toMatchObject({ name: "n", project: "sandbox", autoCreateSubnetworks: true });
  expect(unknowns(network)).toEqual(expect.arrayContaining(["selfLink", "networkId", "gatewayIpv4"]));
  expect(unknowns(network)).not.toContain("description");
  const subnetwork = await world.preview(types.subnetwork, "s", {
    name: "s",
    network: unknown,
    ipCidrRange: "10.0.0.0/24",
  });
  expect(unknowns(subnetwork)).toEqual(expect.arrayContaining(["network", "selfLink", "gatewayAddress"]));
  await world.configure("kubernetes", { kubeconfig: unknown });
  const service = await world.preview(types.kubernetesService, "s", {
    metadata: { name: "s" },
    spec: { ports: [{ port: 80 }] },
  });
  expect(unknowns(service)).toEqual(expect.arrayContaining(["spec.clusterIP", "status"]));
  expect(at(service, "metadata.name")).toBe("s");
  expect(await world.files()).toBe("");
});

it("predicts in a preview of an update what the update then gives", async () => {
  const world = await World.open();
  const { subnetwork } = await withNetwork(world);
  const { inputs } = await world.diff(subnetwork, { ...subnetwork.inputs, privateIpGoogleAccess: true });
  const request = {
    ...subnetwork,
    oldInputs: subnetwork.inputs,
    oldOutputs: subnetwork.outputs,
    newInputs: inputs,
    ignoreChanges: [],
    timeoutSeconds: 0,
    signal: new AbortController().signal,
  };
  const predicted = await world.provider(types.subnetwork).update({ ...request, preview: true });
  expect((await world.read(subnetwork))?.outputs["privateIpGoogleAccess"]).toBe(false);
  expect(await world.provider(types.subnetwork).update({ ...request, preview: false })).toEqual(predicted);
});

it("knows a Google resource by any of its links, and what the cloud would choose again", async () => {
  const world = await World.open();
  const { network, subnetwork } = await withNetwork(world);
  const link = { ...subnetwork.inputs, network: network.outputs["selfLink"]! };
  expect((await world.diff(subnetwork, link)).changes).toBe("none");
  const withRegion = await world.diff(subnetwork, { ...subnetwork.inputs, region: "europe-west1" });
  expect(withRegion.changes).toBe("none");
  const { region: _, ...withoutRegion } = withRegion.inputs;
  expect((await world.diff({ ...subnetwork, inputs: withRegion.inputs }, withoutRegion)).changes).toBe("none");
});

it("writes no secret in the clear, and reads it back", async () => {
  const world = await World.open();
  const { instance } = await withInstance(world);
  const canary = "c4n4ry-hunter2";
  const user = await world.create(types.user, "u", {
    name: "u",
    instance: instance.outputs["name"]!,
    password: new Secret(canary),
  });
  // Secret by the SDK's own list, though it came in plain.
  const plain = await world.create(types.user, "v", { name: "v", instance: "db", password: canary });
  const secret = await world.create(types.kubernetesSecret, "s", {
    metadata: { name: "s" },
    stringData: { password: new Secret(canary) },
  });
  const map = await world.create(types.configMap, "m", {
    metadata: { name: "m" },
    data: { nested: new Secret(canary) },
  });
  for (const text of [canary, Buffer.from(canary).toString("base64"), Buffer.from(canary).toString("hex")])
    expect(await world.files()).not.toContain(text);
  expect(user.outputs["password"]).toEqual(new Secret(canary));
  expect(plain.outputs["password"]).toEqual(new Secret(canary));
  await world.update(plain, { name: "v", instance: "db", password: `${canary}-2` });
  expect(await world.files()).not.toContain(canary);
  expect((await world.read(user))?.outputs["password"]).toEqual(new Secret(canary));
  expect((await world.read(secret))?.outputs["data"]).toEqual(
    new Secret({ password: new Secret(Buffer.from(canary).toString("base64")) }),
  );
  expect((await world.read(map))?.inputs).toEqual(map.inputs);
});

it("reads what it wrote: no difference, whatever the type", async () => {
  const world = await World.open();
  const { network, subnetwork, range, connection, instance } = await withInstance(world);
  for (const created of [network, subnetwork, range, connection, instance]) {
    const read = await world.read(created);
    expect(read?.inputs, created.type).toEqual(created.inputs);
    expect(read?.outputs, created.type).toEqual(created.outputs);
  }
});

it("shows an edit as changed inputs and outputs, and an update puts it right", async () => {
  const world = await World.open();
  const { instance } = await withInstance(world);
  const given = instanceInputs("projects/sandbox/global/networks/main");
  await editResource(world.directory, "db", "settings.tier", "db-g1-small");
  // A property that the program does not mention.
  await editResource(world.directory, "db", "maintenanceVersion", "POSTGRES_17_OTHER");
  const read = (await world.read(instance))!;
  expect(at(read.outputs, "settings.tier")).toBe("db-g1-small");
  expect(at(read.inputs, "settings.tier")).toBe("db-g1-small");
  expect(read.inputs["maintenanceVersion"]).toBe("POSTGRES_17_OTHER");
  expect(at(read.inputs, "settings.diskAutoresize")).toBeUndefined();

  const refreshed = { ...instance, inputs: read.inputs, outputs: read.outputs };
  const diff = await world.diff(refreshed, given);
  expect(Object.keys(diff.detailedDiff ?? {}).sort()).toEqual(["maintenanceVersion", "settings.tier"]);
  const repaired = await world.update(refreshed, given);
  expect((await findResource(world.directory, "db")).edited).toEqual([]);
  expect(at(repaired.outputs, "settings.tier")).toBe("db-f1-micro");
  expect(repaired.outputs["maintenanceVersion"]).toBe(instance.outputs["maintenanceVersion"]);
  expect(await world.read(repaired)).toMatchObject({ inputs: repaired.inputs, outputs: repaired.outputs });
  expect((await world.diff(repaired, given)).changes).toBe("none");
});

it("shows an edit inside of what the program gave, though the program did not name it", async () => {
  const world = await World.open();
  const given = deploymentInputs("web");
  const deployment = await world.create(types.deployment, "web", given);
  await editResource(world.directory, "web", "spec.replicas", "9");
  const read = (await world.read(deployment))!;
  expect(at(read.inputs, "spec.replicas")).toBe(9);
  const refreshed = { ...deployment, inputs: read.inputs, outputs: read.outputs };
  const diff = await world.diff(refreshed, given);
  expect(diff.detailedDiff).toEqual({ "spec.replicas": { kind: "delete", inputDiff: false } });
  expect(at((await world.update(refreshed, given)).outputs, "spec.replicas")).toBe(1);

  const { inputs } = await world.check(types.deployment, "web", given, refreshed.inputs);
  const request = { ...refreshed, oldInputs: refreshed.inputs, oldOutputs: refreshed.outputs, newInputs: inputs };
  const changes = async (...ignoreChanges: string[]) =>
    (await world.provider(types.deployment).diff({ ...request, ignoreChanges })).changes;
  expect([
    await changes("spec.replicas"),
    await changes("spec"),
    await changes("spec.template"),
    await changes(),
  ]).toEqual(["none", "none", "some", "some"]);
});

it("keeps what an update does not touch, edits included", async () => {
  const world = await World.open();
  const { network } = await withNetwork(world);
  await editResource(world.directory, "main", "mtu", "1500");
  const updated = await world.update(network, { ...network.inputs, routingMode: "GLOBAL" });
  expect(updated.outputs).toMatchObject({ mtu: 1500, routingMode: "GLOBAL" });
});

it("finds what it imports by id, name or the end of the id, and takes its inputs from the cloud", async () => {
  const world = await World.open();
  const { network } = await withNetwork(world);
  for (const id of [network.id, "main", "networks/main"]) {
    const read = await world.read({ ...network, id, inputs: {}, outputs: {} });
    expect(read?.id).toBe(network.id);
    expect(read?.inputs).toMatchObject({ name: "main", autoCreateSubnetworks: false });
  }
  expect(await world.read({ ...network, id: "other", inputs: {}, outputs: {} })).toBeUndefined();
});

it("deletes what is gone without a word, and heeds deletionPolicy", async () => {
  const world = await World.open();
  const prevent = await world.create(types.network, "a", { name: "a", deletionPolicy: "PREVENT" });
  expect(await sentence(world.delete(prevent))).toBe(
    'error deleting Network: cannot destroy projects/sandbox/global/networks/a without setting deletionPolicy="DELETE" and running `pulumi up`',
  );
  const abandon = await world.create(types.network, "b", { name: "b", deletionPolicy: "ABANDON" });
  await world.delete(abandon);
  expect(await world.read(abandon)).toBeDefined();
  const gone = await world.create(types.network, "c", { name: "c" });
  await world.delete(gone);
  await world.delete(gone);
});

it("keeps a type without an entry as given, and says that it is approximate", async () => {
  const world = await World.open();
  const type = "gcp:memcache/instance:Instance";
  const provider = world.provider(type);
  const one = { nodeCount: 1, nodeConfig: { cpuCount: 1, memorySizeMb: 1024 } };
  expect([provider.approximate?.(type), provider.approximate?.(types.network)]).toEqual([true, false]);
  expect(await world.problems(type, "cache", { ...one, zonse: [] })).toEqual([
    'zonse: "zonse" is not a property of this type; did you mean "zones"?',
  ]);
  const preview = await world.preview(type, "cache", one);
  expect(unknowns(preview)).toContain("discoveryEndpoint");
  const created = await world.create(type, "cache", { ...one, displayName: null });
  expect(created.outputs).toMatchObject({
    ...one,
    project: "sandbox",
    name: expect.stringMatching(/^cache-[0-9a-f]{7}$/),
  });
  expect(created.outputs["discoveryEndpoint"]).toMatch(/^sandbox-discoveryEndpoint-[0-9a-f]{8}$/);
  expect((await world.diff(created, { ...one, name: "other" })).replaces).toEqual(["name"]);
  expect((await world.update(created, { ...one, nodeCount: 2 })).outputs).toMatchObject({
    ...one,
    nodeCount: 2,
    discoveryEndpoint: created.outputs["discoveryEndpoint"],
  });
  await world.delete(created);
  expect(await world.read(created)).toBeUndefined();
});

it("takes custom resources of any group but Kubernetes' own", async () => {
  const world = await World.open();
  const type = "kubernetes:example.com/v1:Widget";
  expect(world.provider(type).approximate?.(type)).toBe(true);
  const created = await world.create(type, "one", {
    apiVersion: "example.com/v1",
    kind: "Widget",
    metadata: { name: "one" },
    spec: { dnsNames: ["a.example.com"] },
  });
  expect(created.id).toBe("default/one");
  const cluster = await world.create("kubernetes:example.com/v1:ClusterWidget", "ca", { metadata: { name: "ca" } });
  expect(cluster.id).toBe("ca");
});

it("serves every type of both SDKs: a name, a preview, no crash", async () => {
  const world = await World.open();
  const { loadSchema } = await import("../../../engine/providers/sandbox/schema.ts");
  const schemas = [await loadSchema("gcp"), await loadSchema("kubernetes")];
  // Every 23rd: all of them take seconds.
  for (const type of schemas
    .flatMap(({ tokens }) => tokens)
    .filter((token, index) => index % 23 === 0 && !token.startsWith("pulumi:"))) {
    const { inputs } = await world.check(type, "thing", {});
    const { outputs } = await world.provider(type).create({
      type,
      name: "thing",
      urn: urn(type, "thing"),
      inputs,
      preview: true,
      timeoutSeconds: 0,
      signal: new AbortController().signal,
    });
    expect(Object.keys(outputs).length, type).toBeGreaterThan(0);
  }
});

it("answers its functions, and refuses others by name", async () => {
  const world = await World.open();
  await world.configure("gcp", { project: "my-project", region: "us-central1" });
  const provider = world.provider("gcp:");
  expect((await provider.invoke("gcp:compute/getZones:getZones", {})).result["names"]).toEqual([
    "us-central1-a",
    "us-central1-b",
    "us-central1-c",
    "us-central1-f",
  ]);
  expect((await provider.invoke("gcp:organizations/getProject:getProject", {})).result).toMatchObject({
    projectId: "my-project",
    number: expect.stringMatching(/^\d{12}$/),
  });
  expect((await provider.invoke("gcp:organizations/getClientConfig:getClientConfig", {})).result).toMatchObject({
    project: "my-project",
    region: "us-central1",
  });
  expect(await sentence(provider.invoke("gcp:compute/getImage:getImage", {}))).toContain(
    "the sandbox does not serve the function gcp:compute/getImage:getImage; it serves gcp:organizations/getClientConfig:getClientConfig",
  );
  expect(await sentence(provider.invoke("gcp:compute/getZone:getZone", {}))).toContain("unknown function");
});

it("checks its configuration", async () => {
  const world = await World.open();
  const check = async (name: "gcp" | "kubernetes", newInputs: PropertyMap) => {
    const type = `pulumi:providers:${name}`;
    const { failures } = await world.provider(`${name}:`).checkConfig({
      type,
      name: "default",
      urn: urn(type, "default"),
      oldInputs: {},
      newInputs,
      randomSeed: Buffer.alloc(0),
    });
    return failures.map(({ property, reason }) => `${property}: ${reason}`);
  };
  expect(await check("gcp", { project: "my-project", region: "europe-west1", version: "9.37.0" })).toEqual([]);
  expect(await check("gcp", { projct: "my-project" })).toEqual([
    'projct: "projct" is not a setting of the gcp provider; did you mean "project"?',
  ]);
  expect(await check("gcp", { project: "X" })).toEqual([expect.stringContaining('project: "X" is no project id')]);
  expect(await check("gcp", { zone: "us-east1-a" })).toEqual([
    'zone: no zone "us-east1-a": us-east1 has us-east1-b, us-east1-c, us-east1-d',
  ]);
  expect(await check("kubernetes", { kubeconfig: "/root/.kube/config" })).toEqual([
    "kubeconfig: kubeconfig must be the text of a kubeconfig, not the name of a file: a sandbox reads no file of the machine",
  ]);
  expect(await check("kubernetes", { kubeconfig: kubeconfigFor("1.2.3.4"), context: "other" })).toEqual([
    'kubeconfig: the kubeconfig has no context "other"; it has: c',
  ]);
  expect(await check("kubernetes", { kubeconfig: new Secret("token: [hunter2") })).toEqual([
    "kubeconfig: kubeconfig is neither YAML nor JSON",
  ]);
  expect(await check("kubernetes", { kubeconfig: unknown })).toEqual([]);
});

it("replaces everything in a cluster when the provider moves to another", async () => {
  const world = await World.open();
  const type = "pulumi:providers:kubernetes";
  const diff = async (oldInputs: PropertyMap, newInputs: PropertyMap) => {
    const request = {
      type,
      name: "p",
      urn: urn(type, "p"),
      id: "x",
      oldInputs,
      oldOutputs: oldInputs,
      newInputs,
      ignoreChanges: [],
    };
    return (await world.provider("kubernetes:").diffConfig(request)).replaces;
  };
  const [a, b] = [{ kubeconfig: kubeconfigFor("1.2.3.4") }, { kubeconfig: kubeconfigFor("1.2.3.5") }];
  expect(await diff(a, a)).toEqual([]);
  expect(await diff(a, b)).toEqual(["kubeconfig"]);
  expect(await diff(a, { kubeconfig: unknown })).toEqual(["kubeconfig"]);
  expect(await diff({ ...a, clusterIdentifier: "c" }, { ...b, clusterIdentifier: "c" })).toEqual([]);
  expect(await diff({ ...a, clusterIdentifier: "c" }, { ...a, clusterIdentifier: "d" })).toEqual(["clusterIdentifier"]);
});

it("reads neither credentials nor a kubeconfig of the machine", async () => {
  const world = await World.open();
  const planted = {
    KUBECONFIG: "/nonexistent/kubeconfig",
    GOOGLE_PROJECT: "planted",
    GOOGLE_APPLICATION_CREDENTIALS: "/nonexistent/key.json",
    GOOGLE_REGION: "us-east1",
  };
  const before = { ...process.env };
  Object.assign(process.env, planted);
  try {
    const network = await world.create(types.network, "n", { name: "n" });
    expect(network.outputs["project"]).toBe("sandbox");
    expect((await world.create(types.address, "a", { name: "a" })).outputs["region"]).toBe("europe-west1");
    expect((await world.create(types.namespace, "w", { metadata: { name: "w" } })).id).toBe("w");
  } finally {
    for (const name of Object.keys(planted)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
});

it("asks for what a cluster needs only once it is known", async () => {
  const world = await World.open();
  const { network, subnetwork } = await withNetwork(world);
  const inputs = clusterInputs(network.id, subnetwork.id);
  expect(
    unknowns(await world.preview(types.cluster, "c", { ...inputs, network: unknown, subnetwork: unknown })),
  ).toContain("endpoint");
});

it("tells whose each resource is, and says the provider's version", async () => {
  const world = await World.open();
  await withCluster(world);
  const provider = createSandboxProvider("gcp", { directory: world.directory, stack: "x", version: "9.37.0" });
  expect([provider.package, provider.version]).toEqual(["gcp", "9.37.0"]);
  expect(createSandboxProvider("gcp", { directory: world.directory, stack: "x" }).version).toBeUndefined();
});
