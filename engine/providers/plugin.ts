// A provider in another process, spoken to over Pulumi's ResourceProvider service: dynamic providers always, a real
// plugin where the engine was told that it may start one. The process is started by the first call that needs it.
//
// What a provider does not understand is lowered before it is sent, and what was lost that way is put back into its
// answers: secrets by the name of their property, contents of assets by their hash (pulumi/pulumi:
// sdk/go/common/resource/plugin/provider_plugin.go).
import grpc from "@grpc/grpc-js";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import providerRpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import providerProto from "@pulumi/pulumi/proto/provider_pb.js";
import statusProto from "@pulumi/pulumi/proto/status_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import { CLIENT_OPTIONS } from "../deployment/channel.ts";
import { decodeStruct, encodeStruct, KEEP, type WireOptions } from "../deployment/wire.ts";
import type { PropertyMap } from "../values.ts";
import {
  annotateSecrets,
  containsSecret,
  elideContents,
  makeSecret,
  removeSecrets,
  restoreContents,
} from "./lowering.ts";
import {
  type CheckFailure,
  type CheckRequest,
  type DiffRequest,
  type DiffResult,
  PartialFailure,
  type PropertyDiff,
  type PropertyDiffKind,
  type Provider,
  type Target,
} from "./provider.ts";

/** A provider's process, once it listens. */
export interface PluginProcess {
  /** `127.0.0.1:<port>`. */
  readonly address: string;
  /** Settles when the process has ended, with what to say about it. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export interface PluginOptions {
  readonly package: string;
  readonly version: string | undefined;
  readonly start: () => Promise<PluginProcess>;
  /** Where the provider reaches the Engine service. */
  readonly engineAddress: () => Promise<string>;
}

type Client = InstanceType<typeof providerRpc.ResourceProviderClient>;
type Reply<Response> = (error: grpc.ServiceError | null, response: Response) => void;
type Method =
  | "checkConfig"
  | "diffConfig"
  | "configure"
  | "check"
  | "diff"
  | "create"
  | "read"
  | "update"
  | "delete"
  | "invoke"
  | "cancel";
type Handler<M extends Method> = IResourceProviderServer[M];
type RequestOf<M extends Method> = Handler<M> extends grpc.handleUnaryCall<infer Request, unknown> ? Request : never;
type ResponseOf<M extends Method> = Handler<M> extends grpc.handleUnaryCall<infer _, infer Response> ? Response : never;

/** What the provider said it understands. */
interface Protocol {
  readonly secrets: boolean;
  readonly resources: boolean;
  readonly preview: boolean;
  readonly autonaming: boolean;
}

const NOTHING: Protocol = { secrets: false, resources: false, preview: false, autonaming: false };

/** How long the end of a process is waited for after its connection broke. */
const LAST_WORDS_MS = 2000;

