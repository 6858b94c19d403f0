// Runs components under Pulumi's mocks and records what they ask the engine to register, request by request: parent, protection,
// dependencies and which inputs are secret, which the mocks of the SDK do not tell. Answers as a cloud would: generated names,
// ids and addresses, so that what one resource gives to the next can be followed.
import * as pulumi from "@pulumi/pulumi";
import mocks from "@pulumi/pulumi/runtime/mocks.js";

/** One request to register a resource. */
export interface Registered {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** `<type> <name>` of the parent; undefined below the stack itself. */
  readonly parent: string | undefined;
  /** Plain inputs, secrets revealed. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Paths of inputs that are secret, sorted: `password`, `settings.pin`. */
  readonly secretInputs: readonly string[];
  readonly custom: boolean;
  readonly protect: boolean;
  /** Name of the explicit provider; undefined for the default one. */
  readonly provider: string | undefined;
  readonly deletedWith: string | undefined;
  readonly deleteBeforeReplace: boolean;
  readonly ignoreChanges: readonly string[];
  /** `<type> <name>` of what it waits for, sorted. */
  readonly dependsOn: readonly string[];
}

export interface Recording<Value> {
  /** What `build` returned, with every Output in it resolved. */
  readonly value: Value;
  /** Paths in `value` whose Output is secret, sorted. */
  readonly secretValues: readonly string[];
  /** Components and resources, in the order they were answered. */
  readonly registered: readonly Registered[];
  /** `<type> <name> < <parent>` of each, sorted: registration is concurrent, and its order tells nothing. */
  readonly tree: readonly string[];
  /** `<type> <name>` of components whose outputs were registered. */
  readonly finished: readonly string[];
  /** Tokens of invokes, in order. */
  readonly calls: readonly string[];
  /** The one of this type (and name). */
  one(type: string, name?: string): Registered;
  all(type: string): readonly Registered[];
}

const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** What the monitor of the mocks is asked, as far as it is read here. */
interface RegisterRequest {
  getType(): string;
  getName(): string;
  getParent(): string;
  getObject(): { toJavaScript(): Record<string, unknown> } | undefined;
  getCustom(): boolean;
  getProtect(): boolean;
  getProvider(): string;
  getDeletedwith(): string;
  getDeletebeforereplace(): boolean;
  getIgnorechangesList(): string[];
  getDependenciesList(): string[];
}
interface RegisterResponse {
  getUrn(): string;
}

/**
 * Listens to every registration under mocks, from now on, whoever sets the mocks: also to those of `testProgram`. Returns the
 * list that grows, and a function that ends it.
 */
export function listen(): { readonly registered: Registered[]; readonly finished: string[]; stop(): void } {
  const registered: Registered[] = [];
  const finished: string[] = [];
  const prototype = mocks.MockMonitor.prototype;
  const { registerResource, registerResourceOutputs } = prototype;
  prototype.registerResource = function (
    this: unknown,
    request: RegisterRequest,
    callback: (error: unknown, response: RegisterResponse) => void,
  ) {
    return registerResource.call(this as never, request, (error: unknown, response: RegisterResponse) => {
      if (response !== undefined) registered.push(read(request, response.getUrn()));
      callback(error, response);
    });
  };
  prototype.registerResourceOutputs = function (
    this: unknown,
    request: { getUrn(): string },
    callback: (error: unknown, response: unknown) => void,
  ) {
    finished.push(shortName(request.getUrn()));
    return registerResourceOutputs.call(this as never, request, callback);
  };
  return {
    registered,
    finished,
    stop() {
      prototype.registerResource = registerResource;
      prototype.registerResourceOutputs = registerResourceOutputs;
    },
  };
}

