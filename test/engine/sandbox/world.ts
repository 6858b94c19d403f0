// A sandbox cloud in a temporary folder, and what an engine does with its providers: check, then create; diff, then update.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CheckFailure, DiffResult, Provider, ReadResult } from "../../../engine/providers/provider.ts";
import { createSandboxProvider } from "../../../engine/providers/sandbox/provider.ts";
import type { PropertyMap, PropertyValue } from "../../../engine/values.ts";
import { isPropertyMap } from "../../../engine/values.ts";

export interface Created {
  readonly type: string;
  readonly urn: string;
  readonly name: string;
  readonly id: string;
  readonly inputs: PropertyMap;
  readonly outputs: PropertyMap;
}

const { signal } = new AbortController();

export class World {
  readonly directory: string;
  private providers = new Map<string, Provider>();

  static async open(): Promise<World> {
    const world = new World(await mkdtemp(join(tmpdir(), "tutti-sandbox-")));
    // Not at the top: the processes of races.test.ts come here too.
    const { onTestFinished } = await import("vitest");
    onTestFinished(() => rm(world.directory, { recursive: true, force: true }));
    return world;
  }

  constructor(directory: string) {
    this.directory = directory;
  }

  provider(type: string): Provider {
    const name = type.startsWith("gcp:") ? "gcp" : "kubernetes";
    const provider =
      this.providers.get(name) ?? createSandboxProvider(name, { directory: this.directory, stack: "network.local" });
    this.providers.set(name, provider);
    return provider;
  }

  /** Gives the package's provider this configuration from now on. */
  async configure(name: "gcp" | "kubernetes", inputs: PropertyMap): Promise<void> {
    await this.provider(`${name}:`).configure(inputs);
  }

  async check(type: string, name: string, newInputs: PropertyMap, oldInputs: PropertyMap = {}) {
    const randomSeed = Buffer.from(name.padEnd(32, "x").slice(0, 32));
    return await this.provider(type).check({ type, name, urn: urn(type, name), oldInputs, newInputs, randomSeed });
  }

  async create(type: string, name: string, given: PropertyMap): Promise<Created> {
    const { inputs, failures } = await this.check(type, name, given);
    if (failures.length > 0) throw new Error(told(failures).join("\n"));
    const { id, outputs } = await this.provider(type).create({
      type,
      name,
      urn: urn(type, name),
      inputs,
      preview: false,
      timeoutSeconds: 0,
      signal,
    });
    return { type, name, urn: urn(type, name), id, inputs, outputs };
  }

  async preview(type: string, name: string, given: PropertyMap): Promise<PropertyMap> {
    const { inputs, failures } = await this.check(type, name, given);
    if (failures.length > 0) throw new Error(told(failures).join("\n"));
    return (
      await this.provider(type).create({
        type,
        name,
        urn: urn(type, name),
        inputs,
        preview: true,
        timeoutSeconds: 0,
        signal,
      })
    ).outputs;
  }

  /** What Check finds wrong, one text each. */
  async problems(type: string, name: string, given: PropertyMap): Promise<string[]> {
    return told((await this.check(type, name, given)).failures);
  }

  /** The sentence with which Check, create or update refuses. */
  async refusal(type: string, name: string, given: PropertyMap): Promise<string> {
    return await sentence(this.create(type, name, given));
  }

  async diff(created: Created, given: PropertyMap): Promise<DiffResult & { readonly inputs: PropertyMap }> {
    const { inputs, failures } = await this.check(created.type, created.name, given, created.inputs);
    if (failures.length > 0) throw new Error(told(failures).join("\n"));
    const diff = await this.provider(created.type).diff({
      ...created,
      oldInputs: created.inputs,
      oldOutputs: created.outputs,
      newInputs: inputs,
      ignoreChanges: [],
    });
    return { ...diff, inputs };
  }

  /** Updates in place; fails when the change would replace. */
  async update(created: Created, given: PropertyMap): Promise<Created> {
    const diff = await this.diff(created, given);
    if (diff.changes !== "some" || diff.replaces.length > 0)
      throw new Error(`no update in place: ${JSON.stringify(diff)}`);
    const request = {
      ...created,
      oldInputs: created.inputs,
      oldOutputs: created.outputs,
      newInputs: diff.inputs,
      ignoreChanges: [],
      timeoutSeconds: 0,
      signal,
    };
    const outputs = await this.provider(created.type).update({ ...request, preview: false });
    return { ...created, inputs: diff.inputs, outputs };
  }

  async read(created: Created): Promise<ReadResult | undefined> {
    return await this.provider(created.type).read(created);
  }

  async delete(created: Created): Promise<void> {
    await this.provider(created.type).delete({ ...created, timeoutSeconds: 0, signal });
  }

  /** The text of every file of the cloud. */
  async files(): Promise<string> {
    const entries = await readdir(this.directory, { recursive: true, withFileTypes: true });
    const texts = await Promise.all(
      entries.filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath, entry.name), "utf8")),
    );
    return texts.join("\n");
  }
}

