// Default providers: the provider resource of a package that serves every resource which names none. Registered when it is
// first needed, once for each version, under a name made of that version.
// (pulumi/pulumi: pkg/resource/deploy/default_providers.go)
import { type PropertyMap, Secret } from "../values.ts";
import { withProviderSettings } from "./providerRegistry.ts";
import { providerReference, providerType } from "./resource.ts";
import type { Goal, ProviderReference } from "./source.ts";

export interface PackageRequest {
  readonly package: string;
  /** "" for whatever is there. */
  readonly version: string;
  readonly pluginDownloadUrl: string;
}

export interface Configuration {
  /** Plain values by `namespace:key`, secrets decrypted. */
  readonly values: Readonly<Record<string, string>>;
  readonly secretKeys: readonly string[];
}

/** Registers a provider resource and answers its URN and id. */
export type RegisterProvider = (goal: Goal) => Promise<{ readonly urn: string; readonly id: string }>;

export class DefaultProviders {
  readonly #configuration: Configuration;
  readonly #register: RegisterProvider;
  readonly #references = new Map<string, Promise<ProviderReference>>();

  constructor(configuration: Configuration, register: RegisterProvider) {
    this.#configuration = configuration;
    this.#register = register;
  }

  /** The reference of the package's default provider, registered if need be. */
  async reference(request: PackageRequest): Promise<ProviderReference> {
    const key = JSON.stringify([request.package, request.version, request.pluginDownloadUrl]);
    const known = this.#references.get(key);
    if (known) return known;
    const registered = this.#register(this.goal(request)).then(({ urn, id }) => providerReference(urn, id));
    this.#references.set(key, registered);
    return registered;
  }

  /** Whether `pulumi:disable-default-providers` forbids a default provider for the package. */
  isDenied(packageName: string): boolean {
    const denied = this.#configuration.values["pulumi:disable-default-providers"] ?? "";
    if (packageName === "pulumi" || denied === "") return false;
    const names: unknown = parseList(denied);
    if (!Array.isArray(names) || names.some((name) => typeof name !== "string")) {
      throw new Error(`pulumi:disable-default-providers must be a list of package names, got ${denied}`);
    }
    return (names as string[]).some((name) => name.trim() === "*" || name.trim() === packageName);
  }

  /** What a package's default provider is registered with. @throws when the version is none. */
  goal({ package: packageName, version, pluginDownloadUrl }: PackageRequest): Goal {
    return {
      ...emptyGoal,
      type: providerType(packageName),
      name: defaultName(version, pluginDownloadUrl),
      inputs: withProviderSettings(this.#packageConfig(packageName), { version, pluginDownloadUrl }),
    };
  }

  /** A package's configuration; a dynamic provider gets all of it, by full names. */
  #packageConfig(packageName: string): PropertyMap {
    const { values, secretKeys } = this.#configuration;
    const dynamic = packageName === "pulumi-nodejs" || packageName === "pulumi-python";
    const own = Object.entries(values).filter(([key]) => dynamic || key.startsWith(`${packageName}:`));
    return Object.fromEntries(
      own.map(([key, value]) => [
        dynamic ? key : key.slice(packageName.length + 1),
        secretKeys.includes(key) ? new Secret(value) : value,
      ]),
    );
  }
}

function parseList(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function defaultName(version: string, pluginDownloadUrl: string): string {
  const named = version === "" ? "default" : `default_${version.replaceAll(/[.+-]/g, "_")}`;
  if (pluginDownloadUrl === "") return named;
  const segments = pluginDownloadUrl.split("/").filter((segment) => segment !== "");
  return `${named}_${segments.map((s) => s.replace(/^[^A-Za-z0-9_]/, "_").replaceAll(/[^A-Za-z0-9_.-]/g, "_")).join("/")}`;
}

/** A goal that asks for nothing: every field as the SDK leaves it. */
export const emptyGoal: Goal = {
  type: "",
  name: "",
  custom: true,
  remote: false,
  parent: "",
  inputs: {},
  dependencies: [],
  propertyDependencies: {},
  provider: "",
  providers: {},
  version: "",
  pluginDownloadUrl: "",
  protect: false,
  retainOnDelete: false,
  deletedWith: "",
  ignoreChanges: [],
  replaceOnChanges: [],
  deleteBeforeReplace: undefined,
  additionalSecretOutputs: [],
  aliases: [],
  importId: "",
  customTimeouts: { create: 0, update: 0, delete: 0 },
  hideDiffs: [],
  replaceWith: [],
  replacementTrigger: undefined,
  hooks: {},
  sourcePosition: "",
  stackTrace: [],
};