function read(request: RegisterRequest, urn: string): Registered {
  const raw = request.getObject()?.toJavaScript() ?? {};
  const secretInputs: string[] = [];
  const inputs = reveal(raw, "", secretInputs) as Record<string, unknown>;
  const parent = request.getParent();
  const isStack = parent === "" || parent.includes("::pulumi:pulumi:Stack::");
  return {
    urn,
    type: request.getType(),
    name: request.getName(),
    parent: isStack ? undefined : shortName(parent),
    inputs,
    secretInputs: secretInputs.sort(),
    custom: request.getCustom(),
    protect: request.getProtect(),
    // `urn::id`, and the urn ends with the name.
    provider: request.getProvider() === "" ? undefined : request.getProvider().split("::").at(-2),
    deletedWith: request.getDeletedwith() === "" ? undefined : shortName(request.getDeletedwith()),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    ignoreChanges: request.getIgnorechangesList(),
    dependsOn: request.getDependenciesList().map(shortName).sort(),
  };
}

/** `<type> <name>` of a URN; the type without those of its parents. */
function shortName(urn: string): string {
  const [, , types = "", name = ""] = urn.slice("urn:pulumi:".length).split("::");
  return `${types.split("$").at(-1)} ${name}`;
}

function reveal(value: unknown, path: string, secrets: string[]): unknown {
  if (Array.isArray(value)) return value.map((item, index) => reveal(item, `${path}[${index}]`, secrets));
  if (typeof value !== "object" || value === null) return value;
  const record = value as Record<string, unknown>;
  if (record[signature] === secretSignature) {
    secrets.push(path);
    return reveal(record["value"], path, []);
  }
  return Object.fromEntries(
    Object.entries(record).map(([key, item]) => [key, reveal(item, path === "" ? key : `${path}.${key}`, secrets)]),
  );
}

