// Providers as resources: loads the provider that a `pulumi:providers:<package>` resource stands for, configures it once,
// and finds it again by reference (`urn::id`). To the step generator and executor it is itself the provider of provider
// resources: check loads and checks the configuration, diff compares it, create and update configure.
//
// A provider whose configuration holds an unknown is not configured: nothing can be asked of it, and whatever depends on
// it is unknown. (pulumi/pulumi: pkg/resource/deploy/providers/registry.go)
import { randomUUID } from "node:crypto";
import semver from "semver";
import type {
  CheckRequest,
  CheckResult,
  CreateRequest,
  DeleteRequest,
  DiffRequest,
  DiffResult,
  Provider,
  ProviderHost,
  ResourceResult,
  UpdateRequest,
} from "../providers/provider.ts";
import { isPropertyMap, type PropertyMap } from "../values.ts";
import { containsUnknowns, mapsEqual, needsReplacement } from "./diff.ts";
import { messageOf } from "./errors.ts";
import { parseProviderReference, providerPackage, providerReference, type Resource, unknownId } from "./resource.ts";
import type { Goal } from "./source.ts";
import { urnName, urnType } from "./urn.ts";

/** Engine settings among a provider's inputs, kept from the provider itself. */
const internalKey = "__internal";
const versionKey = "version";
const mappingsKey = "envVarMappings";

/** Thrown by the diff of a provider whose configuration is not known yet. */
export class DiffUnavailable extends Error {
  override readonly name = "DiffUnavailable";
  constructor() {
    super(
      "The provider for this resource has inputs that are not known during preview.\n" +
        "This preview may not correctly represent the changes that will be applied during an update.",
    );
  }
}

export class ProviderRegistry implements Provider {
  readonly package = "pulumi:providers";
  readonly version = undefined;
  readonly #host: ProviderHost;
  readonly #warn: (message: string, urn: string) => void;
  readonly #configured = new Map<string, Provider>();
  /** Loaded by check, not yet configured; by URN. */
  readonly #checked = new Map<string, Provider>();
  readonly #aliases = new Map<string, string>();
  readonly #loaded = new Set<Provider>();

  constructor(host: ProviderHost, warn: (message: string, urn: string) => void) {
    this.#host = host;
    this.#warn = warn;
  }

  /** The configured provider of a reference. */
  get(reference: string): Provider | undefined {
    return this.#configured.get(reference);
  }

  /** Says that a provider resource was found in the state under another URN: old resources name it by that. */
  alias(urn: string, alias: string): void {
    this.#aliases.set(urn, alias);
  }

  async checkConfig(request: CheckRequest): Promise<CheckResult> {
    return this.check(request);
  }

  async diffConfig(request: DiffRequest): Promise<DiffResult> {
    return this.diff(request);
  }

  async configure(): Promise<void> {}

  async check(request: CheckRequest): Promise<CheckResult> {
    const news = request.newInputs;
    const provider = await this.#load(request.urn, news);
    const { inputs, failures } = await provider.checkConfig({
      ...request,
      oldInputs: configOf(request.oldInputs),
      newInputs: configOf(news),
    });
    this.#checked.set(request.urn, provider);
    const version = inputs[versionKey] ?? news[versionKey];
    if (news[versionKey] !== undefined && version !== news[versionKey]) {
      throw new Error(
        `provider "${request.urn}" attempted to change version from "${news[versionKey]}" to "${version}"`,
      );
    }
    if (Object.hasOwn(inputs, internalKey)) {
      this.#warn("provider attempted to use __internal key that is reserved by the engine", request.urn);
    }
    return {
      inputs: {
        ...configOf(inputs),
        ...(version !== undefined && { [versionKey]: version }),
        ...(news[internalKey] !== undefined && { [internalKey]: news[internalKey] }),
      },
      failures,
    };
  }

  async diff(request: DiffRequest): Promise<DiffResult> {
    // A dependent's provider is compared with what it may become before it was registered itself: then the old one is asked.
    const provider = this.#checked.get(request.urn) ?? this.get(providerReference(request.urn, request.id));
    if (!provider) throw new Error(`provider ${request.urn} was not checked before it was compared`);
    const newInputs = configOf(request.newInputs);
    const diff = await provider.diffConfig({ ...request, oldInputs: configOf(request.oldInputs), newInputs });
    if (diff.changes !== "unknown") return diff;
    return { ...diff, changes: mapsEqual(request.oldOutputs, newInputs) ? "none" : "some" };
  }

