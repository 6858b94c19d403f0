// Connections of the engine, where a port is used twice in one process.
import grpc from "@grpc/grpc-js";
import engineRpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineProto from "@pulumi/pulumi/proto/engine_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import { expect, it } from "vitest";
import { CLIENT_OPTIONS, listen, SERVER_OPTIONS } from "../../../engine/deployment/channel.ts";

type Engine = InstanceType<typeof engineRpc.EngineClient>;

const serve = (address: string): Promise<grpc.Server> => {
  const server = new grpc.Server(SERVER_OPTIONS);
  const log: grpc.handleUnaryCall<unknown, unknown> = (_, reply) => reply(null, new emptyProto.Empty());
  server.addService(engineRpc.EngineService, { log } as unknown as grpc.UntypedServiceImplementation);
  return new Promise((resolve, reject) => {
    server.bindAsync(address, grpc.ServerCredentials.createInsecure(), (error) => {
      if (error) reject(error);
      else resolve(server);
    });
  });
};
const connect = (address: string, options: grpc.ChannelOptions): Engine =>
  new engineRpc.EngineClient(address, grpc.credentials.createInsecure(), options);
const call = (client: Engine): Promise<string> =>
  new Promise((resolve) => client.log(new engineProto.LogRequest(), (error) => resolve(error?.details ?? "answered")));

it("reaches a server on the port of one that died, whatever other clients made of that one", async () => {
  const first = new grpc.Server();
  const address = await listen(first);
  first.forceShutdown();
  const { "grpc.use_local_subchannel_pool": _, ...sharing } = CLIENT_OPTIONS;
  const left = connect(address, sharing);
  expect(await call(left)).toMatch(/ECONNREFUSED|No connection established/);

  const server = await serve(address);
  // What this is about: a client that shares connections is refused for the dead server's sake.
  const shared = connect(address, sharing);
  expect(await call(shared)).toMatch(/No connection established/);
  const own = connect(address, CLIENT_OPTIONS);
  expect(await call(own)).toBe("answered");
  for (const client of [left, shared, own]) client.close();
  server.forceShutdown();
});

it("listens on no port it gave lately, unless there is no other", async () => {
  const server = (ports: number[]) => {
    const unbound: string[] = [];
    const bindAsync = (_: string, __: unknown, done: (error: Error | null, port: number) => void) =>
      done(null, ports.length > 1 ? ports.shift()! : ports[0]!);
    const unbind = (address: string) => void unbound.push(address);
    return { unbound, bindAsync, unbind } as { unbound: string[] } & Pick<grpc.Server, "bindAsync" | "unbind">;
  };
  expect(await listen(server([1]))).toBe("127.0.0.1:1");
  const second = server([1, 1, 2]);
  expect(await listen(second)).toBe("127.0.0.1:2");
  expect(second.unbound).toEqual(["127.0.0.1:1", "127.0.0.1:1"]);
  expect(await listen(server([1]))).toBe("127.0.0.1:1");
});