/** What a cloud adds to the inputs of a resource. */
export function cloudLike(resource: { type: string; name: string; inputs: Readonly<Record<string, unknown>> }): {
  id: string;
  state: Record<string, unknown>;
} {
  const { type, name, inputs } = resource;
  const project = "test-project";
  const physical = String(inputs["name"] ?? `${name}-abc1234`);
  switch (type) {
    case "gcp:compute/network:Network":
      return { id: `projects/${project}/global/networks/${physical}`, state: { name: physical } };
    case "gcp:compute/subnetwork:Subnetwork":
      return {
        id: `projects/${project}/regions/${inputs["region"]}/subnetworks/${physical}`,
        state: { name: physical },
      };
    case "gcp:sql/databaseInstance:DatabaseInstance":
      return {
        id: physical,
        state: {
          name: physical,
          connectionName: `${project}:${inputs["region"]}:${physical}`,
          privateIpAddress: "10.64.0.3",
        },
      };
    case "gcp:secretmanager/secret:Secret":
      return { id: `projects/${project}/secrets/${inputs["secretId"]}`, state: {} };
    case "gcp:storage/bucket:Bucket":
      return { id: physical, state: { name: physical, url: `gs://${physical}` } };
    case "gcp:pubsub/topic:Topic":
      return { id: `projects/${project}/topics/${physical}`, state: { name: physical } };
    case "gcp:pubsub/subscription:Subscription":
      return { id: `projects/${project}/subscriptions/${physical}`, state: { name: physical } };
    case "gcp:serviceaccount/account:Account": {
      const email = `${inputs["accountId"]}@${project}.iam.gserviceaccount.com`;
      return {
        id: `projects/${project}/serviceAccounts/${email}`,
        state: { email, name: `projects/${project}/serviceAccounts/${email}` },
      };
    }
    case "gcp:container/cluster:Cluster":
      return {
        id: `projects/${project}/locations/${inputs["location"]}/clusters/${physical}`,
        state: {
          name: physical,
          endpoint: "203.0.113.10",
          controlPlaneEndpointsConfig: { dnsEndpointConfig: { endpoint: "gke-abc-123.europe-west1.gke.goog" } },
          // Beside the client key, which is secret, and makes the whole of it so.
          masterAuth: pulumi.secret({ clusterCaCertificate: "Y2E=", clientKey: "" }),
        },
      };
    case "gcp:dns/managedZone:ManagedZone":
      return {
        id: `projects/${project}/managedZones/${physical}`,
        state: { name: physical, nameServers: ["ns1.", "ns2."] },
      };
    case "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": {
      const pool = `projects/123456789/locations/global/workloadIdentityPools/${inputs["workloadIdentityPoolId"]}`;
      return { id: pool, state: { name: pool } };
    }
    case "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": {
      const pool = `projects/123456789/locations/global/workloadIdentityPools/${inputs["workloadIdentityPoolId"]}`;
      const provider = `${pool}/providers/${inputs["workloadIdentityPoolProviderId"]}`;
      return { id: provider, state: { name: provider } };
    }
    case "gcp:kms/keyRing:KeyRing":
      return {
        id: `projects/${project}/locations/${inputs["location"]}/keyRings/${physical}`,
        state: { name: physical },
      };
    case "gcp:projects/serviceIdentity:ServiceIdentity":
      return { id: `${name}-id`, state: { member: `serviceAccount:agent-of-${inputs["service"]}` } };
    case "gcp:kms/cryptoKey:CryptoKey":
      return { id: `${inputs["keyRing"]}/cryptoKeys/${physical}`, state: { name: physical } };
    case "gcp:artifactregistry/repository:Repository":
      return { id: `${name}-id`, state: { name: inputs["repositoryId"], project } };
    case "gcp:bigquery/dataset:Dataset":
    case "gcp:bigquery/table:Table":
      return { id: `${name}-id`, state: { project } };
    case "gcp:redis/instance:Instance":
      return {
        id: physical,
        state: {
          host: "10.64.0.9",
          port: 6378,
          authString: pulumi.secret("generated-auth"),
          serverCaCerts: [{ cert: "PEM" }],
        },
      };
    case "gcp:cloudrunv2/service:Service":
      return { id: `${name}-id`, state: { name: physical, project, uri: `https://${physical}-123456789.run.app` } };
    case "gcp:cloudrunv2/job:Job":
      return { id: `${name}-id`, state: { name: physical, project } };
    case "gcp:compute/globalAddress:GlobalAddress":
      return { id: `${name}-id`, state: { name: physical, address: inputs["address"] ?? "203.0.113.80" } };
    case "gcp:certificatemanager/dnsAuthorization:DnsAuthorization":
      return {
        id: `projects/${project}/locations/global/dnsAuthorizations/${physical}`,
        state: {
          name: physical,
          dnsResourceRecords: [{ name: `_acme-challenge.${inputs["domain"]}.`, type: "CNAME", data: "proof.goog." }],
        },
      };
    case "gcp:certificatemanager/certificate:Certificate":
      return { id: `projects/${project}/locations/global/certificates/${physical}`, state: { name: physical } };
    case "gcp:monitoring/notificationChannel:NotificationChannel":
      return { id: `projects/${project}/notificationChannels/${name}`, state: {} };
    case "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig":
      return { id: `projects/${project}/uptimeCheckConfigs/${name}`, state: { uptimeCheckId: `${name}-check` } };
    case "random:index/randomPassword:RandomPassword": {
      const rotation = (inputs["keepers"] as { rotation?: string } | undefined)?.rotation ?? "";
      return { id: "none", state: { result: pulumi.secret(`generated-${name}-${rotation}`) } };
    }
    default: {
      if (!type.startsWith("kubernetes:"))
        return { id: `${name}-id`, state: type.startsWith("gcp:") ? { name: physical } : {} };
      const metadata = (inputs["metadata"] ?? {}) as { name?: string; namespace?: string };
      const generated = metadata.name ?? `${name}-abcd1234`;
      return { id: `${metadata.namespace ?? ""}/${generated}`, state: { metadata: { ...metadata, name: generated } } };
    }
  }
}

