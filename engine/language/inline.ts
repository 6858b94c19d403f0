// Runs a program that somebody else holds: the Automation API serves an inline program as a language runtime of its own
// and gives the address (`--client=127.0.0.1:<port>`). One Run call is one run of the program.
import grpc from "@grpc/grpc-js";
import languageRpc from "@pulumi/pulumi/proto/language_grpc_pb.js";
import languageProto from "@pulumi/pulumi/proto/language_pb.js";
import structProto from "google-protobuf/google/protobuf/struct_pb.js";
import { CLIENT_OPTIONS } from "../deployment/channel.ts";
import type { Program, ProgramEnd } from "../deployment/source.ts";

/**
 * The program served at `address`.
 *
 * `run` rejects when nobody answers there. When cancelled it stops waiting at once: the program runs in a process that
 * is not ours to end, and ends by itself when its monitor is gone.
 */
export function inlineProgram(address: string): Program {
  return {
    run(info) {
      const about = new languageProto.ProgramInfo();
      about.setRootDirectory(info.rootDirectory).setProgramDirectory(info.rootDirectory).setEntryPoint(".");
      about.setOptions(new structProto.Struct());
      const request = new languageProto.RunRequest();
      request.setOrganization(info.organization).setProject(info.project).setStack(info.stack);
      request.setPwd(info.rootDirectory).setProgram(".").setInfo(about);
      request.setDryrun(info.dryRun).setParallel(info.parallel).setMonitorAddress(info.monitorAddress);
      // The server reads the engine's address from the first argument.
      request.setArgsList([info.engineAddress]).setConfigsecretkeysList([...info.secretKeys]);
      for (const [key, value] of Object.entries(info.config)) request.getConfigMap().set(key, value);

      const client = new languageRpc.LanguageRuntimeClient(address, grpc.credentials.createInsecure(), CLIENT_OPTIONS);
      return new Promise<ProgramEnd>((resolve, reject) => {
        if (info.signal.aborted) return resolve(CANCELLED);
        const call = client.run(request, (error, answer) => {
          info.signal.removeEventListener("abort", stop);
          client.close();
          if (info.signal.aborted) resolve(CANCELLED);
          else if (error?.code === grpc.status.UNAVAILABLE) {
            reject(new Error(`no program answers at ${address}: ${error.details}`));
          } else if (error) resolve({ type: "error", message: error.details || error.message });
          else if (answer.getBail()) resolve({ type: "bail" });
          else if (answer.getError() !== "") resolve({ type: "error", message: answer.getError() });
          else resolve({ type: "ok" });
        });
        const stop = () => call.cancel();
        info.signal.addEventListener("abort", stop, { once: true });
      });
    },
  };
}

const CANCELLED: ProgramEnd = { type: "error", message: "the program was left because the deployment was cancelled" };
