// Preload for Pulumi programs (`node --import`) and of tutti itself: defers the parts of the SDK and of other packages that
// are seldom needed (the TypeScript compiler, npm's arborist, tracing, the serialiser's inspector session, the reading of
// source maps, what only inline programs need, sixty languages of messages) to their first use. No file of a package is
// touched: imports are answered from memory with stand-ins that load the real module when something is asked of them.
//
// The rules name files inside of packages. Where a name no longer matches nothing breaks, it is only slow again. Loading
// this file twice has no further effect. A Node without `module.registerHooks` (before 22.15) is left alone.
import { readFileSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";

// Must change the file NAME: the CommonJS cache drops ?query and #hash, and a stand-in would find itself.
const marks = { commonjs: ".lean.cjs", module: ".lean.mjs" };

/** Matches a file of a package, wherever it is installed. */
const inside = (path) => new RegExp(`[\\\\/]${path.replaceAll("/", "[\\\\/]")}$`);
const sdk = (path) => inside(`@pulumi/pulumi/${path}`);

/** A module that becomes the real one on first use, but for what is known of it already, and parts that have a file each. */
const lazy = (file, { known = {}, parts = {} } = {}) => `
let real;
const known = ${JSON.stringify(known)};
const parts = ${JSON.stringify(parts)};
const load = () => (real ??= module.require(${JSON.stringify(file)}));
module.exports = new Proxy(function () {}, {
  get: (_, key) => {
    if (key === "__esModule") return true;
    if (known[key] !== undefined) return known[key];
    if (real === undefined && parts[key] !== undefined) return module.require(parts[key]);
    return key === "default" ? (load().default ?? load()) : load()[key];
  },
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

/** A function that is the default export of an ES module. */
const lazyFunction = (file) => ({
  module: `
import { createRequire } from "node:module";
const require = createRequire(${JSON.stringify(file)});
export default (...given) => require(${JSON.stringify(file)}).default(...given);`,
});

/** An ES module that hands on nothing but functions, each the default export of another. As it is, when it has become more. */
const lazyFunctions = (file) => {
  const lines = readFileSync(file, "utf8").trim().split("\n");
  const found = lines.map((line) => /^export \{ default as ([\w$]+) \} from ("\.\/[\w-]+\.js");$/.exec(line));
  if (found.includes(null)) return undefined;
  return {
    module: `
import { createRequire } from "node:module";
const require = createRequire(${JSON.stringify(file)});
${found.map(([, name, from]) => `export const ${name} = (...given) => require(${from}).default(...given);`).join("\n")}`,
  };
};

/** The run time of programs, of which the Automation API wants no more than this until it serves an inline program. */
const channelOptions = (file) =>
  lazy(file, {
    known: {
      grpcChannelOptions: {
        "grpc.max_receive_message_length": 400 * 1024 * 1024,
        "grpc.server_max_unrequested_time_in_server": 1800,
      },
    },
  });

/** Of forty files that compare versions, the few that the Automation API asks. */
const versions = (file) =>
  lazy(file, {
    parts: {
      SemVer: "./classes/semver.js",
      parse: "./functions/parse.js",
      gt: "./functions/gt.js",
      lt: "./functions/lt.js",
    },
  });

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
  // What it needs of the run time of programs.
  ...["../log", "./server", "../proto/language_grpc_pb"].map((name) => [name, [automation, lazy]]),
  ["../runtime", [automation, channelOptions]],
  ["semver", [automation, versions]],
  // Messages in other languages than English.
  ["../locales/index.js", [inside("zod/v4/(?:core/index|classic/external)\\.js"), lazyFunctions]],
  // What lays out help for terminals.
  ["string-width", [inside("(?:cliui/index|wrap-ansi/index|yargs/lib/platform-shims/esm)\\.m?js"), lazyFunction]],
  ...(traced ? [] : telemetry.map((name) => [`@opentelemetry/${name}`, [tracing, empty]])),
]);

/** Files of tutti itself name each other in full: there is nothing to look for, nor any link to follow. */
const root = new URL("../", import.meta.url).href;
const isOwn = (url) => url.startsWith(root) && /^(?:automation|components|engine)\//.test(url.slice(root.length));

const once = Symbol.for("tutti.lean");

if (!globalThis[once] && module.registerHooks !== undefined) {
  globalThis[once] = true;
  module.enableCompileCache?.();
  const sources = new Map();
  module.registerHooks({
    resolve(specifier, context, next) {
      if (specifier[0] === "." && isOwn(context.parentURL ?? ""))
        return { url: new URL(specifier, context.parentURL).href, shortCircuit: true };
      const [from, source] = rules.get(specifier) ?? [];
      if (!from?.test(context.parentURL ?? "")) return next(specifier, context);
      const resolved = next(specifier, context);
      const made = source(fileURLToPath(resolved.url));
      if (made === undefined) return resolved;
      const format = typeof made === "string" ? "commonjs" : "module";
      const url = resolved.url + marks[format];
      sources.set(url, { format, source: made.module ?? made });
      return { url, format, shortCircuit: true };
    },
    load(url, context, next) {
      const made = sources.get(url);
      if (made !== undefined) return { ...made, shortCircuit: true };
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
