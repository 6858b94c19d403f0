// CloudRunService: an HTTP server that Google scales with its requests, down to none. It runs as an identity of its own and
// answers only callers that IAM lets in.
//
// What replaces the service, and changes its address: the name, `project`, `region`. Anything else makes a new revision, which
// takes over when it is ready.
import { Service } from "@pulumi/gcp/cloudrunv2/service.js";
import { ServiceIamMember } from "@pulumi/gcp/cloudrunv2/serviceIamMember.js";
import { ComponentResource, type ComponentResourceOptions, type Input, type Output } from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { cloudRunName, serviceAccountName } from "../names.ts";
import { type CloudRunContainerArgs, checkContainer, containerOf, grantsOf, networkOf } from "./cloudRunContainer.ts";
import { checkLabels, type Labels } from "./labels.ts";
import { checkRegion } from "./locations.ts";
import { checkMembers } from "./members.ts";
import { ServiceAccount } from "./serviceAccount.ts";

const ingresses = {
  all: "INGRESS_TRAFFIC_ALL",
  internal: "INGRESS_TRAFFIC_INTERNAL_ONLY",
  "load-balancer": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
} as const;

export interface CloudRunServiceArgs extends CloudRunContainerArgs {
  /** Port the server listens on, 1 to 65535; 8080 by default. */
  readonly port?: number;
  /** Path that answers 2xx when an instance can take requests; `/` by default. */
  readonly ready?: string;
  /** Instances: never fewer than `min` (0 or more), never more than `max` (1 to 1000). 0 and 10 by default. */
  readonly instances?: { readonly min: number; readonly max: number };
  /** Requests that one instance handles at a time, 1 to 1000; 80 by default. */
  readonly concurrency?: number;
  /** Seconds a request may take, 1 to 3600; 60 by default. */
  readonly timeoutSeconds?: number;
  /** From where it can be reached: inside the project (`internal`, default), by load balancers too, or from everywhere (`all`). */
  readonly ingress?: keyof typeof ingresses;
  /** Who may call it, as IAM members; by name, to tell the grants apart. `allUsers` for everybody. Nobody by default. */
  readonly callers?: Readonly<Record<string, Input<string>>>;
  /** Refuse to delete the service; on by default. To delete a protected one, turn it off, update, and delete then. */
  readonly deletionProtection?: boolean;
  /** Labels of the service; none by default. */
  readonly labels?: Labels;
}

/** A server on Cloud Run, with its identity and its callers. */
export class CloudRunService extends ComponentResource {
  /** Name of the service. */
  readonly name: Output<string>;
  /** `https://...run.app`. */
  readonly url: Output<string>;
  /** E-mail of the identity it runs as. */
  readonly serviceAccount: Output<string>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: CloudRunServiceArgs, opts?: ComponentResourceOptions) {
    checkArguments(name, args);
    const { project, region, port = 8080, ready = "/", instances = { min: 0, max: 10 }, callers = {} } = args;

    super("tutti:gcp:CloudRunService", name, {}, opts);
    const identity = new ServiceAccount(
      name,
      { project, description: `The service ${name}`, grants: grantsOf(args) },
      { parent: this },
    );
    const service = new Service(
      name,
      {
        project,
        location: region,
        ingress: ingresses[args.ingress ?? "internal"],
        deletionProtection: args.deletionProtection ?? true,
        template: {
          serviceAccount: identity.email,
          scaling: { minInstanceCount: instances.min, maxInstanceCount: instances.max },
          maxInstanceRequestConcurrency: args.concurrency ?? 80,
          timeout: `${args.timeoutSeconds ?? 60}s`,
          ...networkOf(args),
          containers: [
            {
              ...containerOf(args),
              ports: { containerPort: port },
              startupProbe: { httpGet: { path: ready, port }, periodSeconds: 1, failureThreshold: 60 },
            },
          ],
        },
        labels: args.labels ?? {},
      },
      // A revision that starts before its identity may read the secrets fails.
      { parent: this, dependsOn: [identity] },
    );
    for (const [caller, member] of Object.entries(callers)) {
      new ServiceIamMember(
        `${name}-${caller}`,
        { project, location: region, name: service.name, role: "roles/run.invoker", member },
        { parent: this },
      );
    }
    this.name = service.name;
    this.url = service.uri;
    this.serviceAccount = identity.email;
    this.registerOutputs({ name: this.name, url: this.url, serviceAccount: this.serviceAccount });
  }
}

function checkArguments(name: string, args: CloudRunServiceArgs): void {
  const check = new ArgumentCheck("CloudRunService", name);
  check.childName("name", name, cloudRunName);
  check.childName("name", name, serviceAccountName);
  checkRegion(check, "region", args.region);
  checkContainer(check, "service", args);
  check.integer("port", args.port ?? 8080, { min: 1, max: 65_535 });
  check.matches("ready", args.ready ?? "/", /^\/\S*$/, "a path that begins with /");
  const { min, max } = args.instances ?? { min: 0, max: 10 };
  check.integer("instances.min", min, { min: 0, max: 1000, unit: "instances" });
  check.integer("instances.max", max, { min: Math.max(1, min), max: 1000, unit: "instances" });
  check.integer("concurrency", args.concurrency ?? 80, { min: 1, max: 1000, unit: "requests" });
  check.integer("timeoutSeconds", args.timeoutSeconds ?? 60, { min: 1, max: 3600, unit: "seconds" });
  check.oneOf("ingress", args.ingress ?? "internal", Object.keys(ingresses));
  checkMembers(check, "callers", args.callers, { public: true });
  checkLabels(check, args.labels ?? {});
  check.done();
}
