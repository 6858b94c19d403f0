// The provider of `pulumi-nodejs:dynamic:Resource`: the SDK's own server for dynamic providers, found from the project
// and run as a child process, one for each configured provider. The classes a program wrote travel to it as text in
// the property `__provider`.
import path from "node:path";
import type { ProgramLog } from "../deployment/source.ts";
import { startChild } from "../language/child.ts";
import { lineReader } from "../language/lines.ts";
import { findSdk } from "../language/node.ts";
import { createPluginProvider, type PluginProcess } from "./plugin.ts";
import type { Provider } from "./provider.ts";

export interface DynamicOptions {
  /** Folder the program runs in, absolute: the SDK is found from it, and the child works there. */
  readonly programDirectory: string;
  readonly project: string;
  /** `runtime.options` of Pulumi.yaml; handed down as `PULUMI_RUNTIME_<NAME>`. */
  readonly runtimeOptions: Readonly<Record<string, unknown>>;
  /** The complete environment of the child. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the server would reach the Engine service; asked when it is started. */
  readonly engineAddress: () => Promise<string>;
  readonly log: ProgramLog;
}

/** How long the child may take to end when it is told to, in milliseconds. */
const GRACE_MS = 2000;

const QUOTED_LINES = 20;

/** Gives a running server for these options, started with `startDynamic` or kept from before. */
export type DynamicProcessSource = (options: DynamicOptions) => Promise<PluginProcess>;

/** The provider; its process starts with the first call that needs it. */
export function createDynamicProvider(options: DynamicOptions, start: DynamicProcessSource = startDynamic): Provider {
  const provider = createPluginProvider({
    package: "pulumi-nodejs",
    version: undefined,
    engineAddress: options.engineAddress,
    start: () => start(options),
  });
  return {
    ...provider,
    // The server implements neither; asking would cost the start of a process that a run may not need.
    checkConfig: async ({ newInputs }) => ({ inputs: newInputs, failures: [] }),
    diffConfig: async () => ({ changes: "unknown", replaces: [], stables: [], deleteBeforeReplace: false, diffs: [] }),
  };
}

/** Starts the server and waits for the port, which is the first line it prints. */
export async function startDynamic(options: DynamicOptions): Promise<PluginProcess> {
  const runtime = Object.entries(options.runtimeOptions).map(([name, value]) => [
    `PULUMI_RUNTIME_${name.toUpperCase()}`,
    String(value),
  ]);
  const child = startChild({
    nodeArguments: [],
    script: findSdk(options.programDirectory, path.posix.join("cmd", "dynamic-provider")),
    arguments: [await options.engineAddress()],
    cwd: options.programDirectory,
    env: {
      ...options.env,
      ...Object.fromEntries(runtime),
      PULUMI_NODEJS_PROJECT: options.project,
      PULUMI_PROJECT: options.project,
    },
  });
  const tail: string[] = [];
  const listening = Promise.withResolvers<string>();
  let port: string | undefined;
  const stdout = lineReader((line) => {
    if (port !== undefined) return options.log.log("info", line, "", false);
    port = line.trim();
    listening.resolve(port);
  });
  const stderr = lineReader((line) => {
    tail.push(line);
    if (tail.length > QUOTED_LINES) tail.shift();
    options.log.log("info#err", line, "", false);
  });
  child.stdout.on("data", stdout.push).on("error", () => {});
  child.stderr.on("data", stderr.push).on("error", () => {});
  const ended = child.ended.then(
    (end) => {
      stdout.end();
      stderr.end();
      const how = end.type === "exit" ? `exited with code ${end.code}` : `was ended by ${end.signal}`;
      const quoted = tail.length === 0 ? "" : `\n${tail.join("\n")}`;
      return `the process of the dynamic providers ${how}${quoted}`;
    },
    (error: Error) => error.message,
  );
  ended.then((words) => listening.reject(new Error(words)));
  const answer = await listening.promise;
  if (!/^\d+$/.test(answer)) {
    child.stop(0, 0);
    throw new Error(`the process of the dynamic providers printed "${answer}" where its port was expected`);
  }
  return {
    address: `127.0.0.1:${answer}`,
    ended,
    async stop() {
      child.stop(0, GRACE_MS);
      await ended;
    },
  };
}
