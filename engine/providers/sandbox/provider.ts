// The sandbox provider of `gcp` or `kubernetes`: serves a package from a sandbox cloud kept in files (store.ts), by the
// reviewed tables of gcp/ and kubernetes/. It never looks at the machine: no credentials, no kubeconfig file, no network.
//
// - Check: the SDK's schema, then the table's own rules; defaults and names filled in as the real providers do.
// - Diff: inputs with inputs; the table says what replaces.
// - Create and update ask the table (references, ranges, uniqueness), write, and ask again: of two processes that would
//   break a rule together, at least one sees the other's file and takes its own back. No locks, so none can be left behind.
// - A type without an entry is kept as given and is `approximate`; one that the SDK does not know is refused by name.
import { isInternalKey, type PropertyMap, type PropertyValue, unknown } from "../../values.ts";
import type {
  CheckFailure,
  CheckRequest,
  CheckResult,
  CreateRequest,
  DeleteRequest,
  DiffRequest,
  DiffResult,
  PropertyDiff,
  Provider,
  ReadRequest,
  ReadResult,
  ResourceResult,
  UpdateRequest,
} from "../provider.ts";
import { approximateKind } from "./approximate.ts";
import { claimResource } from "./claim.ts";
import { composeState, inputsOf, predictState, visible, withSecrets } from "./compose.ts";
import { nonconformities } from "./conform.ts";
import { type Difference, differences, same } from "./differences.ts";
import { Faults } from "./faults.ts";
import { collectionOf, type Draft, isFixed, type Kind, type Place, type Resource } from "./kind.ts";
import { inventName } from "./names.ts";
import { services } from "./packages.ts";
import { parsePath } from "./path.ts";
import type { CloudRecord } from "./record.ts";
import { googleError, Refusal } from "./refusal.ts";
import { loadSchema, type SandboxPackage, type Schema, type SchemaResource } from "./schema.ts";
import type { SandboxService } from "./service.ts";
import { CloudStore } from "./store.ts";
import { didYouMean } from "./suggest.ts";
import { View, withoutSecrets } from "./view.ts";

export interface SandboxOptions {
  /** Where the cloud's files are; made when absent. */
  readonly directory: string;
  /** Recorded with each resource, to tell whose it is. */
  readonly stack: string;
  /** The version that the program asked for; by default the schema's. */
  readonly version?: string;
  /** Asked before a resource is written: one that would hold a secret in plain text is refused. */
  readonly holdsSecret?: (text: string) => boolean;
}

/** Serves a package from the sandbox cloud in `options.directory`. Makes no file before the first resource. */
export function createSandboxProvider(name: SandboxPackage, options: SandboxOptions): Provider {
  return new SandboxProvider(name, options);
}

interface Served {
  readonly kind: Kind;
  readonly schema: SchemaResource | undefined;
}

class SandboxProvider implements Provider {
  readonly package: SandboxPackage;
  readonly version: string | undefined;
  private readonly stack: string;
  private readonly service: SandboxService;
  private readonly store: CloudStore;
  private readonly faults: Faults;
  private readonly stopping = new AbortController();
  private config = new View({});
  readonly supportsAutonaming = true;
  private readonly approximated = new Map<string, Kind>();

  constructor(name: SandboxPackage, { directory, stack, version, holdsSecret }: SandboxOptions) {
    this.package = name;
    this.version = version;
    this.stack = stack;
    this.service = services[name];
    this.store = new CloudStore(directory, holdsSecret);
    this.faults = new Faults(directory);
  }

  approximate(type: string): boolean {
    return this.service.kinds.get(type) === undefined && !type.startsWith("pulumi:providers:");
  }

  async checkConfig({ newInputs }: CheckRequest): Promise<CheckResult> {
    const failures: CheckFailure[] = [];
    const known = (await loadSchema(this.package)).resource(`pulumi:providers:${this.package}`)?.inputs ?? {};
    for (const name of Object.keys(newInputs)) {
      if (Object.hasOwn(known, name) || name === "version" || name === "pluginDownloadURL" || isInternalKey(name))
        continue;
      failures.push({
        property: name,
        reason: `"${name}" is not a setting of the ${this.package} provider${didYouMean(name, Object.keys(known))}`,
      });
    }
    this.service.checkConfig(new View(newInputs), (property, reason) => failures.push({ property, reason }));
    return { inputs: newInputs, failures };
  }

  async diffConfig({ oldInputs, newInputs }: DiffRequest): Promise<DiffResult> {
    const found = differences(oldInputs, newInputs);
    const replaces = found.length === 0 ? [] : this.service.configReplaces(oldInputs, newInputs);
    return diffResult(found, (difference) => replaces.includes(top(difference.plainPath)), false);
  }

