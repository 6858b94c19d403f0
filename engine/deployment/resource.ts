// A resource as a deployment works on it: a cell with identity around an immutable ResourceState. The base snapshot, the
// steps and the new snapshot share one cell, because two resources of one URN exist side by side while a replacement is
// under way, and because a replaced resource is marked for deletion where it stands. What a cell holds is never written
// into, only replaced, so that a snapshot can be taken at any moment and an unchanged state need not be encoded again.
import { newResource, type ResourceState } from "../state/resource.ts";
import type { PropertyMap } from "../values.ts";
import { urnName, urnType } from "./urn.ts";

/** Stands for an id that a preview cannot know, also inside provider references (Pulumi's own sentinel). */
export const unknownId = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export class Resource {
  #state: ResourceState;
  #changed: ((resource: Resource) => void) | undefined;

  constructor(state: ResourceState) {
    this.#state = state;
  }

  /** The contents at this moment; immutable. */
  get state(): ResourceState {
    return this.#state;
  }
  get urn(): string {
    return this.#state.urn;
  }
  get type(): string {
    return this.#state.type;
  }
  /** "" for components and for what does not exist yet. */
  get id(): string {
    return this.#state.id;
  }
  get custom(): boolean {
    return this.#state.custom;
  }
  get inputs(): PropertyMap {
    return this.#state.inputs;
  }
  get outputs(): PropertyMap {
    return this.#state.outputs;
  }
  /** `urn::id`; "" for components and providers. */
  get provider(): string {
    return this.#state.provider;
  }

  /** Replaces fields of the contents. */
  set(fields: Partial<ResourceState>): void {
    this.#state = { ...this.#state, ...fields };
    this.#changed?.(this);
  }

  /** Has one listener told of each change. */
  watch(changed: (resource: Resource) => void): void {
    this.#changed = changed;
  }

  /** Another cell of the same contents. */
  copy(fields: Partial<ResourceState> = {}): Resource {
    return new Resource({ ...this.#state, ...fields });
  }
}

/** A cell with everything unsaid absent. */
export function resource(fields: Parameters<typeof newResource>[0]): Resource {
  return new Resource(newResource(fields));
}

/** An operation that was begun and whose end is not recorded. */
export interface PendingOperation {
  readonly resource: Resource;
  readonly type: "creating" | "updating" | "deleting" | "reading" | "importing";
}

export interface Dependency {
  readonly kind: "parent" | "dependency" | "property" | "deleted-with" | "replace-with";
  readonly urn: string;
  /** The input property, for `property`; "" otherwise. */
  readonly key: string;
}

/** Everything a resource depends on but its provider. */
export function dependenciesOf({ state }: Pick<Resource, "state">): readonly Dependency[] {
  const found: Dependency[] = [];
  const add = (kind: Dependency["kind"], urn: string, key = "") => {
    if (urn !== "") found.push({ kind, urn, key });
  };
  add("parent", state.parent);
  for (const urn of state.dependencies) add("dependency", urn);
  for (const [key, urns] of Object.entries(state.propertyDependencies))
    for (const urn of urns) add("property", urn, key);
  add("deleted-with", state.deletedWith);
  for (const urn of state.replaceWith) add("replace-with", urn);
  return found;
}

/** The URNs of everything a resource depends on, its provider included. */
export function dependencyUrns(resource: Resource): readonly string[] {
  const urns = dependenciesOf(resource).map(({ urn }) => urn);
  return resource.provider === "" ? urns : [...urns, parseProviderReference(resource.provider).urn];
}

export interface ProviderReferenceParts {
  readonly urn: string;
  readonly id: string;
}

/** Splits `urn::id`. @throws when the text is no provider reference. */
export function parseProviderReference(reference: string): ProviderReferenceParts {
  const end = reference.lastIndexOf("::");
  const parts = { urn: reference.slice(0, Math.max(end, 0)), id: reference.slice(end + 2) };
  if (end < 0 || parts.id === "" || !isProviderUrn(parts.urn)) {
    throw new Error(`bad provider reference '${reference}': expected urn::id of a provider resource`);
  }
  return parts;
}

export function providerReference(urn: string, id: string): string {
  return `${urn}::${id}`;
}

const providerTypePrefix = "pulumi:providers:";

export function isProviderType(type: string): boolean {
  return type.startsWith(providerTypePrefix);
}

export function providerType(packageName: string): string {
  return providerTypePrefix + packageName;
}

/** The package a provider type provides. */
export function providerPackage(type: string): string {
  return type.slice(providerTypePrefix.length);
}

function isProviderUrn(urn: string): boolean {
  try {
    return isProviderType(urnType(urn));
  } catch {
    return false;
  }
}

/** Providers made by the engine itself (and those named like them); their steps are kept from people's eyes. */
export function isDefaultProvider(urn: string): boolean {
  return isProviderType(urnType(urn)) && urnName(urn).startsWith("default");
}
