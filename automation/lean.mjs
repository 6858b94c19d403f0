// Preload for Pulumi programs (`node --import`): defers the parts of the SDK that a program seldom needs (the TypeScript
// compiler, npm's arborist, tracing, the serialiser's inspector session, the reading of source maps) to their first use.
// No file of the SDK is touched: imports are answered from memory with stand-ins that load the real module when something
// is asked of them.
//
// The rules name files inside the SDK. Where a name no longer matches nothing breaks, it is only slow again. Loading
// this file twice has no further effect. A Node without `module.registerHooks` (before 22.15) is left alone.
import module from "node:module";
import { fileURLToPath } from "node:url";

// Must change the file NAME: the CommonJS cache drops ?query and #hash, and a stand-in would find itself.
const mark = ".lean.cjs";

/** Matches a file of the SDK, wherever it is installed. */
const sdk = (path) => new RegExp(`[\\\\/]@pulumi[\\\\/]pulumi[\\\\/]${path.replaceAll("/", "[\\\\/]")}$`);

/** A module that becomes the real one on first use. */
const lazy = (file) => `
let real;
const load = () => (real ??= module.require(${JSON.stringify(file)}));
module.exports = new Proxy(function () {}, {
  get: (_, key) => (key === "__esModule" ? true : key === "default" ? (load().default ?? load()) : load()[key]),
  has: (_, key) => key in load(),
  ownKeys: () => [...new Set([...Reflect.ownKeys(load()), "prototype"])],
  getOwnPropertyDescriptor: (target, key) => {
    const own = Reflect.getOwnPropertyDescriptor(target, key);
    if (own !== undefined && !own.configurable) return own;
    const found = Reflect.getOwnPropertyDescriptor(load(), key);
    return found === undefined ? undefined : { ...found, configurable: true };
  },
});`;

/** Names taken from it at import are never used: they belong to tracing, which is off. */
const empty = () => "module.exports = {};";

/** `cmd/run` opens an inspector session for the serialiser, which opens one itself when it is used. */
const noInspector = () => "exports.isInitializedAsync = async () => {};";

/**
 * The SDK notes a stack trace for every promise it makes, and prints them when it is told to debug leaked ones. Until then
 * they are a third of what a program costs.
 */
const untraced = (file) => `
const real = (module.exports = module.require(${JSON.stringify(file)}));
const traced = real.debuggablePromise;
real.debuggablePromise = (...given) => {
  if (real.debugPromiseLeaks) return traced(...given);
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return traced(...given);
  } finally {
    Error.stackTraceLimit = limit;
  }
};`;

/** Installed with the first file of a program that has a source map. Every stack trace is built and mapped in JavaScript then. */
let sourceMaps;
const notYet = (file) => {
  sourceMaps ??= file;
  return empty();
};

const automation = sdk("automation/\\w+\\.js");
const closure = sdk("runtime/closure/\\w+\\.js");
const tracing = sdk("cmd/run/tracing\\.js");
const telemetry = [
  "instrumentation",
  "instrumentation-grpc",
  "resources",
  "sdk-trace-base",
  "sdk-trace-node",
  "exporter-zipkin",
];

/** Tracing is off unless somebody asks for it, in one of two ways. */
const traced = process.env.PULUMI_EXPERIMENTAL !== undefined || process.argv.includes("--tracing");

/** By what is imported: from which file of the SDK, and what stands in for it. */
const rules = new Map([
  ["../../typescript-shim", [closure, lazy]],
  ["@npmcli/arborist", [closure, lazy]],
  ["normalize-package-data", [closure, lazy]],
  ["./automation", [sdk("index\\.js"), lazy]],
  ["./debuggable", [sdk("runtime/\\w+\\.js"), untraced]],
  ["source-map-support/register", [sdk("cmd/[\\w-]+/index\\.js"), notYet]],
  ["../../runtime/closure/v8Hooks", [sdk("cmd/run/index\\.js"), noInspector]],
  // What the Automation API needs only where it starts commands or writes files itself.
  ...["execa", "upath", "js-yaml", "@logdna/tail-file"].map((name) => [name, [automation, lazy]]),
  ...(traced ? [] : telemetry.map((name) => [`@opentelemetry/${name}`, [tracing, empty]])),
]);

const once = Symbol.for("tutti.lean");

if (!globalThis[once] && module.registerHooks !== undefined) {
  globalThis[once] = true;
  module.enableCompileCache?.();
  const sources = new Map();
  module.registerHooks({
    resolve(specifier, context, next) {
      const [from, source] = rules.get(specifier) ?? [];
      if (!from?.test(context.parentURL ?? "")) return next(specifier, context);
      const { url } = next(specifier, context);
      sources.set(url + mark, source(fileURLToPath(url)));
      return { url: url + mark, format: "commonjs", shortCircuit: true };
    },
    load(url, context, next) {
      const source = sources.get(url);
      if (source !== undefined) return { format: "commonjs", source, shortCircuit: true };
      const loaded = next(url, context);
      if (sourceMaps !== undefined && !url.includes("/node_modules/") && /\bsourceMappingURL=/.test(loaded.source)) {
        const file = sourceMaps;
        sourceMaps = undefined;
        module.createRequire(file)(file);
      }
      return loaded;
    },
  });
}
