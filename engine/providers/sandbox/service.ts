// What a package adds to the sandbox provider's common machinery: its tables, its configuration, its functions.
import type { PropertyMap } from "../../values.ts";
import type { Cloud, Kind, Place } from "./kind.ts";
import type { View } from "./view.ts";

export interface SandboxService {
  readonly kinds: ReadonlyMap<string, Kind>;
  /** Resource types of the package that the schema does not hold but the sandbox accepts, as an approximate kind. */
  readonly open: (type: string) => Kind | undefined;
  readonly checkConfig: (inputs: View, report: (property: string, reason: string) => void) => void;
  /** Configuration properties whose change moves everything, so that it must be replaced. */
  readonly configReplaces: (old: PropertyMap, next: PropertyMap) => readonly string[];
  /** Resolved when first needed, since a cluster may come to be during a run. `undefined` cluster: not known yet. */
  readonly place: (config: View, cloud: Cloud) => Promise<Place>;
  readonly invoke: (token: string, args: View, place: Place, cloud: Cloud) => Promise<PropertyMap | undefined>;
  readonly functions: readonly string[];
  /** The sentence around a refusal. */
  readonly failed: (
    operation: "create" | "update" | "delete",
    draft: { type: string; urn: string },
    reason: string,
  ) => string;
}
