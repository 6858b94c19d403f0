// ContainerRegistry: an Artifact Registry repository for images that tidies itself up: tags cannot be moved, untagged images
// go after some days, and of the others the newest always stay.
//
// What replaces the registry, and with it every image: its name, `location`, `key`.
import { Repository } from "@pulumi/gcp/artifactregistry/repository.js";
import { RepositoryIamMember } from "@pulumi/gcp/artifactregistry/repositoryIamMember.js";
import { ComponentResource, type ComponentResourceOptions, type Input, interpolate, type Output } from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { kept, physicalName, repositoryName } from "../names.ts";
import { checkKey } from "./encryption.ts";
import { checkLabels, type Labels } from "./labels.ts";
import { checkAccess } from "./members.ts";
import { registryRoles } from "./roles.ts";

export interface ContainerRegistryArgs {
  /** A region, or `us`, `europe`, `asia`. Changing it replaces the registry. */
  readonly location: string;
  /** What is in it, as people read it in the console; up to 128 characters. */
  readonly description: string;
  /** Whether a tag may be moved to another image; off by default, so that a tag means one image for ever. */
  readonly mutableTags?: boolean;
  /** Days after which images without a tag are deleted, 1 to 3650; 14 by default. */
  readonly untaggedDays?: number;
  /** Versions of each image that are kept whatever their age, 1 to 1000; 10 by default. */
  readonly keepVersions?: number;
  /**
   * Key that encrypts the images (`KeyRing.keys[...]`, `services: ["artifactregistry"]`), where the registry is; a key of Google's by
   * default. Changing it replaces the registry.
   */
  readonly key?: Input<string>;
  /** Who may pull or push, as IAM members; by name, to tell the grants apart. Nobody by default. */
  readonly access?: Readonly<
    Record<string, { readonly member: Input<string>; readonly may: keyof typeof registryRoles }>
  >;
  /** Labels of the repository; none by default. */
  readonly labels?: Labels;
}

/** A repository for container images. */
export class ContainerRegistry extends ComponentResource {
  /** Name of the repository. */
  readonly repository: Output<string>;
  /** What the name of an image begins with: `<location>-docker.pkg.dev/<project>/<repository>`. */
  readonly url: Output<string>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: ContainerRegistryArgs, opts?: ComponentResourceOptions) {
    checkArguments(name, args);
    const { location, description, mutableTags = false, untaggedDays = 14, keepVersions = 10, access = {} } = args;

    super("tutti:gcp:ContainerRegistry", name, {}, opts);
    const repository = new Repository(
      name,
      {
        repositoryId: physicalName(name),
        location,
        format: "DOCKER",
        description,
        dockerConfig: { immutableTags: !mutableTags },
        cleanupPolicyDryRun: false,
        // Where policies contradict each other, keeping wins (docs.cloud.google.com/artifact-registry/docs/repositories/cleanup-policy).
        cleanupPolicies: [
          {
            id: "untagged",
            action: "DELETE",
            condition: { tagState: "UNTAGGED", olderThan: `${untaggedDays * 86_400}s` },
          },
          { id: "newest", action: "KEEP", mostRecentVersions: { keepCount: keepVersions } },
        ],
        ...(args.key !== undefined && { kmsKeyName: args.key }),
        labels: args.labels ?? {},
      },
      { parent: this, ...kept("repositoryId") },
    );
    for (const [who, { member, may }] of Object.entries(access)) {
      new RepositoryIamMember(
        `${name}-${who}`,
        { project: repository.project, location, repository: repository.name, role: registryRoles[may], member },
        { parent: this },
      );
    }
    this.repository = repository.name;
    this.url = interpolate`${location}-docker.pkg.dev/${repository.project}/${repository.name}`;
    this.registerOutputs({ repository: this.repository, url: this.url });
  }
}

function checkArguments(name: string, args: ContainerRegistryArgs): void {
  const check = new ArgumentCheck("ContainerRegistry", name);
  check.childName("name", name, repositoryName);
  check.matches("location", args.location, /^[a-z]+[a-z0-9-]*$/, 'a location such as "europe-west1" or "europe"');
  check.matches("description", args.description, /^.{1,128}$/s, "1 to 128 characters");
  check.integer("untaggedDays", args.untaggedDays ?? 14, { min: 1, max: 3650, unit: "days" });
  check.integer("keepVersions", args.keepVersions ?? 10, { min: 1, max: 1000, unit: "versions" });
  checkKey(check, "key", args.key, args.location);
  checkAccess(check, "access", args.access, registryRoles);
  checkLabels(check, args.labels ?? {});
  check.done();
}
