// What a deployment knows while it generates steps: the resources it started from, and what has become of each URN so
// far. The step generator writes it, one request after the other; nobody else does.
import type { Autonamer } from "./autonaming.ts";
import { DependencyGraph } from "./dependencyGraph.ts";
import { parseProviderReference, type Resource } from "./resource.ts";
import type { Step } from "./steps.ts";
import type { UrnTargets } from "./targets.ts";

export interface GeneratorOptions {
  readonly stack: string;
  readonly project: string;
  /** Nothing is changed, and values may be unknown. */
  readonly preview: boolean;
  readonly targets: UrnTargets;
  readonly targetDependents: boolean;
  readonly excludes: UrnTargets;
  readonly excludeDependents: boolean;
  /** Named by `--replace`: replaced whatever the provider thinks. */
  readonly replaceTargets: UrnTargets;
  /** Protected resources may be deleted and replaced all the same. */
  readonly ignoreProtect?: boolean;
  /**
   * What the program runs for; `update` by default. For a destroy and a refresh it brings providers and components up to
   * date, and says what there is: nothing else is created or changed.
   */
  readonly mode?: "update" | "destroy" | "refresh";
  /** How resources without a name get one. Default: as each provider does. */
  readonly autonamer?: Autonamer | undefined;
  /** Each resource is read as the program registers it. */
  readonly refreshes?: boolean;
}

/** The old resources by URN. Built anew after a refresh. */
export class OldResources {
  readonly all: readonly Resource[];
  /** Without those that wait for deletion. */
  readonly byUrn = new Map<string, Resource>();
  readonly allByUrn = new Map<string, Resource[]>();
  readonly graph: DependencyGraph;

  /** @throws when two that are not being replaced have one URN. */
  constructor(resources: readonly Resource[]) {
    this.all = resources;
    this.graph = new DependencyGraph(resources);
    for (const resource of resources) {
      const { urn } = resource;
      this.allByUrn.set(urn, [...(this.allByUrn.get(urn) ?? []), resource]);
      if (resource.state.delete) continue;
      if (this.byUrn.has(urn)) throw new Error(`unexpected duplicate resource '${urn}'`);
      this.byUrn.set(urn, resource);
    }
  }

  /** The old resource a provider reference names, id included. */
  provider(reference: string): Resource | undefined {
    const { urn, id } = parseProviderReference(reference);
    return this.allByUrn.get(urn)?.find((resource) => resource.id === id);
  }
}

export class Ledger {
  olds: OldResources;
  /** Resources as this deployment leaves them, by URN; what was only read among them. */
  readonly news = new Map<string, Resource>();

  /** Everything registered or read. */
  readonly urns = new Set<string>();
  readonly creates = new Set<string>();
  readonly sames = new Set<string>();
  readonly updates = new Set<string>();
  readonly replaces = new Set<string>();
  readonly deletes = new Set<string>();
  readonly reads = new Set<string>();
  readonly imports = new Set<string>();
  /** Read as the program registered them. */
  readonly refreshes = new Set<string>();
  /** From the old resource to what was read. */
  readonly refreshed = new Map<Resource, Resource>();
  /** Registered or read in a destroy: to be deleted at its end. */
  readonly toDelete: Resource[] = [];
  /** Not created because no target named them. */
  readonly skippedCreates = new Set<string>();
  /** Deleted already because what they depend on is deleted before it is replaced. */
  readonly pendingDeletes = new Set<Resource>();
  /** The properties that made such a dependent go. */
  readonly dependentReplaceKeys = new Map<string, readonly string[]>();
  /** Provider resources seen so far, by URN and by alias. */
  readonly providers = new Map<string, Resource>();
  /** From a URN in the state to the URN that claims it by an alias, and back. */
  readonly aliased = new Map<string, string>();
  readonly aliases = new Map<string, string>();
  /** Targets and excludes, with their dependents as these turn up. */
  readonly targetsActual: UrnTargets;
  readonly excludesActual: UrnTargets;
  /** Old resources to be carried over before the next steps, because these depend on them. */
  readonly queued: Step[] = [];
  readonly queuedUrns = new Set<string>();
  /** Something was wrong that lets a preview go on, but not succeed. */
  sawError = false;

  constructor(resources: readonly Resource[], options: GeneratorOptions) {
    this.olds = new OldResources(resources);
    this.targetsActual = options.targets.clone();
    this.excludesActual = options.excludes.clone();
  }

  hasStep(urn: string): boolean {
    return [this.creates, this.sames, this.updates, this.deletes, this.replaces, this.reads].some((set) =>
      set.has(urn),
    );
  }

  /**
   * Whether an old resource, or the one that claims it by an alias, was operated on. Deletions do not count: several of
   * one URN may wait for it.
   */
  isOperatedOn(urn: string): boolean {
    const claimed = this.aliased.get(urn) ?? urn;
    return [this.sames, this.updates, this.replaces, this.reads, this.refreshes].some((set) => set.has(claimed));
  }
}
