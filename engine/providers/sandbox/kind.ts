// What the reviewed tables say about one type of resource, and what they may ask of the cloud. A table entry is data and a
// few small functions; the provider (provider.ts) does the rest: schema, naming, files, previews, diffs.
import type { PropertyMap } from "../../values.ts";
import type { CheckFailure, CheckRequest } from "../provider.ts";
import type { Autoname } from "./names.ts";
import type { CloudRecord } from "./record.ts";
import type { View } from "./view.ts";

/** Where a provider's configuration puts resources that do not say. */
export interface Place {
  readonly project: string;
  readonly region: string;
  readonly zone: string;
  /** Kubernetes: the folder of the cluster's objects; undefined while the kubeconfig is unknown. */
  readonly cluster: string | undefined;
  /** Kubernetes: namespace of objects that name none. */
  readonly namespace: string;
  /** Kubernetes: why nothing can be changed there, when the kubeconfig names no cluster of the sandbox. */
  readonly unreachable?: string;
  /** Kubernetes: `enableSecretMutable` and `enableConfigMapMutable`: data changes in place. */
  readonly mutable?: { readonly Secret: boolean; readonly ConfigMap: boolean };
}

/** A resource on its way into the cloud. */
export interface Draft {
  readonly type: string;
  readonly urn: string;
  /** Pulumi's logical name. */
  readonly logicalName: string;
  readonly inputs: View;
  readonly place: Place;
  /** Chosen at creation, kept since; see Kind.allocate. */
  readonly allocated: Readonly<Record<string, string>>;
}

export interface Resource extends Draft {
  readonly id: string;
  /** RFC 3339, UTC. */
  readonly created: string;
  /** RFC 3339, UTC: of this create or update. */
  readonly updated: string;
  /** How it is now, for an update. */
  readonly previous: CloudRecord | undefined;
}

/** The cloud, as tables see it. */
export interface Cloud {
  get(collection: string, id: string): Promise<CloudRecord | undefined>;
  list(collection: string): Promise<readonly CloudRecord[]>;
  /** Collections at or below a path. */
  collections(below: string): Promise<readonly string[]>;
  remove(collection: string, id: string): Promise<void>;
}

export type Report = (property: string, reason: string) => void;

export interface Kind {
  readonly type: string;
  /** The folder where ids of this kind are unique. */
  readonly collection: string | ((place: Place) => string);
  readonly autoname?: Autoname;
  /** Instead of `autoname`, where a name is not a property of its own: Kubernetes' metadata. */
  readonly prepare?: (
    request: CheckRequest,
    place: Place,
  ) => { readonly inputs: PropertyMap; readonly failures: readonly CheckFailure[] };
  /** Whether a replacement must be deleted first, where that is not told by `autoname`. */
  readonly keepsName?: (old: View, next: View) => boolean;
  /** Inputs that get this value when absent, as the provider's Check fills them in. */
  readonly defaults?: (inputs: View, place: Place) => PropertyMap;
  /** Problems that the provider finds without asking the cloud. Unknown and absent values read `undefined`: let them pass. */
  readonly check?: (inputs: View, report: Report, place: Place) => void;
  /** Property paths (`a.b`) a change of which replaces the resource. */
  readonly replaces: readonly string[];
  /** Further top-level properties that replace, seen from old and new inputs. */
  readonly replacesAlso?: (old: View, next: View, place: Place) => readonly string[];
  readonly id: (draft: Draft) => string;
  /** The cloud's own name, when it is not the last part of the id. */
  readonly physicalName?: (draft: Draft) => string;
  /** Asks the cloud whether create or update may go on; throws Refusal. Called again after creation, to settle races. */
  readonly verify?: (resource: Resource, cloud: Cloud) => Promise<void>;
  /** What the cloud chooses once: the same while nothing else comes to be, since it is asked again when somebody was faster. */
  readonly allocate?: (draft: Draft, cloud: Cloud) => Promise<Readonly<Record<string, string>>>;
  /** Outputs that inputs override, at every depth: the cloud's defaults. */
  readonly fallbacks?: (resource: Resource) => PropertyMap;
  /** Outputs that the cloud decides whatever the inputs say; `state` is what it has of the resource otherwise. */
  readonly computed?: (resource: Resource, state: View) => PropertyMap;
  /** Outputs that a preview of a create already knows, beside the inputs; `Unknown` where it knows that there will be one. */
  readonly predicted?: (draft: Draft) => PropertyMap;
  /** Outputs that any update changes. */
  readonly volatile?: readonly string[];
  /** The refusal of an id that is taken; by default Google's. */
  readonly taken?: (draft: Draft, id: string) => Error;
  /** Before a delete, and once more after it to settle races: throws Refusal, or removes what goes with it. */
  readonly release?: (record: CloudRecord, cloud: Cloud) => Promise<void>;
  /** True for a type without a reviewed entry. */
  readonly approximate?: boolean;
}

/** Whether the property at a path, without indices, cannot change while the resource lives. */
export function isFixed({ replaces }: Kind, path: string): boolean {
  return replaces.some((entry) => path === entry || path.startsWith(`${entry}.`) || entry.startsWith(`${path}.`));
}

/** A kind's folder for a place. */
export function collectionOf({ collection }: Kind, place: Place): string {
  return typeof collection === "string" ? collection : collection(place);
}
