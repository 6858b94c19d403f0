// The server a program talks to: the ResourceMonitor service, which turns the SDK's calls into requests to the
// deployment (Registrar), and beside it the Engine service. One server serves one run of one program.
//
// The monitor does what needs the wire: it reads and writes values, runs transforms, and fills in what a resource takes
// from its parent. All decisions about steps are the deployment's. Guarantees:
// - a call is answered once; a deployment's rejection reaches the program as an error with that message;
// - after `cancel`, waiting and new calls end with UNAVAILABLE, at which the SDK stops without complaint;
// - what the embedded engine does not do is refused by name, before the deployment hears of it.

import { randomUUID } from "node:crypto";
import grpc from "@grpc/grpc-js";
import aliasProto from "@pulumi/pulumi/proto/alias_pb.js";
import type { Callback } from "@pulumi/pulumi/proto/callback_pb.js";
import engineRpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import providerProto from "@pulumi/pulumi/proto/provider_pb.js";
import type { IResourceMonitorServer } from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import resourceRpc from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import type { RegisterResourceRequest, TransformResourceOptions } from "@pulumi/pulumi/proto/resource_pb.js";
import resourceProto from "@pulumi/pulumi/proto/resource_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import type { PropertyMap } from "../values.ts";
import { hashAssets } from "./assets.ts";
import { type Callbacks, createCallbacks } from "./callbacks.ts";
import { listen, RpcError, SERVER_OPTIONS, unary, unsupported } from "./channel.ts";
import { engineService } from "./engineService.ts";
import { DeploymentStopped } from "./errors.ts";
import { type Dependencies, goalOf, projectPosition, projectTrace } from "./goal.ts";
import { MadeResources } from "./madeResources.ts";
import { collectDependencies, raiseOutputs } from "./outputValues.ts";
import { isProviderType } from "./resource.ts";
import type { ErrorHook, Goal, ProgramLog, ReadGoal, Registered, Registrar, StateMigration } from "./source.ts";
import { decodeStruct, encodeStruct, KEEP } from "./wire.ts";

/** What the monitor tells the program about the deployment it is part of. */
export interface MonitorOptions {
  readonly organization: string;
  readonly project: string;
  readonly stack: string;
  /** Plain values by `namespace:key`, secrets decrypted. */
  readonly config: Readonly<Record<string, string>>;
  readonly secretKeys: readonly string[];
  readonly dryRun: boolean;
  readonly parallel: number;
  /** Folder of Pulumi.yaml, absolute: source positions are kept relative to it. */
  readonly rootDirectory: string;
  /** Folder the program runs in, absolute: paths of assets are relative to it. Default: `rootDirectory`. */
  readonly programDirectory?: string;
  /** The Pulumi version the engine stands for, e.g. `3.270.0`; programs may require a range of it. */
  readonly version: string;
  readonly registrar: Registrar;
  readonly log: ProgramLog;
}

export interface Monitor {
  /** `127.0.0.1:<port>`; both services listen there, so it is monitor and engine address in one. */
  readonly address: string;
  /** Ends waiting calls with UNAVAILABLE and refuses new ones; the program's processes are not touched. Idempotent. */
  cancel(): void;
  /** Stops the server. Calls still open are cut. Idempotent. */
  close(): Promise<void>;
}

/** Starts the server; resolves when it listens. */
export async function startMonitor(options: MonitorOptions): Promise<Monitor> {
  const server = new grpc.Server(SERVER_OPTIONS);
  const callbacks = createCallbacks();
  const cancelled = Promise.withResolvers<never>();
  cancelled.promise.catch(() => {});
  let stopped = false;
  const orCancelled = <T>(work: () => Promise<T>): Promise<T> =>
    stopped ? cancelled.promise : Promise.race([work(), cancelled.promise]);

  let complained = false;
  const log: ProgramLog = {
    ...options.log,
    log(severity, ...rest) {
      if (severity === "error") complained = true;
      options.log.log(severity, ...rest);
    },
  };
  const service = monitorService(options, callbacks, orCancelled, () => complained);
  server.addService(resourceRpc.ResourceMonitorService, service);
  server.addService(engineRpc.EngineService, engineService(log, options.version));
  const address = await listen(server);
  const cancel = () => {
    stopped = true;
    cancelled.reject(new DeploymentStopped());
  };
  return {
    address,
    cancel,
    async close() {
      cancel();
      callbacks.close();
      // An answer just given is still on its way to the socket; a forced shutdown would cut it.
      await new Promise<void>((resolve) => setImmediate(resolve));
      server.forceShutdown();
    },
  };
}

