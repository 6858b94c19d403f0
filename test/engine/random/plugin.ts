// Starts the real `random` plugin from PATH and sends it calls over gRPC, as Pulumi's own engine does: without secrets,
// because the plugin answers Configure with `acceptSecrets: false`. Used to record what it answers, and by the live test.
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { credentials } from "@grpc/grpc-js";
import type plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { type Answer, type Call, type Respond, urn } from "./call.ts";
import type { JsonObject } from "./wire.ts";

const NAME = "pulumi-resource-random";
const changeNames = ["unknown", "none", "some"];

/** The plugin's path, or undefined when it is not on PATH. */
export function findPlugin(): string | undefined {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const file = join(folder, NAME);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not here: look on
    }
  }
  return undefined;
}

export interface Plugin {
  readonly version: string;
  readonly respond: Respond;
  stop(): void;
}

/** A plugin that is started again after a call that ended it with a panic; that call's answer is the error "panic". */
export async function startLastingPlugin(path: string): Promise<Plugin> {
  let current = await startPlugin(path);
  return {
    version: current.version,
    async respond(call) {
      const answer = await current.respond(call);
      if (!("error" in answer) || !answer.error.startsWith("14 UNAVAILABLE")) return answer;
      current.stop();
      current = await startPlugin(path);
      return { error: "panic" };
    },
    stop: () => current.stop(),
  };
}

export async function startPlugin(path: string): Promise<Plugin> {
  const child = spawn(path, ["127.0.0.1:0"], { stdio: ["ignore", "pipe", "ignore"] });
  const port = await firstLine(child);
  const client = new services.ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
  const configure = new messages.ConfigureRequest();
  configure.setAcceptsecrets(true);
  configure.setAcceptresources(true);
  configure.setArgs(toStruct({}));
  await answered<messages.ConfigureResponse>((done) => client.configure(configure, done));
  const info = await answered<plugin.PluginInfo>((done) => client.getPluginInfo(new empty.Empty(), done));

  async function answer(call: Call): Promise<Answer> {
    switch (call.method) {
      case "check": {
        const request = new messages.CheckRequest();
        request.setUrn(urn(call.resource));
        request.setOlds(toStruct(call.oldInputs ?? {}));
        request.setNews(toStruct(call.inputs));
        const response = await answered<messages.CheckResponse>((done) => client.check(request, done));
        const failures = response.getFailuresList().map((f) => f.getReason());
        return { inputs: fromStruct(response.getInputs()), failures };
      }
      case "diff": {
        const request = new messages.DiffRequest();
        request.setUrn(urn(call.resource));
        request.setId(call.id ?? "");
        request.setOlds(toStruct(call.oldOutputs ?? {}));
        request.setOldInputs(toStruct(call.oldInputs ?? {}));
        request.setNews(toStruct(call.inputs));
        request.setIgnorechangesList([...(call.ignoreChanges ?? [])]);
        const response = await answered<messages.DiffResponse>((done) => client.diff(request, done));
        return {
          changes: changeNames[response.getChanges()]!,
          replaces: response.getReplacesList(),
          diffs: response.getDiffsList(),
          detailed: response.getHasdetaileddiff(),
        };
      }
      case "preview":
      case "create": {
        const request = new messages.CreateRequest();
        request.setUrn(urn(call.resource));
        request.setProperties(toStruct(call.inputs));
        request.setPreview(call.method === "preview");
        const response = await answered<messages.CreateResponse>((done) => client.create(request, done));
        return { id: response.getId(), outputs: fromStruct(response.getProperties()) };
      }
      case "read": {
        const request = new messages.ReadRequest();
        request.setUrn(urn(call.resource));
        request.setId(call.id ?? "");
        request.setProperties(toStruct(call.oldOutputs ?? {}));
        request.setInputs(toStruct(call.inputs));
        const response = await answered<messages.ReadResponse>((done) => client.read(request, done));
        return {
          id: response.getId(),
          outputs: fromStruct(response.getProperties()),
          readInputs: fromStruct(response.getInputs()),
        };
      }
      case "update-preview":
      case "update": {
        const request = new messages.UpdateRequest();
        request.setUrn(urn(call.resource));
        request.setId(call.id ?? "");
        request.setOlds(toStruct(call.oldOutputs ?? {}));
        request.setOldInputs(toStruct(call.oldInputs ?? {}));
        request.setNews(toStruct(call.inputs));
        request.setIgnorechangesList([...(call.ignoreChanges ?? [])]);
        request.setPreview(call.method === "update-preview");
        const response = await answered<messages.UpdateResponse>((done) => client.update(request, done));
        return { outputs: fromStruct(response.getProperties()) };
      }
    }
  }

  return {
    version: info.getVersion(),
    respond: (call) => answer(call).catch((error: Error) => ({ error: error.message })),
    stop() {
      client.close();
      child.kill();
    },
  };
}

/** The answer to one call: grpc-js takes a callback. */
function answered<Response>(
  send: (done: (error: Error | null, response: Response) => void) => unknown,
): Promise<Response> {
  return new Promise((resolve, reject) => send((error, response) => (error ? reject(error) : resolve(response))));
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the plugin ended with code ${code} before it printed its port`)));
    child.stdout!.once("data", (data: Buffer) => resolve(data.toString().trim()));
  });
}

function toStruct(value: JsonObject): struct.Struct {
  return struct.Struct.fromJavaScript(value);
}

function fromStruct(value: struct.Struct | undefined): JsonObject {
  return (value?.toJavaScript() ?? {}) as JsonObject;
}
