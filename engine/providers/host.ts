// Chooses the provider of a package: the one built in, dynamic providers, our own `random`, the sandbox's `gcp` and
// `kubernetes`, and a real plugin for a package that the engine's options name. Everything else is refused by name.
//
// A sandbox starts no plugin that its options do not name, and no plugin of a package that it serves itself, whatever
// is installed on the machine. Modules of providers are loaded when a stack first needs them.
import type { ProgramLog } from "../deployment/source.ts";
import type { EngineOptions } from "../index.ts";
import { createDynamicProvider } from "./dynamic.ts";
import { createPluginProvider } from "./plugin.ts";
import { findPlugin, startPlugin } from "./pluginProcess.ts";
import type { Provider, ProviderHost } from "./provider.ts";
import { type BuiltinOptions, createBuiltinProvider } from "./stackReference.ts";

export interface ProviderHostOptions {
  readonly engine: Pick<EngineOptions, "env" | "sandbox" | "plugins" | "predictions">;
  readonly project: string;
  readonly stack: string;
  /** Folder the program runs in, absolute. */
  readonly programDirectory: string;
  /** `runtime.options` of Pulumi.yaml. */
  readonly runtimeOptions: Readonly<Record<string, unknown>>;
  readonly dryRun: boolean;
  readonly stacks: BuiltinOptions["stacks"];
  readonly lookup: BuiltinOptions["lookup"];
  /** Where providers in processes of their own reach the Engine service. */
  readonly engineAddress: string;
  readonly log: ProgramLog;
}

const SANDBOXED = ["gcp", "kubernetes"] as const;

/** `load` gives a new provider each time: every provider resource has a configuration of its own. */
export function createProviderHost(options: ProviderHostOptions): ProviderHost {
  const { env, sandbox, plugins = [], predictions } = options.engine;
  const loaded: Provider[] = [];

  const create = async (name: string, version: string | undefined): Promise<Provider> => {
    if (name === "pulumi") {
      const { stacks, dryRun, lookup } = options;
      return createBuiltinProvider({ stacks, dryRun, lookup, ...(predictions === undefined ? {} : { predictions }) });
    }
    if (name === "pulumi-nodejs") {
      const { programDirectory, project, runtimeOptions, engineAddress, log } = options;
      return createDynamicProvider({ programDirectory, project, runtimeOptions, env, engineAddress, log });
    }
    const sandboxed = SANDBOXED.find((known) => known === name);
    if (sandboxed !== undefined) {
      if (sandbox === undefined) throw new Error(`the embedded engine serves ${name} only in a sandbox environment`);
      const { createSandboxProvider } = await import("./sandbox/provider.ts");
      const { directory } = sandbox;
      return createSandboxProvider(sandboxed, {
        directory,
        stack: options.stack,
        ...(version === undefined ? {} : { version }),
      });
    }
    if (plugins.includes(name)) {
      const file = await findPlugin(name, version, env);
      return createPluginProvider({
        package: name,
        version,
        engineAddress: options.engineAddress,
        start: () => startPlugin(file, options.engineAddress, env, options.log),
      });
    }
    if (name === "random") {
      const { createRandomProvider } = await import("./random/index.ts");
      return createRandomProvider();
    }
    throw new Error(
      `the package "${name}" is not supported by the embedded engine, which serves random, dynamic providers, and in a ` +
        "sandbox gcp and kubernetes; run this stack in an environment of the official engine",
    );
  };

  return {
    async load(name, version) {
      const provider = await create(name, version);
      loaded.push(provider);
      return provider;
    },
    async close() {
      await Promise.allSettled(loaded.splice(0).map((provider) => provider.close()));
    },
  };
}