/** Answers of invokes: those that components make, anything else is an error. */
export function cloudLikeCall(token: string): Record<string, unknown> {
  switch (token) {
    case "gcp:organizations/getProject:getProject":
      return { number: "123456789", projectId: "test-project" };
    case "gcp:storage/getProjectServiceAccount:getProjectServiceAccount":
      return { member: "serviceAccount:service-123456789@gs-project-accounts.iam.gserviceaccount.com" };
    case "gcp:bigquery/getDefaultServiceAccount:getDefaultServiceAccount":
      return { member: "serviceAccount:bq-123456789@bigquery-encryption.iam.gserviceaccount.com" };
    case "gcp:container/getCluster:getCluster":
      return {
        endpoint: "203.0.113.10",
        masterAuths: [{ clusterCaCertificate: "Y2E=" }],
        controlPlaneEndpointsConfigs: [{ dnsEndpointConfigs: [{ endpoint: "gke-abc-123.europe-west1.gke.goog" }] }],
      };
  }
  throw new Error(`no mock answers ${token}`);
}

/**
 * Builds components under mocks and waits for every registration. Tests of one file run one after the other: the mocks of the
 * SDK are global. `preview`: what a resource computes is unknown.
 */
export async function record<Value>(
  build: () => Value,
  options: { readonly stack?: string; readonly preview?: boolean } = {},
): Promise<Recording<pulumi.Unwrap<Value>>> {
  const { stack = "main.test", preview = false } = options;
  const calls: string[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        const { id, state } = cloudLike({ type, name, inputs });
        return preview ? { id: "", state: { ...inputs } } : { id, state: { ...inputs, ...state } };
      },
      call: ({ token }) => {
        calls.push(token);
        return cloudLikeCall(token);
      },
    },
    "platform",
    stack,
    preview,
    "organization",
  );
  const listener = listen();
  try {
    const built = build();
    await pulumi.runtime.disconnect();
    const secretValues: string[] = [];
    const value = (await resolve(built, "", secretValues)) as pulumi.Unwrap<Value>;
    const { registered, finished } = listener;
    const all = (type: string) => registered.filter((resource) => resource.type === type);
    return {
      value,
      secretValues: secretValues.sort(),
      registered,
      tree: registered
        .map(({ type, name, parent }) => `${type} ${name}${parent === undefined ? "" : ` < ${parent}`}`)
        .sort(),
      finished,
      calls,
      all,
      one(type, name) {
        const found = all(type).filter((resource) => name === undefined || resource.name === name);
        if (found.length !== 1) {
          const known = registered.map((resource) => `${resource.type} ${resource.name}`).join("\n");
          throw new Error(`${found.length} registrations of ${type} ${name ?? ""}; there were:\n${known}`);
        }
        return found[0]!;
      },
    };
  } finally {
    listener.stop();
  }
}

/** The message of the RunError that building threw; fails when it throws nothing, something else, or after a registration. */
export async function refusal(build: () => unknown): Promise<string> {
  const listener = listen();
  try {
    await pulumi.runtime.setMocks(
      { newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: () => ({}) },
      "platform",
      "main.test",
    );
    build();
  } catch (error) {
    await pulumi.runtime.disconnect();
    if (!pulumi.RunError.isInstance(error)) throw error;
    if (listener.registered.length > 0) throw new Error(`refused after ${listener.registered[0]?.type} was registered`);
    return error.message;
  } finally {
    listener.stop();
  }
  throw new Error("nothing was refused");
}

async function resolve(value: unknown, path: string, secrets: string[]): Promise<unknown> {
  if (pulumi.Output.isInstance(value)) {
    const inside = value as unknown as {
      promise(withUnknowns?: boolean): Promise<unknown>;
      isSecret: Promise<boolean>;
    };
    if (await inside.isSecret) secrets.push(path);
    return inside.promise(true);
  }
  if (typeof value !== "object" || value === null || pulumi.Resource.isInstance(value)) return value;
  const entries = await Promise.all(
    Object.entries(value).map(
      async ([key, item]) => [key, await resolve(item, path === "" ? key : `${path}.${key}`, secrets)] as const,
    ),
  );
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}