  async configure(inputs: PropertyMap): Promise<void> {
    this.config = new View(inputs);
  }

  async check(request: CheckRequest): Promise<CheckResult> {
    await this.faults.before(request.type, request.urn, "check");
    let served: Served;
    try {
      served = await this.serve(request.type);
    } catch (error) {
      if (error instanceof Refusal)
        return { inputs: request.newInputs, failures: [{ property: "", reason: error.message }] };
      throw error;
    }
    const { kind, schema } = served;
    const failures: CheckFailure[] = [];
    const report = (property: string, reason: string) => void failures.push({ property, reason });
    const place = await this.place();
    if (schema !== undefined) {
      const textsForScalars = this.package === "gcp";
      failures.push(...nonconformities(await loadSchema(this.package), schema, request.newInputs, { textsForScalars }));
    }
    let inputs = request.newInputs;
    if (kind.prepare !== undefined) {
      const prepared = kind.prepare(request, place);
      inputs = prepared.inputs;
      failures.push(...prepared.failures);
    } else {
      inputs = withDefaults(kind, request, place, report);
    }
    // A table's rules assume the right types; one mistake is not to be told twice.
    if (failures.length === 0) kind.check?.(new View(inputs), report, place);
    return {
      inputs,
      failures: failures.map(({ property, reason }) => ({ property, reason: withoutSecrets(reason, inputs) })),
    };
  }

  async diff(request: DiffRequest): Promise<DiffResult> {
    const { kind, schema } = await this.serve(request.type);
    const { oldInputs, newInputs, oldOutputs, ignoreChanges } = request;
    const replacing = new Set(kind.replacesAlso?.(new View(oldInputs), new View(newInputs), await this.place()) ?? []);
    const replaces = (path: string) => replacing.has(top(path)) || isFixed(kind, path);
    const found = differences(oldInputs, newInputs).filter(({ kind: change, path, plainPath }) => {
      if (isIgnored(path, ignoreChanges)) return false;
      // What the cloud had chosen, now written down.
      if (change === "add" && path === plainPath && !path.includes(".") && same(oldOutputs[path], newInputs[path]))
        return false;
      // What the cloud would choose again: leaving it out asks for nothing new.
      const chosen = schema?.outputs[plainPath];
      return !(change === "delete" && chosen !== undefined && !chosen.endsWith("?") && replaces(plainPath));
    });
    const mustReplace = found.some(({ plainPath }) => replaces(plainPath));
    return diffResult(
      found,
      ({ plainPath }) => replaces(plainPath),
      mustReplace && keepsName(kind, oldInputs, newInputs),
    );
  }

  async create(request: CreateRequest): Promise<ResourceResult> {
    const { kind, schema } = await this.serve(request.type);
    const place = await this.place();
    if (request.preview) {
      refuseUnreachable(place);
      return { id: "", outputs: predictState(kind, schema, draftOf(request, place, {}), request.inputs) };
    }
    return await this.attempt("create", request, request.signal, async () => {
      refuseUnreachable(place);
      const draft = draftOf(request, place, {});
      const record = await claimResource(this.store, { kind, schema, draft, stack: this.stack });
      return { id: record.id, outputs: record.state };
    });
  }

  async read(request: ReadRequest): Promise<ReadResult | undefined> {
    const { kind, schema } = await this.serve(request.type);
    return await this.attempt("read", request, undefined, async () => {
      const place = await this.place();
      // A preview that does not know the cluster yet cannot look at it.
      if (this.package === "kubernetes" && place.cluster === undefined)
        return { id: request.id, inputs: request.inputs, outputs: request.outputs };
      const collection = collectionOf(kind, place);
      const importing = Object.keys(request.inputs).length === 0 && Object.keys(request.outputs).length === 0;
      const record =
        (await this.store.get(collection, request.id)) ??
        (importing ? await this.byShortId(collection, request.id) : undefined);
      if (record === undefined) return undefined;
      const inputs = inputsOf(importing ? visible(record.inputs) : request.inputs, record.state, record.edited, schema);
      return { id: record.id, inputs, outputs: record.state };
    });
  }