  /** Configures the provider of an unchanged resource. `checked`: the instance that check loaded may be used for it. */
  async same(resource: Resource, checked: boolean): Promise<void> {
    const { urn, id } = resource;
    if (id === "" || id === unknownId) throw new Error(`provider '${urn}' has an unknown ID`);
    const reference = providerReference(urn, id);
    if (this.#configured.has(reference)) return;
    const provider = (checked ? this.#takeChecked(urn) : undefined) ?? (await this.#load(urn, resource.inputs));
    await this.#configure(reference, provider, resource.inputs);
  }

  async create(request: CreateRequest): Promise<ResourceResult> {
    const provider = this.#takeChecked(request.urn) ?? (await this.#load(request.urn, request.inputs));
    const id = request.preview ? unknownId : randomUUID();
    await this.#configure(providerReference(request.urn, id), provider, request.inputs);
    return { id, outputs: configOf(request.inputs) };
  }

  async update(request: UpdateRequest): Promise<PropertyMap> {
    const provider = this.#takeChecked(request.urn) ?? (await this.#load(request.urn, request.newInputs));
    await this.#configure(providerReference(request.urn, request.id), provider, request.newInputs);
    return configOf(request.newInputs);
  }

  async delete(request: DeleteRequest): Promise<void> {
    this.#configured.delete(providerReference(request.urn, request.id));
  }

  async read(): Promise<never> {
    throw new Error("provider resources may not be read");
  }

  async invoke(): Promise<never> {
    throw new Error("the provider registry is not invokable");
  }

  /**
   * Whether a resource must be replaced because its provider is another one now.
   * Both resources' recorded inputs are compared by the new provider.
   */
  async replaces(reference: string, old: Resource, now: Resource): Promise<boolean> {
    const provider = this.get(reference);
    if (!provider) throw new Error(`failed to resolve provider reference: "${reference}"`);
    const { urn } = parseProviderReference(reference);
    const diff = await provider.diffConfig({
      urn,
      type: urnType(urn),
      name: urnName(urn),
      id: old.id,
      oldInputs: configOf(old.inputs),
      oldOutputs: old.outputs,
      newInputs: configOf(now.inputs),
      ignoreChanges: [],
    });
    return needsReplacement(diff);
  }

  /** Asks all providers to stop what they are doing. */
  async cancel(): Promise<void> {
    await Promise.allSettled([...this.#loaded].map((provider) => provider.cancel()));
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#loaded].map((provider) => provider.close()));
    this.#loaded.clear();
  }

  async #load(urn: string, inputs: PropertyMap): Promise<Provider> {
    const internal = inputs[internalKey];
    const packageName = providerPackage(urnType(urn));
    if (internal !== undefined && isPropertyMap(internal) && internal["parameterization"] !== undefined) {
      throw new Error(`parameterized providers are not supported by the embedded engine: ${packageName}`);
    }
    const version = inputs[versionKey];
    const mappings = internal !== undefined && isPropertyMap(internal) ? internal[mappingsKey] : undefined;
    const provider = await this.#host.load(
      packageName,
      typeof version === "string" ? version : undefined,
      mappings !== undefined && isPropertyMap(mappings) ? mappings : {},
    );
    this.#loaded.add(provider);
    return provider;
  }

  #takeChecked(urn: string): Provider | undefined {
    const provider = this.#checked.get(urn);
    this.#checked.delete(urn);
    return provider;
  }

  async #configure(reference: string, loaded: Provider, inputs: PropertyMap): Promise<void> {
    const config = configOf(inputs);
    const { urn, id } = parseProviderReference(reference);
    const known = !containsUnknowns(config);
    if (known) {
      await loaded.configure(config).catch((error: unknown) => {
        throw new Error(`configure provider '${urn}': ${messageOf(error)}`, { cause: error });
      });
    }
    const provider = known ? loaded : unconfigured(loaded);
    this.#configured.set(reference, provider);
    const alias = this.#aliases.get(urn);
    if (alias !== undefined) this.#configured.set(providerReference(alias, id), provider);
  }
}

/** A provider's inputs without the engine's own settings. */
function configOf(inputs: PropertyMap): PropertyMap {
  if (!Object.hasOwn(inputs, internalKey)) return inputs;
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => key !== internalKey));
}

/**
 * Sets a provider resource's version and download URL among its inputs, where the official engine keeps them.
 * @throws when it is a version as only others write it, `v4.21.2` or `4.21`.
 */
export function withProviderSettings(
  inputs: PropertyMap,
  { version, pluginDownloadUrl, envVarMappings = {} }: Pick<Goal, "version" | "pluginDownloadUrl" | "envVarMappings">,
): PropertyMap {
  if (version !== "" && !(/^\d/.test(version) && semver.valid(version)))
    throw new Error(`passed invalid version: "${version}"`);
  const mapped = Object.keys(envVarMappings).length > 0;
  if (version === "" && pluginDownloadUrl === "" && !mapped) return inputs;
  const before = inputs[internalKey];
  const internal = {
    ...(before !== undefined && isPropertyMap(before) && before),
    ...(pluginDownloadUrl !== "" && { pluginDownloadURL: pluginDownloadUrl }),
    ...(mapped && { [mappingsKey]: envVarMappings }),
  };
  return { ...inputs, [internalKey]: internal, ...(version !== "" && { [versionKey]: version }) };
}

/** Stands for a provider that cannot be configured yet: everything it would compute is unknown. */
function unconfigured(provider: Provider): Provider {
  return {
    package: provider.package,
    version: provider.version,
    ...(provider.supportsAutonaming && { supportsAutonaming: true }),
    ...(provider.approximate && { approximate: (type: string) => provider.approximate!(type) }),
    checkConfig: (request) => provider.checkConfig(request),
    diffConfig: (request) => provider.diffConfig(request),
    configure: async () => {},
    check: async ({ newInputs }) => ({ inputs: newInputs, failures: [] }),
    diff: async () => {
      throw new DiffUnavailable();
    },
    create: async () => ({ id: "", outputs: {} }),
    read: async ({ id }) => ({ id, inputs: {}, outputs: {} }),
    update: async () => ({}),
    delete: async () => {},
    invoke: async () => ({ result: {}, failures: [] }),
    cancel: async () => {},
    close: async () => {},
  };
}