/** A provider that starts its process when it is first needed. */
export function createPluginProvider(options: PluginOptions): Provider {
  let started:
    | Promise<{ readonly process: PluginProcess; readonly client: Client; readonly shaken?: Protocol }>
    | undefined;
  let configured: { readonly inputs: PropertyMap; protocol?: Promise<Protocol> } | undefined;

  const start = () => {
    started ??= (async () => {
      const process = await options.start();
      const credentials = grpc.credentials.createInsecure();
      const client = new providerRpc.ResourceProviderClient(process.address, credentials, CLIENT_OPTIONS);
      const shaken = await handshake(client, await options.engineAddress());
      return { process, client, ...(shaken === undefined ? {} : { shaken }) };
    })();
    return started;
  };

  /** One call; a status becomes an error with the provider's message. */
  const call = async <M extends Method>(method: M, request: RequestOf<M>): Promise<ResponseOf<M>> => {
    const { client, process } = await start();
    // The client's methods are overloaded; this is the form without metadata and options.
    const send = client[method] as unknown as (request: RequestOf<M>, reply: Reply<ResponseOf<M>>) => void;
    return new Promise((resolve, reject) => {
      send.call(client, request, (error, response) => {
        if (error === null) resolve(response);
        else if (error.code !== grpc.status.UNAVAILABLE) reject(new PluginError(error));
        else
          lastWords(process).then((words) => reject(words === undefined ? new PluginError(error) : new Error(words)));
      });
    });
  };

  const protocol = async (): Promise<Protocol> => {
    if (configured === undefined) return NOTHING;
    configured.protocol ??= configure(configured.inputs);
    return configured.protocol;
  };

  const configure = async (inputs: PropertyMap): Promise<Protocol> => {
    const { shaken } = await start();
    const request = new providerProto.ConfigureRequest();
    request.setArgs(encodeStruct(inputs, KEEP)).setAcceptsecrets(true).setAcceptresources(true);
    request.setSendsOldInputs(true).setSendsOldInputsToDelete(true);
    for (const [key, value] of Object.entries(inputs)) {
      if (key === "version") continue;
      const plain = removeSecrets(value);
      const text = typeof plain === "string" ? plain : JSON.stringify(plain);
      request.getVariablesMap().set(`${options.package}:config:${key}`, text);
    }
    const answer = await call("configure", request);
    return (
      shaken ?? {
        secrets: answer.getAcceptsecrets(),
        resources: answer.getAcceptresources(),
        preview: answer.getSupportspreview(),
        autonaming: answer.getSupportsAutonamingConfiguration(),
      }
    );
  };

  const wire = ({ secrets, resources }: Protocol, keepUnknowns: boolean): WireOptions => ({
    keepUnknowns,
    keepSecrets: secrets,
    keepResources: resources,
  });

  /** The outputs of create or update, of a success or a partial failure, with their secrets back. */
  const completed = (outputs: PropertyMap, inputs: PropertyMap, { secrets }: Protocol): PropertyMap =>
    secrets ? outputs : annotateSecrets(outputs, inputs);

  return {
    package: options.package,
    version: options.version,

    async checkConfig(request) {
      const message = checkMessage(request, { keepUnknowns: true });
      try {
        const answer = await call("checkConfig", message);
        const inputs = answer.getInputs();
        return {
          inputs: inputs === undefined ? request.newInputs : annotateSecrets(decodeStruct(inputs), request.newInputs),
          failures: failuresOf(answer.getFailuresList()),
        };
      } catch (error) {
        if (isUnimplemented(error)) return { inputs: request.newInputs, failures: [] };
        throw error;
      }
    },

    async diffConfig(request) {
      try {
        return diffOf(await call("diffConfig", diffMessage(request, { keepUnknowns: true })));
      } catch (error) {
        // A provider that cannot tell is not replaced: the mildest answer, as the official engine gives it.
        if (isUnimplemented(error)) return UNKNOWN_DIFF;
        throw error;
      }
    },

    async configure(inputs) {
      configured = { inputs };
    },

    async check(request) {
      const known = await protocol();
      const message = checkMessage(request, wire(known, true));
      if (request.autonaming !== undefined && known.autonaming) {
        const { AutonamingOptions } = providerProto.CheckRequest;
        const modes = {
          propose: AutonamingOptions.Mode.PROPOSE,
          enforce: AutonamingOptions.Mode.ENFORCE,
          disable: AutonamingOptions.Mode.DISABLE,
        };
        const { proposedName, mode } = request.autonaming;
        message.setAutonaming(new AutonamingOptions().setProposedName(proposedName).setMode(modes[mode]));
      }
      const answer = await call("check", message);
      const inputs = decodeStruct(answer.getInputs());
      return {
        inputs: known.secrets ? inputs : annotateSecrets(inputs, request.newInputs),
        failures: failuresOf(answer.getFailuresList()),
      };
    },

    async diff(request) {
      const known = await protocol();
      return diffOf(await call("diff", diffMessage(request, wire(known, true))));
    },

    async create(request) {
      const known = await protocol();
      // Not every provider knows previews; then the inputs are all that can be said, and the rest is unknown.
      if (request.preview && !known.preview) return { id: "", outputs: request.inputs };
      const message = addressed(new providerProto.CreateRequest(), request).setTimeout(request.timeoutSeconds);
      message.setPreview(request.preview).setProperties(encodeStruct(request.inputs, wire(known, request.preview)));
      try {
        const answer = await call("create", message);
        const outputs = decodeStruct(answer.getProperties());
        return { id: answer.getId(), outputs: completed(outputs, request.inputs, known) };
      } catch (error) {
        const outputsOf = (found: PropertyMap) => completed(found, request.inputs, known);
        throw partial(error, outputsOf, (found) => (found ? outputsOf(found) : request.inputs));
      }
    },

    async read(request) {
      const known = await protocol();
      const message = addressed(new providerProto.ReadRequest(), request).setId(request.id);
      message.setInputs(encodeStruct(elideContents(request.inputs), wire(known, false)));
      message.setProperties(encodeStruct(elideContents(request.outputs), wire(known, false)));
      const restored = (values: PropertyMap, old: PropertyMap): PropertyMap =>
        restoreContents(known.secrets ? values : annotateSecrets(values, old), request.inputs);
      const outputsOf = (found: PropertyMap) => restored(found, request.outputs);
      const inputsOf = (found?: PropertyMap) => (found ? restored(found, request.inputs) : request.inputs);
      try {
        const answer = await call("read", message);
        if (answer.getId() === "") return undefined;
        const inputs = answer.getInputs();
        return {
          id: answer.getId(),
          outputs: outputsOf(decodeStruct(answer.getProperties())),
          inputs: inputsOf(inputs && decodeStruct(inputs)),
        };
      } catch (error) {
        throw partial(error, outputsOf, inputsOf);
      }
    },

    async update(request) {
      const known = await protocol();
      if (request.preview && !known.preview) return request.newInputs;
      const message = addressed(new providerProto.UpdateRequest(), request).setId(request.id);
      message.setOldInputs(encodeStruct(elideContents(request.oldInputs), wire(known, false)));
      message.setOlds(encodeStruct(elideContents(request.oldOutputs), wire(known, false)));
      message.setNews(encodeStruct(request.newInputs, wire(known, request.preview)));
      message.setIgnorechangesList([...request.ignoreChanges]).setPreview(request.preview);
      message.setTimeout(request.timeoutSeconds);
      try {
        const answer = await call("update", message);
        return completed(decodeStruct(answer.getProperties()), request.newInputs, known);
      } catch (error) {
        const outputsOf = (found: PropertyMap) => completed(found, request.newInputs, known);
        throw partial(error, outputsOf, (found) => (found ? outputsOf(found) : request.newInputs), request.id);
      }
    },

    async delete(request) {
      const known = await protocol();
      const message = addressed(new providerProto.DeleteRequest(), request).setId(request.id);
      message.setOldInputs(encodeStruct(elideContents(request.inputs), wire(known, false)));
      message.setProperties(encodeStruct(elideContents(request.outputs), wire(known, false)));
      message.setTimeout(request.timeoutSeconds);
      await call("delete", message);
    },

    async invoke(token, args) {
      const known = await protocol();
      const message = new providerProto.InvokeRequest().setTok(token).setArgs(encodeStruct(args, wire(known, false)));
      const answer = await call("invoke", message);
      const result = decodeStruct(answer.getReturn());
      // Whatever a secret went into may show it.
      const tainted = !known.secrets && containsSecret(args);
      return {
        result: tainted ? makeSecret(result) : result,
        failures: failuresOf(answer.getFailuresList()),
      };
    },

    async cancel() {
      if (started === undefined) return;
      try {
        await call("cancel", new emptyProto.Empty());
      } catch (error) {
        if (!isUnimplemented(error)) throw error;
      }
    },

    async close() {
      const running = await started?.catch(() => undefined);
      started = Promise.reject(new Error(`the provider ${options.package} was closed`));
      started.catch(() => {});
      running?.client.close();
      await running?.process.stop();
    },
  };
}