export function urn(type: string, name: string): string {
  return `urn:pulumi:network.local::platform::${type}::${name}`;
}

function told(failures: readonly CheckFailure[]): string[] {
  return failures.map(({ property, reason }) => `${property}: ${reason}`);
}

/** The message of a rejection; an error when there is none. */
export async function sentence(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => {
      throw new Error("expected a refusal, but it went well");
    },
    (error: Error) => error.message,
  );
}

/** A property by dotted path, for expectations. */
export function at(outputs: PropertyMap, path: string): PropertyValue | undefined {
  return path
    .split(".")
    .reduce<PropertyValue | undefined>(
      (value, name) => (value !== undefined && isPropertyMap(value) ? value[name] : undefined),
      outputs,
    );
}

export const types = {
  network: "gcp:compute/network:Network",
  subnetwork: "gcp:compute/subnetwork:Subnetwork",
  router: "gcp:compute/router:Router",
  nat: "gcp:compute/routerNat:RouterNat",
  globalAddress: "gcp:compute/globalAddress:GlobalAddress",
  address: "gcp:compute/address:Address",
  firewall: "gcp:compute/firewall:Firewall",
  connection: "gcp:servicenetworking/connection:Connection",
  instance: "gcp:sql/databaseInstance:DatabaseInstance",
  database: "gcp:sql/database:Database",
  user: "gcp:sql/user:User",
  secret: "gcp:secretmanager/secret:Secret",
  secretVersion: "gcp:secretmanager/secretVersion:SecretVersion",
  secretMember: "gcp:secretmanager/secretIamMember:SecretIamMember",
  bucket: "gcp:storage/bucket:Bucket",
  bucketMember: "gcp:storage/bucketIAMMember:BucketIAMMember",
  object: "gcp:storage/bucketObject:BucketObject",
  topic: "gcp:pubsub/topic:Topic",
  subscription: "gcp:pubsub/subscription:Subscription",
  topicMember: "gcp:pubsub/topicIAMMember:TopicIAMMember",
  subscriptionMember: "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember",
  cluster: "gcp:container/cluster:Cluster",
  nodePool: "gcp:container/nodePool:NodePool",
  account: "gcp:serviceaccount/account:Account",
  accountMember: "gcp:serviceaccount/iAMMember:IAMMember",
  projectMember: "gcp:projects/iAMMember:IAMMember",
  service: "gcp:projects/service:Service",
  namespace: "kubernetes:core/v1:Namespace",
  kubernetesService: "kubernetes:core/v1:Service",
  configMap: "kubernetes:core/v1:ConfigMap",
  kubernetesSecret: "kubernetes:core/v1:Secret",
  serviceAccount: "kubernetes:core/v1:ServiceAccount",
  quota: "kubernetes:core/v1:ResourceQuota",
  deployment: "kubernetes:apps/v1:Deployment",
  statefulSet: "kubernetes:apps/v1:StatefulSet",
  autoscaler: "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
  budget: "kubernetes:policy/v1:PodDisruptionBudget",
  ingress: "kubernetes:networking.k8s.io/v1:Ingress",
  networkPolicy: "kubernetes:networking.k8s.io/v1:NetworkPolicy",
  route: "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute",
  role: "kubernetes:rbac.authorization.k8s.io/v1:Role",
  clusterRole: "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
  roleBinding: "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
  clusterRoleBinding: "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
} as const;

