// Runs functions of the program that the engine was given by name: transforms of resources and of invokes, hooks. A program
// serves them on an address of its own (the Callbacks service); one connection per address is kept until `close`.
//
// A transform that throws rejects with the program's own message.
import grpc from "@grpc/grpc-js";
import callbackRpc from "@pulumi/pulumi/proto/callback_grpc_pb.js";
import type { Callback } from "@pulumi/pulumi/proto/callback_pb.js";
import callbackProto from "@pulumi/pulumi/proto/callback_pb.js";
import type {
  ErrorHookRequest,
  ResourceHookRequest,
  TransformInvokeOptions,
  TransformResourceOptions,
} from "@pulumi/pulumi/proto/resource_pb.js";
import resourceProto from "@pulumi/pulumi/proto/resource_pb.js";
import type { PropertyMap } from "../values.ts";
import { CLIENT_OPTIONS } from "./channel.ts";
import type { HookCall, StateMigration } from "./source.ts";
import { decodeStruct, encodeStruct, KEEP } from "./wire.ts";

/** What a transform may change. */
export interface Transformed<Options> {
  readonly properties: PropertyMap;
  readonly options: Options;
}

/** The resource a transform looks at. */
export interface TransformSubject {
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  readonly parent: string;
}

export interface Callbacks {
  transformResource(
    callback: Callback,
    subject: TransformSubject,
    given: Transformed<TransformResourceOptions>,
  ): Promise<Transformed<TransformResourceOptions>>;
  transformInvoke(
    callback: Callback,
    token: string,
    given: Transformed<TransformInvokeOptions>,
  ): Promise<Transformed<TransformInvokeOptions>>;
  /** Rejects with what the program's function threw. */
  runHook(callback: Callback, call: HookCall): Promise<void>;
  /** Resolves to whether the operation is to be tried again. */
  runErrorHook(callback: Callback, call: HookCall, operation: string, failures: readonly string[]): Promise<boolean>;
  /** Resolves to the new states and what took whose place; undefined when all is to stay. */
  migrateState(callback: Callback, urn: string, states: string): ReturnType<StateMigration>;
  close(): void;
}

function describe<T extends ResourceHookRequest | ErrorHookRequest>(request: T, told: HookCall): T {
  request.setUrn(told.urn).setId(told.id).setName(told.name).setType(told.type);
  if (told.newInputs) request.setNewInputs(encodeStruct(told.newInputs, KEEP));
  if (told.oldInputs) request.setOldInputs(encodeStruct(told.oldInputs, KEEP));
  if (told.oldOutputs) request.setOldOutputs(encodeStruct(told.oldOutputs, KEEP));
  return request;
}

/** Opens no connection before the first call. */
export function createCallbacks(): Callbacks {
  const clients = new Map<string, InstanceType<typeof callbackRpc.CallbacksClient>>();

  const call = (callback: Callback, request: Uint8Array): Promise<Uint8Array> => {
    const target = callback.getTarget();
    let client = clients.get(target);
    if (client === undefined) {
      client = new callbackRpc.CallbacksClient(target, grpc.credentials.createInsecure(), CLIENT_OPTIONS);
      clients.set(target, client);
    }
    const message = new callbackProto.CallbackInvokeRequest();
    message.setToken(callback.getToken());
    message.setRequest(request);
    const connected = client;
    return new Promise((resolve, reject) => {
      connected.invoke(message, (error, response) => {
        if (error) reject(new Error(error.details || error.message));
        else resolve(response.getResponse_asU8());
      });
    });
  };

  return {
    async transformResource(callback, subject, given) {
      const request = new resourceProto.TransformRequest();
      request.setType(subject.type);
      request.setName(subject.name);
      request.setCustom(subject.custom);
      request.setParent(subject.parent);
      request.setProperties(encodeStruct(given.properties, KEEP));
      request.setOptions(given.options);
      const answer = resourceProto.TransformResponse.deserializeBinary(await call(callback, request.serializeBinary()));
      const properties = answer.getProperties();
      return {
        properties: properties === undefined ? given.properties : decodeStruct(properties, { keepOutputs: true }),
        options: answer.getOptions() ?? given.options,
      };
    },
    async transformInvoke(callback, token, given) {
      const request = new resourceProto.TransformInvokeRequest();
      request.setToken(token);
      request.setArgs(encodeStruct(given.properties, KEEP));
      request.setOptions(given.options);
      const bytes = await call(callback, request.serializeBinary());
      const answer = resourceProto.TransformInvokeResponse.deserializeBinary(bytes);
      const properties = answer.getArgs();
      return {
        properties: properties === undefined ? given.properties : decodeStruct(properties),
        options: answer.getOptions() ?? given.options,
      };
    },
    async runHook(callback, told) {
      const request = describe(new resourceProto.ResourceHookRequest(), told);
      if (told.newOutputs) request.setNewOutputs(encodeStruct(told.newOutputs, KEEP));
      const answer = resourceProto.ResourceHookResponse.deserializeBinary(
        await call(callback, request.serializeBinary()),
      );
      if (answer.getError() !== "") throw new Error(answer.getError());
    },
    async runErrorHook(callback, told, operation, failures) {
      const request = describe(new resourceProto.ErrorHookRequest(), told);
      request.setFailedOperation(operation).setErrorsList([...failures]);
      const answer = resourceProto.ErrorHookResponse.deserializeBinary(await call(callback, request.serializeBinary()));
      if (answer.getError() !== "") throw new Error(answer.getError());
      return answer.getRetry();
    },
    async migrateState(callback, urn, states) {
      const request = new resourceProto.StateMigrationRequest();
      request.setUrn(urn).setOldState(Buffer.from(states));
      const bytes = await call(callback, request.serializeBinary());
      const answer = resourceProto.StateMigrationResponse.deserializeBinary(bytes);
      const fresh = Buffer.from(answer.getNewState_asU8()).toString("utf8");
      if (fresh === "") return undefined;
      return { states: fresh, successors: new Map(answer.getSuccessorsMap().entries() as Iterable<[string, string]>) };
    },
    close() {
      for (const client of clients.values()) client.close();
      clients.clear();
    },
  };
}