  async update(request: UpdateRequest): Promise<PropertyMap> {
    const { kind, schema } = await this.serve(request.type);
    const { oldInputs, newInputs, oldOutputs } = request;
    const changed = new Set(differences(oldInputs, newInputs).map(({ plainPath }) => top(plainPath)));
    const base = (state: PropertyMap) => visible({ ...without(state, changed), ...pick(newInputs, changed) });
    if (request.preview) {
      const volatile = Object.fromEntries((kind.volatile ?? []).map((name) => [name, unknown]));
      return { ...base(oldOutputs), ...volatile };
    }
    return await this.attempt("update", request, request.signal, async () => {
      const place = await this.place();
      refuseUnreachable(place);
      const previous = await this.store.get(collectionOf(kind, place), request.id);
      if (previous === undefined) throw googleError(404, `The resource '${request.id}' was not found`);
      const draft = draftOf({ ...request, inputs: newInputs }, place, previous.allocated);
      const resource: Resource = { ...draft, id: request.id, created: previous.created, updated: now(), previous };
      await kind.verify?.(resource, this.store);
      const state = composeState(kind, schema, resource, base(previous.state));
      const edited = previous.edited.filter((path) => !changed.has(String(parsePath(path)?.[0])));
      await this.store.replace({
        ...previous,
        urn: request.urn,
        stack: this.stack,
        updated: resource.updated,
        inputs: withSecrets(newInputs, schema),
        state,
        edited,
      });
      await kind.verify?.(resource, this.store).catch(async (error: unknown) => {
        await this.store.replace(previous);
        throw error;
      });
      return state;
    });
  }

  async delete(request: DeleteRequest): Promise<void> {
    const { kind } = await this.serve(request.type);
    await this.attempt("delete", request, request.signal, async () => {
      const collection = collectionOf(kind, await this.place());
      const record = await this.store.get(collection, request.id);
      if (record === undefined) return;
      const policy = new View(record.state).at("deletionPolicy").string ?? this.config.at("deletionPolicy").string;
      if (this.package === "gcp" && policy === "PREVENT") {
        throw new Refusal(
          400,
          `cannot destroy ${record.id} without setting deletionPolicy="DELETE" and running \`pulumi up\``,
        );
      }
      if (this.package === "gcp" && policy === "ABANDON") return;
      await kind.release?.(record, this.store);
      await this.store.remove(collection, record.id);
      await kind.release?.(record, this.store).catch(async (error: unknown) => {
        await this.store.claim(record);
        throw error;
      });
    });
  }

  async invoke(token: string, args: PropertyMap): Promise<{ result: PropertyMap; failures: readonly CheckFailure[] }> {
    const result = await this.service.invoke(token, new View(args), await this.place(), this.store);
    if (result !== undefined) return { result, failures: [] };
    const { functions } = await loadSchema(this.package);
    const served = this.service.functions;
    if (functions.includes(token)) {
      throw new Error(
        `the sandbox does not serve the function ${token}; it serves ${served.length > 0 ? served.join(", ") : `none of ${this.package}`}`,
      );
    }
    throw new Error(`unknown function ${token}${didYouMean(token, functions)}`);
  }

  async cancel(): Promise<void> {
    this.stopping.abort(new Error("the deployment was cancelled"));
  }

  async close(): Promise<void> {}

  /** Runs one call with the faults that somebody placed, and puts the provider's sentence around a refusal. */
  private async attempt<T>(
    operation: "create" | "read" | "update" | "delete",
    target: { type: string; urn: string; inputs?: PropertyMap; newInputs?: PropertyMap },
    signal: AbortSignal | undefined,
    call: () => Promise<T>,
  ): Promise<T> {
    try {
      const stop = signal === undefined ? this.stopping.signal : AbortSignal.any([signal, this.stopping.signal]);
      const { lose } = await this.faults.before(target.type, target.urn, operation, stop);
      const result = await call();
      if (lose !== undefined) throw new Refusal(503, lose);
      return result;
    } catch (error) {
      if (!(error instanceof Refusal) || operation === "read") throw error;
      throw new Error(
        withoutSecrets(this.service.failed(operation, target, error.message), target.inputs, target.newInputs),
      );
    }
  }

  /** The one resource that a short form of an id means, as imports accept: its name, or the end of its id. */
  private async byShortId(collection: string, id: string): Promise<CloudRecord | undefined> {
    const found = (await this.store.list(collection)).filter(
      (record) => record.name === id || record.id.endsWith(`/${id}`),
    );
    if (found.length > 1)
      throw new Error(
        `"${id}" means ${found.length} resources: ${found.map((record) => record.id).join(", ")}; give the whole id`,
      );
    return found[0];
  }

