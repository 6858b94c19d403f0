// The Engine service: what a program tells the engine beside its resources. Messages go to the deployment's log; the
// root resource is remembered for older copies of the SDK in the same program; a demand for a version is checked
// against the version this engine answers for.
import grpc from "@grpc/grpc-js";
import type { IEngineServer } from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineRpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineProto from "@pulumi/pulumi/proto/engine_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import { reasonOf } from "../state/error.ts";
import { requireVersion } from "../state/versionRange.ts";
import { listen, RpcError, SERVER_OPTIONS, unary, unsupported } from "./channel.ts";
import type { ProgramLog, Severity } from "./source.ts";

const SEVERITIES: Readonly<Record<number, Severity>> = {
  [engineProto.LogSeverity.DEBUG]: "debug",
  [engineProto.LogSeverity.INFO]: "info",
  [engineProto.LogSeverity.WARNING]: "warning",
  [engineProto.LogSeverity.ERROR]: "error",
};

/** The handlers; one object serves one deployment. `version` is the Pulumi version the engine stands for. */
export function engineService(log: ProgramLog, version: string): IEngineServer {
  let root = "";
  return {
    log: unary((request) => {
      const severity = SEVERITIES[request.getSeverity()] ?? "info";
      log.log(severity, request.getMessage(), request.getUrn(), request.getEphemeral());
      return new emptyProto.Empty();
    }),
    getRootResource: unary(() => new engineProto.GetRootResourceResponse().setUrn(root)),
    setRootResource: unary((request) => {
      root = request.getUrn();
      return new engineProto.SetRootResourceResponse();
    }),
    startDebugging: unary(() => {
      throw unsupported("debugging a program is");
    }),
    requirePulumiVersion: unary((request) => {
      try {
        requireVersion(version, request.getPulumiVersionRange());
      } catch (thrown) {
        throw new RpcError(grpc.status.FAILED_PRECONDITION, reasonOf(thrown));
      }
      return new engineProto.RequirePulumiVersionResponse();
    }),
  };
}

/** An Engine service by itself, for providers in processes of their own. */
export interface EngineServer {
  /** `127.0.0.1:<port>`. */
  readonly address: string;
  close(): void;
}

export async function startEngineServer(log: ProgramLog, version: string): Promise<EngineServer> {
  const server = new grpc.Server(SERVER_OPTIONS);
  server.addService(engineRpc.EngineService, engineService(log, version));
  return { address: await listen(server), close: () => server.forceShutdown() };
}