const Feature = resourceProto.ResourceMonitorFeature;
const FEATURES = new Map([
  ["secrets", Feature.RESOURCE_MONITOR_FEATURE_SECRETS],
  ["resourceReferences", Feature.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES],
  ["outputValues", Feature.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES],
  ["aliasSpecs", Feature.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS],
  ["replacementTrigger", Feature.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER],
  ["deletedWith", Feature.RESOURCE_MONITOR_FEATURE_DELETED_WITH],
  ["replaceWith", Feature.RESOURCE_MONITOR_FEATURE_REPLACE_WITH],
  ["transforms", Feature.RESOURCE_MONITOR_FEATURE_TRANSFORMS],
  ["invokeTransforms", Feature.RESOURCE_MONITOR_FEATURE_INVOKE_TRANSFORMS],
  ["parameterization", Feature.RESOURCE_MONITOR_FEATURE_PARAMETERIZATION],
  ["resourceHooks", Feature.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS],
  ["errorHooks", Feature.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS],
  ["invokeDependsOn", Feature.RESOURCE_MONITOR_FEATURE_INVOKE_DEPENDS_ON],
  ["stateMigrations", Feature.RESOURCE_MONITOR_FEATURE_STATE_MIGRATIONS],
]);

const RESULTS: Readonly<Record<Registered["result"], number>> = { success: 0, failed: 1, skipped: 2 };

/** What a child takes from the resource it was given as parent. */
interface Parent {
  readonly parent: string;
  readonly goal: Goal;
  readonly transforms: readonly Callback[];
}

/** A package as RegisterPackage named it. */
interface Package {
  readonly name: string;
  readonly version: string;
  readonly url: string;
}

