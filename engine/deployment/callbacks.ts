// Runs functions of the program that the engine was given by name: transforms of resources and of invokes. A program
// serves them on an address of its own (the Callbacks service); one connection per address is kept until `close`.
//
// A transform that throws rejects with the program's own message.
import grpc from "@grpc/grpc-js";
import callbackRpc from "@pulumi/pulumi/proto/callback_grpc_pb.js";
import type { Callback } from "@pulumi/pulumi/proto/callback_pb.js";
import callbackProto from "@pulumi/pulumi/proto/callback_pb.js";
import type { TransformInvokeOptions, TransformResourceOptions } from "@pulumi/pulumi/proto/resource_pb.js";
import resourceProto from "@pulumi/pulumi/proto/resource_pb.js";
import type { PropertyMap } from "../values.ts";
import { CHANNEL_OPTIONS } from "./channel.ts";
import { decodeStruct, encodeStruct, type WireOptions } from "./wire.ts";

const WIRE: WireOptions = { keepUnknowns: true, keepSecrets: true, keepResources: true, keepOutputs: true };

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
  close(): void;
}

/** Opens no connection before the first call. */
export function createCallbacks(): Callbacks {
  const clients = new Map<string, InstanceType<typeof callbackRpc.CallbacksClient>>();

  const call = (callback: Callback, request: Uint8Array): Promise<Uint8Array> => {
    const target = callback.getTarget();
    let client = clients.get(target);
    if (client === undefined) {
      client = new callbackRpc.CallbacksClient(target, grpc.credentials.createInsecure(), CHANNEL_OPTIONS);
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
      request.setProperties(encodeStruct(given.properties, WIRE));
      request.setOptions(given.options);
      const answer = resourceProto.TransformResponse.deserializeBinary(await call(callback, request.serializeBinary()));
      const properties = answer.getProperties();
      return {
        properties: properties === undefined ? given.properties : decodeStruct(properties, WIRE),
        options: answer.getOptions() ?? given.options,
      };
    },
    async transformInvoke(callback, token, given) {
      const request = new resourceProto.TransformInvokeRequest();
      request.setToken(token);
      request.setArgs(encodeStruct(given.properties, WIRE));
      request.setOptions(given.options);
      const bytes = await call(callback, request.serializeBinary());
      const answer = resourceProto.TransformInvokeResponse.deserializeBinary(bytes);
      const properties = answer.getArgs();
      return {
        properties: properties === undefined ? given.properties : decodeStruct(properties, WIRE),
        options: answer.getOptions() ?? given.options,
      };
    },
    close() {
      for (const client of clients.values()) client.close();
      clients.clear();
    },
  };
}