/** Introduces the engine; `undefined` from a provider that knows no handshake and says what it understands later. */
function handshake(client: Client, engineAddress: string): Promise<Protocol | undefined> {
  const request = new providerProto.ProviderHandshakeRequest()
    .setEngineAddress(engineAddress)
    .setInvokeWithPreview(true);
  return new Promise((resolve, reject) => {
    client.handshake(request, (error, answer) => {
      if (error?.code === grpc.status.UNIMPLEMENTED) resolve(undefined);
      else if (error) reject(new PluginError(error));
      else
        resolve({
          secrets: answer.getAcceptSecrets(),
          resources: answer.getAcceptResources(),
          preview: true,
          autonaming: answer.getSupportsAutonamingConfiguration(),
        });
    });
  });
}

/** What a process said that ended; the connection is gone a moment before the process is. `undefined`: it lives. */
function lastWords(process: PluginProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), LAST_WORDS_MS);
    process.ended.then((words) => {
      clearTimeout(timer);
      resolve(words);
    });
  });
}

/** A provider's refusal: its own words as the message, the status kept for those who ask. */
class PluginError extends Error {
  readonly status: grpc.ServiceError;
  constructor(status: grpc.ServiceError) {
    super(status.details || status.message);
    this.status = status;
  }
}

function isUnimplemented(error: unknown): boolean {
  return error instanceof PluginError && error.status.code === grpc.status.UNIMPLEMENTED;
}