function monitorService(
  options: MonitorOptions,
  callbacks: Callbacks,
  orCancelled: <T>(work: () => Promise<T>) => Promise<T>,
  hasComplained: () => boolean,
): IResourceMonitorServer {
  const { registrar, rootDirectory } = options;
  const workingDirectory = options.programDirectory ?? rootDirectory;
  const parents = new Map<string, Parent>();
  const packages = new Map<string, Package>();
  const made = new MadeResources();
  const stackTransforms: Callback[] = [];
  const invokeTransforms: Callback[] = [];

  const packageOf = (reference: string): Package | undefined => {
    if (reference === "") return undefined;
    const known = packages.get(reference);
    if (known === undefined) throw new Error(`unknown provider package '${reference}'`);
    return known;
  };

  /** Fills in what the official engine takes from the parent where the program said nothing. */
  const inherit = (request: RegisterResourceRequest): void => {
    const parent = parents.get(request.getParent())?.goal;
    if (parent === undefined) return;
    if (request.getDeletedwith() === "") request.setDeletedwith(parent.deletedWith);
    if (!request.hasProtect()) request.setProtect(parent.protect);
    if (!request.hasRetainondelete()) request.setRetainondelete(parent.retainOnDelete);
    if (request.getProvider() !== "" || !request.getCustom()) return;
    const wanted = packageName(request.getType());
    if (parent.provider !== "" && providerPackage(parent.provider) === wanted) request.setProvider(parent.provider);
    else request.setProvider(request.getProvidersMap().get(wanted) ?? parent.providers[wanted] ?? "");
  };

  const transformsOf = (request: RegisterResourceRequest): Callback[] => {
    const found = [...request.getTransformsList()];
    for (let urn = request.getParent(); urn !== ""; ) {
      const parent = parents.get(urn);
      found.push(...(parent?.transforms ?? []));
      urn = parent?.parent ?? "";
    }
    return [...found, ...stackTransforms];
  };

  /** What a request asks for once all transforms have had their say. */
  const transformedGoal = async (request: RegisterResourceRequest): Promise<Goal> => {
    let properties = await hashAssets(decodeStruct(request.getObject(), { keepOutputs: true }), workingDirectory);
    let dependencies = dependenciesOf(request, properties);
    let transformable = optionsOf(request);
    if (request.getTransformsList().length > 0) properties = raiseOutputs(properties, dependencies.byProperty);
    const subject = {
      type: request.getType(),
      name: request.getName(),
      custom: request.getCustom(),
      parent: request.getParent(),
    };
    for (const transform of transformsOf(request)) {
      const changed = await callbacks.transformResource(transform, subject, { properties, options: transformable });
      properties = await hashAssets(changed.properties, workingDirectory);
      transformable = changed.options;
    }
    // As the official engine has it: transforms of the resource itself decide its dependencies, inherited ones do not.
    dependencies =
      request.getTransformsList().length > 0
        ? dependenciesAfterTransforms(transformable.getDependsOnList(), properties)
        : withOutputDependencies(dependencies, properties);
    const named = packageOf(request.getPackageref());
    if (named !== undefined) transformable.setVersion(named.version).setPluginDownloadUrl(named.url);
    const migrations = request.getStateMigrationsList().map(withTarget);
    return {
      ...goalOf(request, transformable, properties, dependencies, rootDirectory),
      stateMigrations: migrations.map(
        (migration): StateMigration =>
          (urn, states) =>
            callbacks.migrateState(migration, urn, states),
      ),
    };
  };

  const registerResource = async (request: RegisterResourceRequest) => {
    refuse(request);
    inherit(request);
    const asked = transformedGoal(request);
    const registration = asked.then((goal) => registrar.registerResource(goal));
    const subject = { parent: request.getParent(), custom: request.getCustom() };
    const registered = await made.follow(subject, registration);
    const goal = await asked;
    if (registered.result !== "success" && !request.getSupportsresultreporting()) {
      throw new RpcError(grpc.status.INTERNAL, "resource registration failed");
    }
    if (registered.urn !== "") {
      const inherited = request.getCustom() ? {} : parents.get(request.getParent())?.goal.providers;
      const providers = { ...inherited, ...goal.providers };
      parents.set(registered.urn, {
        parent: goal.parent,
        goal: { ...goal, providers: request.getCustom() ? {} : providers },
        transforms: request.getTransformsList(),
      });
    }
    return registeredResponse(request, registered);
  };

  return {
    getDeploymentInfo: unary(() => {
      const info = new resourceProto.DeploymentInfo();
      info.setOrganization(options.organization).setProject(options.project).setStack(options.stack);
      info
        .setConfigsecretkeysList([...options.secretKeys])
        .setDryrun(options.dryRun)
        .setParallel(options.parallel);
      for (const [key, value] of Object.entries(options.config)) info.getConfigMap().set(key, value);
      return info.setSupportedfeaturesList([...FEATURES.values()]);
    }),
    supportsFeature: unary((request) =>
      new resourceProto.SupportsFeatureResponse().setHassupport(FEATURES.has(request.getId())),
    ),
    registerResource: unary((request) => orCancelled(() => registerResource(request))),
    registerResourceOutputs: unary((request) =>
      orCancelled(async () => {
        const outputs = await hashAssets(decodeStruct(request.getOutputs()), workingDirectory);
        await registrar.registerResourceOutputs(request.getUrn(), outputs);
        return new emptyProto.Empty();
      }),
    ),
    readResource: unary((request) =>
      orCancelled(async () => {
        const named = packageOf(request.getPackageref());
        const goal: ReadGoal = {
          type: request.getType(),
          name: request.getName(),
          id: request.getId(),
          parent: request.getParent(),
          inputs: decodeStruct(request.getProperties()),
          dependencies: sorted(request.getDependenciesList()),
          provider: request.getProvider(),
          version: named?.version ?? request.getVersion(),
          pluginDownloadUrl: named?.url ?? request.getPlugindownloadurl().replace(/\/$/, ""),
          additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
          sourcePosition: projectPosition(request.getSourceposition(), rootDirectory),
          stackTrace: projectTrace(request.getStacktrace(), rootDirectory),
        };
        const read = await made.follow({ ...goal, custom: true }, registrar.readResource(goal));
        const response = new resourceProto.ReadResourceResponse().setUrn(read.urn);
        return response.setProperties(
          encodeStruct(read.outputs, {
            keepUnknowns: true,
            keepSecrets: request.getAcceptsecrets(),
            keepResources: request.getAcceptresources(),
          }),
        );
      }),
    ),
    existsResource: unary((request) =>
      orCancelled(async () => {
        const named = packageOf(request.getPackageref());
        const exists = await registrar.existsResource({
          type: request.getType(),
          id: request.getId(),
          parent: request.getParent(),
          inputs: decodeStruct(request.getProperties()),
          provider: request.getProvider(),
          version: named?.version ?? request.getVersion(),
          pluginDownloadUrl: named?.url ?? request.getPlugindownloadurl().replace(/\/$/, ""),
        });
        return new resourceProto.ExistsResourceResponse().setExists(exists);
      }),
    ),
    invoke: unary((request) =>
      orCancelled(async () => {
        let properties = decodeStruct(request.getArgs());
        let chosen = new resourceProto.TransformInvokeOptions();
        chosen.setProvider(request.getProvider()).setVersion(request.getVersion());
        chosen.setPluginDownloadUrl(request.getPlugindownloadurl());
        for (const transform of invokeTransforms) {
          const changed = await callbacks.transformInvoke(transform, request.getTok(), { properties, options: chosen });
          properties = changed.properties;
          chosen = changed.options;
        }
        const named = packageOf(request.getPackageref());
        const answer = await registrar.invoke({
          token: request.getTok(),
          args: properties,
          provider: chosen.getProvider(),
          version: named?.version ?? chosen.getVersion(),
          pluginDownloadUrl: named?.url ?? chosen.getPluginDownloadUrl().replace(/\/$/, ""),
          ready: () => made.areThere(request.getDependsonList()),
        });
        if (answer.unknown) return new resourceProto.ResourceInvokeResponse().setUnknown(true);
        const keepResources = request.getAcceptresources() || request.getTok() === "pulumi:pulumi:getResource";
        const response = new resourceProto.ResourceInvokeResponse();
        response.setReturn(encodeStruct(answer.result, { ...KEEP, keepResources }));
        return response.setFailuresList(
          answer.failures.map(({ property, reason }) =>
            new providerProto.CheckFailure().setProperty(property).setReason(reason),
          ),
        );
      }),
    ),
    call: unary((request) => {
      throw unsupported(`the method call "${request.getTok()}" is`);
    }),
    registerStackTransform: unary((callback) => {
      stackTransforms.push(withTarget(callback));
      return new emptyProto.Empty();
    }),
    registerStackInvokeTransform: unary((callback) => {
      invokeTransforms.push(withTarget(callback));
      return new emptyProto.Empty();
    }),
    registerResourceHook: unary((request) => {
      const callback = withTarget(request.getCallback());
      registrar.registerResourceHook(request.getName(), {
        onDryRun: request.getOnDryRun(),
        ignoreErrors: request.getIgnoreErrors(),
        run: (call) => callbacks.runHook(callback, call),
      });
      return new emptyProto.Empty();
    }),
    registerErrorHook: unary((request) => {
      const callback = withTarget(request.getCallback());
      const run: ErrorHook["run"] = (...told) => callbacks.runErrorHook(callback, ...told);
      registrar.registerErrorHook(request.getName(), { run });
      return new emptyProto.Empty();
    }),
    registerPackage: unary((request) => {
      const extra = request.getParameterization() ?? request.getExtension$();
      if (extra !== undefined) {
        throw unsupported(`the parameterized package "${extra.getName()}" (on "${request.getName()}") is`);
      }
      if (request.getName() === "") throw new Error("package name is empty");
      const wanted: Package = {
        name: request.getName(),
        version: request.getVersion(),
        url: request.getDownloadUrl().replace(/\/$/, ""),
      };
      const same = [...packages].find(([, known]) => JSON.stringify(known) === JSON.stringify(wanted));
      const reference = same?.[0] ?? randomUUID();
      packages.set(reference, wanted);
      return new resourceProto.RegisterPackageResponse().setRef(reference);
    }),
    signalAndWaitForShutdown: unary(() =>
      orCancelled(async () => {
        // What an inline program threw it tells only when it has been let go: it has not said all it wants.
        if (!hasComplained()) await registrar.programDone();
        return new emptyProto.Empty();
      }),
    ),
  };
}

