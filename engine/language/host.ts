// Serves a program to the official CLI as a language host of ours (`--client=127.0.0.1:<port>`; pulumi/pulumi:
// proto/pulumi/language.proto): the CLI then starts no host of its own, and the program may come from a pool of children
// that wait. The other direction of inline.ts.
//
// The CLI asks such a host for nothing but `Run` and what it may answer empty. It names no plugins: they must be there
// before. A run whose caller goes away (an interrupt, a CLI that was killed) is ended.
import grpc from "@grpc/grpc-js";
import languageRpc from "@pulumi/pulumi/proto/language_grpc_pb.js";
import languageProto from "@pulumi/pulumi/proto/language_pb.js";
import pluginProto from "@pulumi/pulumi/proto/plugin_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import { SERVER_OPTIONS } from "../deployment/channel.ts";
import type { Program, ProgramLog } from "../deployment/source.ts";

type RunRequest = InstanceType<typeof languageProto.RunRequest>;
type RunResponse = InstanceType<typeof languageProto.RunResponse>;

export interface ServedProgram {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  /** Ends what runs and stops serving. */
  close(): Promise<void>;
}

/** What a served program is told beside the request. */
export interface ServeOptions {
  readonly program: Program;
  /** The only stack it is served for: the port is open to every process of the machine. */
  readonly stack: string;
  readonly log: Pick<ProgramLog, "print">;
}

/** Serves a program on a free port. */
export async function serveProgram({ program, stack, log }: ServeOptions): Promise<ServedProgram> {
  const server = new grpc.Server(SERVER_OPTIONS);
  const closing = new AbortController();
  const running = new Set<Promise<void>>();

  async function run(
    call: grpc.ServerUnaryCall<RunRequest, RunResponse>,
    answer: grpc.sendUnaryData<RunResponse>,
  ): Promise<void> {
    const request = call.request;
    const response = new languageProto.RunResponse();
    const ended = new AbortController();
    call.on("cancelled", () => ended.abort());
    try {
      if (request.getStack() !== stack)
        throw new Error(`the program is served for ${stack}, not ${request.getStack()}`);
      const end = await program.run(
        {
          organization: request.getOrganization(),
          project: request.getProject(),
          stack,
          config: Object.fromEntries(request.getConfigMap().toObject(true) as [string, string][]),
          secretKeys: request.getConfigsecretkeysList(),
          dryRun: request.getDryrun(),
          parallel: request.getParallel(),
          monitorAddress: request.getMonitorAddress(),
          // The engine's own address is the first argument of every language host.
          engineAddress: request.getArgsList()[0] ?? "",
          rootDirectory: request.getInfo()?.getRootDirectory() ?? "",
          signal: AbortSignal.any([ended.signal, closing.signal]),
        },
        { log: () => {}, print: log.print },
      );
      if (end.type === "bail") response.setBail(true);
      else if (end.type === "error") response.setError(end.message);
    } catch (error) {
      response.setError(error instanceof Error ? error.message : String(error));
    }
    answer(null, response);
  }

  const methods: Partial<grpc.UntypedServiceImplementation> = {
    run(call: grpc.ServerUnaryCall<RunRequest, RunResponse>, answer: grpc.sendUnaryData<RunResponse>) {
      const work = run(call, answer).finally(() => running.delete(work));
      running.add(work);
    },
    about: (_: unknown, answer: grpc.sendUnaryData<unknown>) => answer(null, new languageProto.AboutResponse()),
    getRequiredPackages: (_: unknown, answer: grpc.sendUnaryData<unknown>) =>
      answer(null, new languageProto.GetRequiredPackagesResponse()),
    getRequiredPlugins: (_: unknown, answer: grpc.sendUnaryData<unknown>) =>
      answer(null, new languageProto.GetRequiredPluginsResponse()),
    getPluginInfo: (_: unknown, answer: grpc.sendUnaryData<unknown>) => answer(null, new pluginProto.PluginInfo()),
    cancel(_: unknown, answer: grpc.sendUnaryData<unknown>) {
      closing.abort();
      answer(null, new emptyProto.Empty());
    },
  };
  server.addService(languageRpc.LanguageRuntimeService, methods as grpc.UntypedServiceImplementation);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  return {
    address: `127.0.0.1:${port}`,
    async close() {
      closing.abort();
      await Promise.allSettled(running);
      server.forceShutdown();
    },
  };
}
