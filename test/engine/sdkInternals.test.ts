// The parts of the SDK that are no public API of it and that tutti relies on (docs/sdk-internals.md): looked for in the SDK
// that is installed, so that a bump which changes one fails by its name.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";

const require = createRequire(import.meta.url);
const root = dirname(require.resolve("@pulumi/pulumi/package.json"));
const source = (file: string): string => readFileSync(join(root, file), "utf8");
const imports = (file: string, name: string): boolean => source(file).includes(`require("${name}")`);

const checks: Readonly<Record<string, () => void>> = {
  "`PulumiCommand.run` and its six parameters": () =>
    expect(source("automation/cmd.js")).toContain(" run(args, cwd, additionalEnv, onOutput, onError, signal) {"),
  "error classes made of sentences on standard error": () => {
    const text = source("automation/errors.js");
    expect(text).toContain('RegExp("no stack named.*found")');
    expect(text).toContain('RegExp("stack.*already exists")');
    expect(text).toContain("the stack is currently locked by");
  },
  "`preview --help` is searched for `--remote`": () =>
    expect(source("automation/localWorkspace.js")).toMatch(/"preview", "--help"[\s\S]{0,400}includes\("--remote"\)/),
  "`--client` serves inline programs": () => {
    expect(source("automation/stack.js")).toContain("`--client=127.0.0.1:${port}`");
    expect(require("@pulumi/pulumi/automation/server.js")).toHaveProperty("LanguageServer");
  },
  "gRPC messages and services in `proto/`": () => {
    const services = {
      resource: ["ResourceMonitorService", "registerResource", "registerResourceOutputs", "readResource", "invoke"],
      engine: ["EngineService", "log", "getRootResource", "setRootResource"],
      language: ["LanguageRuntimeService", "run"],
      provider: ["ResourceProviderService", "check", "diff", "create", "read", "update", "delete", "configure"],
      callback: ["CallbacksService", "invoke"],
      events: ["EventsService", "streamEvents"],
    };
    for (const [file, [service = "", ...methods]] of Object.entries(services)) {
      const module = require(`@pulumi/pulumi/proto/${file}_grpc_pb.js`) as Record<string, object>;
      for (const method of methods) expect(module[service], `${service}.${method}`).toHaveProperty(method);
    }
  },
  "`cmd/run`, and exit code 32": () =>
    expect(source("cmd/run/index.js")).toContain("nodeJSProcessExitedAfterLoggingUserActionableMessage = 32;"),
  "`cmd/dynamic-provider` prints its port first": () =>
    expect(source("cmd/dynamic-provider/index.js")).toContain("console.log(port.toString());"),
  "`runtime/state` and `globalStore`": () => {
    const text = source("runtime/state.js");
    expect(text).toContain("exports.setStackResource = setStackResource;");
    expect(text).toContain("global.globalStore = new LocalStore();");
  },
  "modules loaded beforehand": () => {
    for (const part of [
      "index",
      "cmd/run/instrumentation",
      "cmd/run/tracing",
      "cmd/run/error",
      "tsutils",
      "runtime/manifest",
    ])
      expect(existsSync(join(root, `${part}.js`)), part).toBe(true);
  },
  "imports that the lean preload defers": () => {
    const one = (name: string, ...files: string[]) =>
      expect(
        files.some((file) => imports(file, name)),
        name,
      ).toBe(true);
    one("../../typescript-shim", "runtime/closure/parseFunction.js", "runtime/closure/utils.js");
    one("@npmcli/arborist", "runtime/closure/codePaths.js");
    one("normalize-package-data", "runtime/closure/codePaths.js");
    one("./automation", "index.js");
    one("../../runtime/closure/v8Hooks", "cmd/run/index.js");
    expect(source("cmd/run/index.js")).toContain('require("source-map-support/register")');
    one("@opentelemetry/instrumentation", "cmd/run/tracing.js");
    for (const name of ["execa", "upath", "js-yaml", "@logdna/tail-file"])
      one(name, "automation/cmd.js", "automation/localWorkspace.js", "automation/stack.js");
  },
  "`grpcChannelOptions`, all that the Automation API asks of the run time": () => {
    const { grpcChannelOptions } = require("@pulumi/pulumi/runtime/settings.js") as { grpcChannelOptions: object };
    expect(grpcChannelOptions).toEqual({
      "grpc.max_receive_message_length": 400 * 1024 * 1024,
      "grpc.server_max_unrequested_time_in_server": 1800,
    });
    const stack = source("automation/stack.js");
    expect(new Set(stack.match(/runtime_1\.\w+/g))).toEqual(new Set(["runtime_1.grpcChannelOptions"]));
    for (const name of ["../log", "./server", "../runtime", "../proto/language_grpc_pb", "semver"])
      expect(imports("automation/stack.js", name), name).toBe(true);
  },
  "`debuggablePromise` and `debugPromiseLeaks` of `runtime/debuggable`": () => {
    const debuggable = require("@pulumi/pulumi/runtime/debuggable.js") as Record<string, unknown>;
    expect(debuggable).toHaveProperty("debuggablePromise");
    expect(debuggable).toHaveProperty("debugPromiseLeaks");
    expect(imports("runtime/resource.js", "./debuggable")).toBe(true);
  },
  "`StackReference` and `isSecretOutputName`": () => {
    for (const part of ["class StackReference", "isSecretOutputName(", "output_1"])
      expect(source("stackReference.js")).toContain(part);
  },
  "parts of an `Output`": () => {
    const output = pulumi.output(1) as unknown as Record<string, unknown>;
    for (const part of ["isKnown", "isSecret"]) expect(output[part], part).toBeInstanceOf(Promise);
    for (const part of ["promise", "resources", "allResources", "apply"])
      expect(output[part], part).toBeTypeOf("function");
  },
};

describe("the SDK has", () => {
  for (const [what, check] of Object.entries(checks)) it(what, check);
});

it("is relied on for nothing that the page does not name", () => {
  const page = readFileSync(new URL("../../docs/sdk-internals.md", import.meta.url), "utf8");
  const rows = page.split("\n").filter((line) => /^\| (?!what|---)/.test(line));
  expect(rows.map((row) => row.split("|")[1]!.trim())).toEqual(Object.keys(checks));
});