function refuse(request: RegisterResourceRequest): void {
  const which = `"${request.getName()}" of type ${request.getType()}`;
  if (request.getRemote()) throw unsupported(`remote components (${which}) are`);
  if (request.getEnvvarmappingsMap().getLength() > 0 && !isProviderType(request.getType())) {
    throw new RpcError(grpc.status.INVALID_ARGUMENT, "envVarMappings can only be used with provider resources");
  }
  if (request.getCustom() && !/^[^:]+:[^:]*:[^:]+$/.test(request.getType())) {
    throw new RpcError(
      grpc.status.INVALID_ARGUMENT,
      `Type '${request.getType()}' is not a valid type token (must have format '*:*:*')`,
    );
  }
}

function withTarget(callback: Callback | undefined): Callback {
  if (callback === undefined || callback.getTarget() === "") throw new Error("target must be specified");
  return callback;
}

/** The package of a type token, `random` of `random:index/randomPet:RandomPet`. */
function packageName(type: string): string {
  return type.split(":")[0] as string;
}

/** The package a provider reference serves: its URN's type is `pulumi:providers:<package>`. */
function providerPackage(reference: string): string | undefined {
  return /::pulumi:providers:([^:]+)::/.exec(reference)?.[1];
}

function sorted(urns: Iterable<string>): string[] {
  return [...new Set(urns)].sort();
}

