// Chooses the provider of a package: the one built in, dynamic providers, our own `random`, the sandbox's `gcp` and
// `kubernetes`, and a real plugin for a package that the engine's options name. Everything else is refused by name.
//
// A sandbox starts no plugin that its options do not name, and no plugin of a package that it serves itself, whatever
// is installed on the machine. Modules of providers are loaded when a stack first needs them.
import { type EngineServer, startEngineServer } from "../deployment/engineService.ts";
import type { ProgramLog } from "../deployment/source.ts";
import type { EngineOptions } from "../index.ts";
import type { PropertyMap } from "../values.ts";
import { createDynamicProvider } from "./dynamic.ts";
import { createPluginProvider, type PluginProcess } from "./plugin.ts";
import { findPlugin, startPlugin } from "./pluginProcess.ts";
import type { Provider, ProviderHost } from "./provider.ts";
import { type BuiltinOptions, createBuiltinProvider } from "./stackReference.ts";

export interface ProviderHostOptions {
  readonly engine: Pick<EngineOptions, "env" | "sandbox" | "plugins" | "predictions" | "secrets" | "dynamicProcess">;
  readonly project: string;
  readonly stack: string;
  /** Folder the program runs in, absolute. */
  readonly programDirectory: string;
  /** `runtime.options` of Pulumi.yaml. */
  readonly runtimeOptions: Readonly<Record<string, unknown>>;
  readonly dryRun: boolean;
  readonly stacks: BuiltinOptions["stacks"];
  /** The Pulumi version the engine stands for. */
  readonly version: string;
  /** What providers in processes of their own have to say. */
  readonly log: ProgramLog;
}

const SANDBOXED = ["gcp", "kubernetes"] as const;

/** `load` gives a new provider each time: every provider resource has a configuration of its own. */
export function createProviderHost(options: ProviderHostOptions): ProviderHost {
  const { sandbox, plugins = [], predictions, secrets } = options.engine;
  const loaded: Provider[] = [];
  let engine: Promise<EngineServer> | undefined;

  /** Providers may outlive the program, or run without one: they get an Engine service of their own, when one is started. */
  const engineAddress = async (): Promise<string> => {
    engine ??= startEngineServer(options.log, options.version);
    return (await engine).address;
  };

  const environment = (mappings: PropertyMap): Readonly<Record<string, string>> => {
    const { env } = options.engine;
    const mapped = Object.entries(mappings).flatMap(([name, known]) =>
      env[name] !== undefined && typeof known === "string" ? [[known, env[name]]] : [],
    );
    return { ...env, ...Object.fromEntries(mapped) };
  };

  const create = async (name: string, version: string | undefined, mappings: PropertyMap): Promise<Provider> => {
    const env = environment(mappings);
    if (name === "pulumi") {
      const { stacks, dryRun } = options;
      return createBuiltinProvider({ stacks, dryRun, ...(predictions === undefined ? {} : { predictions }) });
    }
    if (name === "pulumi-nodejs") {
      const { programDirectory, project, runtimeOptions, log } = options;
      const how = { programDirectory, project, runtimeOptions, env, engineAddress, log };
      return createDynamicProvider(how, options.engine.dynamicProcess);
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
        ...(secrets === undefined ? {} : { holdsSecret: (text: string) => secrets.holds(text) }),
      });
    }
    if (plugins.includes(name)) {
      const file = await findPlugin(name, version, env);
      const start = async (): Promise<PluginProcess> => startPlugin(file, await engineAddress(), env, options.log);
      return createPluginProvider({ package: name, version, engineAddress, start });
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
    async load(name, version, mappings = {}) {
      const provider = await create(name, version, mappings);
      loaded.push(provider);
      return provider;
    },
    async close() {
      await Promise.allSettled(loaded.splice(0).map((provider) => provider.close()));
      (await engine?.catch(() => undefined))?.close();
    },
  };
}