/** The failure to throw: a partial one when the status tells of a resource that exists all the same. */
function partial(
  error: unknown,
  outputsOf: (found: PropertyMap) => PropertyMap,
  inputsOf: (found?: PropertyMap) => PropertyMap,
  knownId?: string,
): unknown {
  if (!(error instanceof PluginError)) return error;
  for (const bytes of error.status.metadata.get("grpc-status-details-bin")) {
    if (typeof bytes === "string") continue;
    for (const detail of statusProto.Status.deserializeBinary(bytes).getDetailsList()) {
      if (detail.getTypeName() !== "pulumirpc.ErrorResourceInitFailed") continue;
      const failed = providerProto.ErrorResourceInitFailed.deserializeBinary(detail.getValue_asU8());
      const live = failed.getInputs();
      return new PartialFailure(
        knownId ?? failed.getId(),
        outputsOf(decodeStruct(failed.getProperties())),
        inputsOf(live && decodeStruct(live)),
        failed.getReasonsList(),
      );
    }
  }
  return error;
}

interface Addressed {
  setUrn(urn: string): unknown;
  setType(type: string): unknown;
  setName(name: string): unknown;
}

function addressed<Message extends Addressed>(message: Message, target: Target): Message {
  message.setUrn(target.urn);
  message.setType(target.type);
  message.setName(target.name);
  return message;
}

function checkMessage(request: CheckRequest, wire: WireOptions) {
  const message = addressed(new providerProto.CheckRequest(), request).setRandomseed(request.randomSeed);
  return message.setOlds(encodeStruct(request.oldInputs, wire)).setNews(encodeStruct(request.newInputs, wire));
}

function diffMessage(request: DiffRequest, wire: WireOptions) {
  const message = addressed(new providerProto.DiffRequest(), request).setId(request.id);
  message.setOldInputs(encodeStruct(elideContents(request.oldInputs), wire));
  message.setOlds(encodeStruct(elideContents(request.oldOutputs), wire));
  message.setNews(encodeStruct(elideContents(request.newInputs), wire));
  return message.setIgnorechangesList([...request.ignoreChanges]);
}

const UNKNOWN_DIFF: DiffResult = {
  changes: "unknown",
  replaces: [],
  stables: [],
  deleteBeforeReplace: false,
  diffs: [],
};
const CHANGES: Readonly<Record<number, DiffResult["changes"]>> = { 0: "unknown", 1: "none", 2: "some" };
const KINDS: readonly PropertyDiffKind[] = [
  "add",
  "add-replace",
  "delete",
  "delete-replace",
  "update",
  "update-replace",
];

function diffOf(answer: InstanceType<typeof providerProto.DiffResponse>): DiffResult {
  const detailed: Record<string, PropertyDiff> = {};
  for (const [path, diff] of answer.getDetaileddiffMap().entries()) {
    detailed[path as string] = { kind: KINDS[diff.getKind()] ?? "update", inputDiff: diff.getInputdiff() };
  }
  return {
    changes: CHANGES[answer.getChanges()] ?? "unknown",
    replaces: answer.getReplacesList(),
    stables: answer.getStablesList(),
    deleteBeforeReplace: answer.getDeletebeforereplace(),
    diffs: answer.getDiffsList(),
    ...(answer.getHasdetaileddiff() ? { detailedDiff: detailed } : {}),
  };
}

function failuresOf(failures: readonly { getProperty(): string; getReason(): string }[]): CheckFailure[] {
  return failures.map((failure) => ({ property: failure.getProperty(), reason: failure.getReason() }));
}