function dependenciesOf(request: RegisterResourceRequest, properties: PropertyMap): Dependencies {
  const all = sorted(request.getDependenciesList());
  const given = request.getPropertydependenciesMap();
  const byProperty: Record<string, string[]> = {};
  if (given.getLength() === 0) {
    // An SDK that tells no dependencies of single properties: each depends on everything.
    for (const key of Object.keys(properties)) byProperty[key] = [...all];
  } else for (const [key, urns] of given.entries()) byProperty[key as string] = sorted(urns.getUrnsList());
  return { all, byProperty };
}

/** Adds what outputs among the properties depend on; a property that a transform added has an entry from here on. */
function withOutputDependencies(given: Dependencies, properties: PropertyMap): Dependencies {
  const byProperty: Record<string, readonly string[]> = { ...given.byProperty };
  for (const [key, value] of Object.entries(properties)) {
    const found = new Set(byProperty[key] ?? []);
    collectDependencies(value, found);
    byProperty[key] = sorted(found);
  }
  return { ...given, byProperty };
}

function dependenciesAfterTransforms(dependsOn: readonly string[], properties: PropertyMap): Dependencies {
  const all = new Set(dependsOn);
  const byProperty: Record<string, string[]> = {};
  for (const [key, value] of Object.entries(properties)) {
    const found = new Set<string>();
    collectDependencies(value, found);
    byProperty[key] = sorted(found);
    for (const urn of found) all.add(urn);
  }
  return { all: sorted(all), byProperty };
}

function optionsOf(request: RegisterResourceRequest): TransformResourceOptions {
  const result = new resourceProto.TransformResourceOptions();
  result.setImport(request.getImportid()).setDependsOnList(request.getDependenciesList());
  if (request.hasProtect()) result.setProtect(request.getProtect() as boolean);
  if (request.hasRetainondelete()) result.setRetainOnDelete(request.getRetainondelete() as boolean);
  if (request.getDeletebeforereplacedefined() || request.getDeletebeforereplace()) {
    result.setDeleteBeforeReplace(request.getDeletebeforereplace());
  }
  result
    .setIgnoreChangesList(request.getIgnorechangesList())
    .setReplaceOnChangesList(request.getReplaceonchangesList());
  result.setReplacementTrigger(request.getReplacementTrigger()).setVersion(request.getVersion());
  const urnAliases = request.getAliasurnsList().map((urn) => new aliasProto.Alias().setUrn(urn));
  result.setAliasesList([...urnAliases, ...request.getAliasesList()]).setProvider(request.getProvider());
  result.setCustomTimeouts(request.getCustomtimeouts()).setPluginDownloadUrl(request.getPlugindownloadurl());
  result.setDeletedWith(request.getDeletedwith()).setReplaceWithList(request.getReplaceWithList());
  result.setAdditionalSecretOutputsList(request.getAdditionalsecretoutputsList());
  result.setHideDiffList(request.getHidediffsList()).setHooks(request.getHooks());
  for (const [name, reference] of request.getProvidersMap().entries()) {
    result.getProvidersMap().set(name as string, reference as string);
  }
  return result;
}

function registeredResponse(request: RegisterResourceRequest, registered: Registered) {
  const response = new resourceProto.RegisterResourceResponse();
  response.setUrn(registered.urn).setId(registered.id).setStable(registered.stable);
  response.setStablesList([...registered.stables]);
  response.setResult(RESULTS[registered.result] as 0 | 1).setUnknown(registered.unknown ?? false);
  const wire = { keepSecrets: request.getAcceptsecrets(), keepResources: request.getAcceptresources() };
  response.setObject(encodeStruct(registered.outputs, { ...wire, keepUnknowns: request.getSupportspartialvalues() }));
  for (const [key, urns] of Object.entries(registered.propertyDependencies)) {
    const dependencies = new resourceProto.RegisterResourceResponse.PropertyDependencies();
    response.getPropertydependenciesMap().set(key, dependencies.setUrnsList([...urns]));
  }
  return response;
}