/** Tested in services.test.ts. */
export const serviceTypes = {
  zone: "gcp:dns/managedZone:ManagedZone",
  recordSet: "gcp:dns/recordSet:RecordSet",
  keyRing: "gcp:kms/keyRing:KeyRing",
  cryptoKey: "gcp:kms/cryptoKey:CryptoKey",
  keyMember: "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
  serviceIdentity: "gcp:projects/serviceIdentity:ServiceIdentity",
  repository: "gcp:artifactregistry/repository:Repository",
  repositoryMember: "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
  dataset: "gcp:bigquery/dataset:Dataset",
  table: "gcp:bigquery/table:Table",
  datasetMember: "gcp:bigquery/datasetIamMember:DatasetIamMember",
  redis: "gcp:redis/instance:Instance",
  runService: "gcp:cloudrunv2/service:Service",
  runJob: "gcp:cloudrunv2/job:Job",
  runServiceMember: "gcp:cloudrunv2/serviceIamMember:ServiceIamMember",
  runJobMember: "gcp:cloudrunv2/jobIamMember:JobIamMember",
  dnsAuthorization: "gcp:certificatemanager/dnsAuthorization:DnsAuthorization",
  certificate: "gcp:certificatemanager/certificate:Certificate",
  certificateMap: "gcp:certificatemanager/certificateMap:CertificateMap",
  certificateMapEntry: "gcp:certificatemanager/certificateMapEntry:CertificateMapEntry",
  securityPolicy: "gcp:compute/securityPolicy:SecurityPolicy",
  sslPolicy: "gcp:compute/sSLPolicy:SSLPolicy",
  webMember: "gcp:iap/webIamMember:WebIamMember",
  schedulerJob: "gcp:cloudscheduler/job:Job",
  channel: "gcp:monitoring/notificationChannel:NotificationChannel",
  uptimeCheck: "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig",
  alertPolicy: "gcp:monitoring/alertPolicy:AlertPolicy",
  dashboard: "gcp:monitoring/dashboard:Dashboard",
  budget: "gcp:billing/budget:Budget",
  notification: "gcp:storage/notification:Notification",
  identityPool: "gcp:iam/workloadIdentityPool:WorkloadIdentityPool",
  identityPoolProvider: "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider",
  limitRange: "kubernetes:core/v1:LimitRange",
  cronJob: "kubernetes:batch/v1:CronJob",
  release: "kubernetes:helm.sh/v3:Release",
  gateway: "kubernetes:gateway.networking.k8s.io/v1:Gateway",
  backendPolicy: "kubernetes:networking.gke.io/v1:GCPBackendPolicy",
  gatewayPolicy: "kubernetes:networking.gke.io/v1:GCPGatewayPolicy",
  healthCheckPolicy: "kubernetes:networking.gke.io/v1:HealthCheckPolicy",
  clusterCertificate: "kubernetes:cert-manager.io/v1:Certificate",
  clusterIssuer: "kubernetes:cert-manager.io/v1:ClusterIssuer",
  scaledObject: "kubernetes:keda.sh/v1alpha1:ScaledObject",
  triggerAuthentication: "kubernetes:keda.sh/v1alpha1:TriggerAuthentication",
} as const;

/** A network with a subnetwork, made for resources that need one. */
export async function withNetwork(world: World) {
  const network = await world.create(types.network, "main", { name: "main", autoCreateSubnetworks: false });
  const subnetwork = await world.create(types.subnetwork, "nodes", {
    name: "nodes",
    network: network.id,
    ipCidrRange: "10.0.0.0/20",
    secondaryIpRanges: [
      { rangeName: "pods", ipCidrRange: "10.4.0.0/14" },
      { rangeName: "services", ipCidrRange: "10.8.0.0/20" },
    ],
  });
  return { network, subnetwork };
}

/** A network with private services. */
export async function withPrivateServices(world: World) {
  const { network, subnetwork } = await withNetwork(world);
  const range = await world.create(types.globalAddress, "services", {
    name: "services",
    purpose: "VPC_PEERING",
    addressType: "INTERNAL",
    prefixLength: 16,
    network: network.id,
  });
  const connection = await world.create(types.connection, "services", {
    network: network.id,
    service: "servicenetworking.googleapis.com",
    reservedPeeringRanges: [range.outputs["name"]!],
  });
  return { network, subnetwork, range, connection };
}

export async function withInstance(world: World) {
  const parts = await withPrivateServices(world);
  const instance = await world.create(types.instance, "db", instanceInputs(parts.network.id));
  return { ...parts, instance };
}

export function instanceInputs(network: string): PropertyMap {
  return {
    name: "db",
    databaseVersion: "POSTGRES_17",
    deletionProtection: false,
    settings: { tier: "db-f1-micro", ipConfiguration: { ipv4Enabled: false, privateNetwork: network } },
  };
}

export async function withCluster(world: World) {
  const { network, subnetwork } = await withNetwork(world);
  const cluster = await world.create(types.cluster, "main", clusterInputs(network.id, subnetwork.id));
  return { network, subnetwork, cluster };
}

export function clusterInputs(network: string, subnetwork: string): PropertyMap {
  return {
    name: "main",
    location: "europe-west1",
    network,
    subnetwork,
    initialNodeCount: 1,
    removeDefaultNodePool: true,
    deletionProtection: false,
    ipAllocationPolicy: { clusterSecondaryRangeName: "pods", servicesSecondaryRangeName: "services" },
    privateClusterConfig: {
      enablePrivateNodes: true,
      enablePrivateEndpoint: false,
      masterIpv4CidrBlock: "172.16.0.0/28",
    },
    workloadIdentityConfig: { workloadPool: "sandbox.svc.id.goog" },
  };
}

export function kubeconfigFor(endpoint: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server: `https://${endpoint}` } }],
    users: [{ name: "c", user: {} }],
    contexts: [{ name: "c", context: { cluster: "c", user: "c" } }],
    "current-context": "c",
  });
}

/** A deployment that the API accepts. */
export function deploymentInputs(name: string, change: PropertyMap = {}): PropertyMap {
  return {
    metadata: { name },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: "web", image: "nginx:1.29", ports: [{ containerPort: 8080 }] }] },
      },
      ...change,
    },
  };
}
