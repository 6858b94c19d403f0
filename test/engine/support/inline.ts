// Runs a program that is a function, in this process, the way the Automation API does: its language server on one side,
// our client of it on the other, and a scripted deployment in between. A run takes milliseconds.
import grpc from "@grpc/grpc-js";
import type { PulumiFn } from "@pulumi/pulumi/automation/index.js";
import serverModule from "@pulumi/pulumi/automation/server.js";
import languageRpc from "@pulumi/pulumi/proto/language_grpc_pb.js";
import { listen } from "../../../engine/deployment/channel.ts";
import { inlineProgram } from "../../../engine/language/inline.ts";
import { type Ran, type RunOptions, runProgram } from "./project.ts";

/** The SDK's own; marked internal, so its typings leave it out. */
const { LanguageServer } = serverModule as unknown as {
  LanguageServer: new (program: PulumiFn) => grpc.UntypedServiceImplementation;
};

export async function runInline(program: PulumiFn, options: RunOptions = {}): Promise<Ran> {
  const server = new grpc.Server();
  const implementation = new LanguageServer(program);
  // Methods of a class are not enumerable enough for a type, but for gRPC they are.
  server.addService(languageRpc.LanguageRuntimeService, implementation);
  const address = await listen(server);
  try {
    const directory = process.cwd();
    return await runProgram(inlineProgram(address), directory, directory, options);
  } finally {
    server.forceShutdown();
  }
}