  private async serve(type: string): Promise<Served> {
    const schema: Schema = await loadSchema(this.package);
    const reviewed = this.service.kinds.get(type);
    const resource = schema.resource(type);
    if (reviewed !== undefined) return { kind: reviewed, schema: resource };
    if (resource !== undefined) {
      const kind = this.approximated.get(type) ?? approximateKind(this.package, type, resource, schema);
      this.approximated.set(type, kind);
      return { kind, schema: resource };
    }
    const open = this.service.open(type);
    if (open !== undefined) return { kind: open, schema: undefined };
    throw new Refusal(
      400,
      `@pulumi/${this.package} ${schema.version} has no resource type "${type}"${didYouMean(type, schema.tokens)}`,
    );
  }

  private async place(): Promise<Place> {
    return await this.service.place(this.config, this.store);
  }
}

function draftOf(
  request: { type: string; urn: string; name: string; inputs: PropertyMap },
  place: Place,
  allocated: Readonly<Record<string, string>>,
): Draft {
  return {
    type: request.type,
    urn: request.urn,
    logicalName: request.name,
    inputs: new View(request.inputs),
    place,
    allocated,
  };
}

/** Fills in defaults and the name, and lists in `__defaults` what was filled in, as bridged providers do. */
function withDefaults(
  kind: Kind,
  request: CheckRequest,
  place: Place,
  report: (property: string, reason: string) => void,
): PropertyMap {
  const { newInputs, oldInputs } = request;
  const inputs: Record<string, PropertyValue> = { ...newInputs };
  const filledIn: string[] = [];
  const isAbsent = (name: string) => inputs[name] === undefined || inputs[name] === null;
  for (const [name, value] of Object.entries(kind.defaults?.(new View(newInputs), place) ?? {})) {
    if (!isAbsent(name)) continue;
    inputs[name] = value;
    filledIn.push(name);
  }
  if (kind.autoname !== undefined && isAbsent(kind.autoname.property)) {
    const { property, longest, lowercase = false } = kind.autoname;
    const known = new View(oldInputs).at(property).string;
    const naming =
      known !== undefined && defaultsOf(oldInputs).includes(property)
        ? { name: known }
        : inventName(request, 7, longest, lowercase);
    if ("problem" in naming) {
      report(property, naming.problem);
    } else {
      inputs[property] = naming.name;
      filledIn.push(property);
    }
  }
  return { ...inputs, __defaults: filledIn.sort() };
}

function defaultsOf(inputs: PropertyMap): readonly string[] {
  return new View(inputs).property("__defaults").strings;
}

/** Whether old and new would have one name, so that the old must go first; an invented name changes with the replacement. */
function keepsName(kind: Kind, old: PropertyMap, next: PropertyMap): boolean {
  if (kind.keepsName !== undefined) return kind.keepsName(new View(old), new View(next));
  if (kind.autoname === undefined) return false;
  const { property } = kind.autoname;
  return !defaultsOf(next).includes(property) && same(old[property], next[property]);
}

function diffResult(
  found: readonly Difference[],
  replaces: (difference: Difference) => boolean,
  deleteBeforeReplace: boolean,
): DiffResult {
  const detailedDiff: Record<string, PropertyDiff> = {};
  for (const difference of found) {
    const { path, kind } = difference;
    // What the inputs have on one side only, the state has on both.
    detailedDiff[path] = { kind: replaces(difference) ? `${kind}-replace` : kind, inputDiff: kind === "update" };
  }
  const names = (some: readonly Difference[]) => [...new Set(some.map(({ plainPath }) => top(plainPath)))];
  return {
    changes: found.length > 0 ? "some" : "none",
    replaces: names(found.filter(replaces)),
    stables: [],
    deleteBeforeReplace,
    diffs: names(found),
    detailedDiff,
  };
}

function refuseUnreachable({ unreachable }: Place): void {
  if (unreachable !== undefined) throw new Error(unreachable);
}

/** Whether a difference lies at or below a path to ignore, in which `[*]` stands for any index. */
function isIgnored(path: string, ignoreChanges: readonly string[]): boolean {
  const keys = parsePath(path) ?? [];
  return ignoreChanges.some((text) => {
    const ignored = parsePath(text.replaceAll("[*]", '["*"]'));
    return ignored?.every((key, index) => key === "*" || key === keys[index]) === true && ignored.length <= keys.length;
  });
}

function top(path: string): string {
  return path.split(".", 1)[0]!;
}

function without(values: PropertyMap, names: ReadonlySet<string>): PropertyMap {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.has(name)));
}

function pick(values: PropertyMap, names: ReadonlySet<string>): PropertyMap {
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)));
}

function now(): string {
  return new Date().toISOString();
}
