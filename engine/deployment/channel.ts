// How every gRPC connection of the engine is set up, and how a server of ours answers a call.
import grpc from "@grpc/grpc-js";
import { DeploymentStopped } from "./errors.ts";

/** 400 MiB a message, as the official engine allows (pulumi/pulumi: sdk/nodejs/runtime/settings.ts). */
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

/** Options of our servers; `grpc.max_send` is unlimited by default. */
export const SERVER_OPTIONS: grpc.ServerOptions = {
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  // Where a request waits while our event loop is busy. The default of 30 s would cancel it.
  "grpc.server_max_unrequested_time_in_server": 30 * 60,
};

/**
 * Options of our clients. Each keeps its connections to itself: all others of a process share them by address, and with them
 * the state of one that failed. A server that is given the port of a dead one would be refused for its sake, unasked.
 */
export const CLIENT_OPTIONS: grpc.ChannelOptions = {
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.use_local_subchannel_pool": 1,
};

/** A refusal or failure with a gRPC status of its own; any other error answers UNKNOWN with its message. */
export class RpcError extends Error {
  readonly code: grpc.status;
  constructor(code: grpc.status, message: string) {
    super(message);
    this.code = code;
  }
}

/** An error that names what the embedded engine does not do. */
export function unsupported(what: string): RpcError {
  return new RpcError(grpc.status.UNIMPLEMENTED, `${what} not supported by the embedded engine`);
}

/** Makes an async function a unary handler: a rejection becomes a status whose details are the message, no stack. */
export function unary<Request, Response>(
  answer: (request: Request) => Promise<Response> | Response,
): grpc.handleUnaryCall<Request, Response> {
  return (call, reply) => {
    Promise.resolve()
      .then(() => answer(call.request))
      .then(
        (response) => reply(null, response),
        (error: unknown) => {
          const code = codeOf(error);
          reply({ code, details: error instanceof Error ? error.message : String(error) });
        },
      );
  };
}

function codeOf(error: unknown): grpc.status {
  if (error instanceof RpcError) return error.code;
  // The SDK takes UNAVAILABLE as the end of the deployment, not as an error to show.
  return error instanceof DeploymentStopped ? grpc.status.UNAVAILABLE : grpc.status.UNKNOWN;
}

/** Ports that `listen` gave lately, the oldest first. */
const given = new Set<number>();
const remembered = 10_000;
const attempts = 16;

/**
 * Listens on a free port of the loopback interface and resolves to `127.0.0.1:<port>`. Not on one it gave lately: the SDK's
 * clients of an inline program are in this process, and share connections by address (see CLIENT_OPTIONS).
 */
export async function listen(server: Pick<grpc.Server, "bindAsync" | "unbind">): Promise<string> {
  const passedOver: number[] = [];
  let port = await bind(server);
  while (given.has(port) && passedOver.length < attempts) {
    passedOver.push(port);
    port = await bind(server);
  }
  for (const one of passedOver) server.unbind(addressOf(one));
  given.delete(port);
  given.add(port);
  for (const oldest of given) {
    if (given.size <= remembered) break;
    given.delete(oldest);
  }
  return addressOf(port);
}

const addressOf = (port: number): string => `127.0.0.1:${port}`;

function bind(server: Pick<grpc.Server, "bindAsync">): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(addressOf(0), grpc.ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}
