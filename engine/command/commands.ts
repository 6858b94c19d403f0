// The table of commands, with their flags: what `pulumi` takes, as far as this engine goes. Each command's code is loaded
// when it is called.
import type { CommandSpec, FlagSpec, FlagTable } from "./args.ts";
import type { CommandContext } from "./context.ts";

/** Runs a command; answers its exit code. Failures to report are thrown as EngineError. */
export type RunCommand = (context: CommandContext) => Promise<number>;
export type Command = CommandSpec<() => Promise<RunCommand>>;

const hidden = (kind: FlagSpec["kind"], short?: string): FlagSpec => ({ kind, ...(short ? { short } : {}) });
const refused = (kind: FlagSpec["kind"]): FlagSpec => ({ kind, support: "refused" });
const shown = (kind: FlagSpec["kind"], help: string, short?: string): FlagSpec => ({
  kind,
  help,
  ...(short ? { short } : {}),
});

export const globalFlags: FlagTable = {
  color: shown("string", "Colorize output. Choices are: always, never, raw, auto"),
  cwd: shown("string", "Run as if started in another directory", "C"),
  "disable-integrity-checking": shown("boolean", "Disable integrity checking of checkpoint files"),
  emoji: hidden("boolean", "e"),
  "fully-qualify-stack-names": shown("boolean", "Show fully-qualified stack names", "Q"),
  logflow: hidden("boolean"),
  logtostderr: hidden("boolean"),
  memprofilerate: hidden("number"),
  "non-interactive": shown("boolean", "Disable interactive mode (this engine never asks)"),
  "otel-traces": hidden("string"),
  profiling: hidden("string"),
  tracing: hidden("string"),
  verbose: hidden("number", "v"),
};

const stack = shown("string", "The name of the stack to operate on. Defaults to the current stack", "s");
const yes = shown("boolean", "Skip confirmation prompts", "y");
const configFile = shown("string", "Use the configuration values in the specified file");
const json = shown("boolean", "Emit output as JSON", "j");
const showSecrets = shown("boolean", "Show secrets in plaintext");

/** Flags of the verbs that run an operation, beside their own. */
const operationFlags: FlagTable = {
  stack,
  client: hidden("string"),
  config: refused("strings"),
  "config-file": configFile,
  "config-path": refused("boolean"),
  debug: hidden("boolean", "d"),
  diff: shown("boolean", "Display the operation as a rich diff"),
  "event-log": hidden("string"),
  "exec-agent": hidden("string"),
  "exec-kind": hidden("string"),
  json,
  message: shown("string", "Optional message to associate with the operation", "m"),
  neo: hidden("boolean"),
  "override-env": refused("strings"),
  parallel: shown("number", "Allow P resource operations to run in parallel at once", "p"),
  "show-config": hidden("boolean"),
  "show-full-output": hidden("boolean"),
  "show-replacement-steps": shown("boolean", "Show detailed resource replacement creates and deletes"),
  "show-reads": shown("boolean", "Show resources that are being read in"),
  "show-sames": shown("boolean", "Show resources that needn't be updated"),
  "show-secrets": showSecrets,
  "skip-config-validation": hidden("boolean"),
  "skip-plugin-pre-install": hidden("boolean"),
  "suppress-outputs": shown("boolean", "Suppress display of stack outputs"),
  "suppress-permalink": hidden("optional"),
  "suppress-progress": hidden("boolean"),
  urns: hidden("boolean"),
  yes,
};
const targetFlags: FlagTable = {
  target: shown("strings", "A resource URN to operate on; others are left alone", "t"),
  "target-dependents": shown("boolean", "Also operate on what depends on a target"),
  exclude: shown("strings", "A resource URN to leave alone", "x"),
  "exclude-dependents": shown("boolean", "Also leave alone what depends on an excluded resource"),
};
const programFlags: FlagTable = {
  "attach-debugger": refused("optional"),
  "expect-no-changes": shown("boolean", "Return an error if any changes occur"),
  "ignore-protect": refused("boolean"),
  "policy-pack": refused("list"),
  "policy-pack-config": refused("list"),
  refresh: shown("optional", "Refresh the state of the stack's resources first", "r"),
  replace: shown("strings", "A resource URN to replace"),
  "run-program": refused("boolean"),
  "show-policy-remediations": hidden("boolean"),
  "target-replace": shown("strings", "A resource URN to replace; others are left alone"),
};

const verb = (name: "up" | "preview" | "refresh" | "destroy" | "import") => async (): Promise<RunCommand> => {
  const { operations } = await import("./operations.ts");
  return operations[name];
};

/** In the order of the help. */
export const commands: readonly Command[] = [
  {
    path: ["up"],
    aliases: ["update"],
    summary: "Create or update the resources in a stack",
    minimum: 0,
    maximum: 0,
    flags: {
      ...operationFlags,
      ...targetFlags,
      ...programFlags,
      exclude: { kind: "strings", help: targetFlags["exclude"]!.help! },
      "continue-on-error": shown("boolean", "Continue even if an error is encountered"),
      plan: refused("string"),
      "secrets-provider": hidden("string"),
      "skip-preview": shown("boolean", "Do not calculate a preview first", "f"),
      strict: refused("boolean"),
    },
    load: verb("up"),
  },
  {
    path: ["preview"],
    aliases: ["pre"],
    summary: "Show a preview of updates to a stack's resources",
    minimum: 0,
    maximum: 0,
    flags: {
      ...operationFlags,
      ...targetFlags,
      ...programFlags,
      "import-file": refused("string"),
      "save-plan": refused("string"),
    },
    load: verb("preview"),
  },
  {
    path: ["refresh"],
    summary: "Refresh the resources in a stack",
    minimum: 0,
    maximum: 0,
    flags: {
      ...operationFlags,
      ...targetFlags,
      "clear-pending-creates": shown("boolean", "Clear all pending creates, dropping them from the state"),
      "expect-no-changes": shown("boolean", "Return an error if any changes occur"),
      "import-pending-creates": refused("strings"),
      "preview-only": shown("boolean", "Only show a preview of the refresh"),
      "run-program": refused("boolean"),
      "skip-pending-creates": shown("boolean", "Skip importing pending creates"),
      "skip-preview": shown("boolean", "Do not calculate a preview first", "f"),
    },
    load: verb("refresh"),
  },
  {
    path: ["destroy"],
    aliases: ["down", "dn"],
    summary: "Destroy all existing resources in the stack",
    minimum: 0,
    maximum: 0,
    flags: {
      ...operationFlags,
      ...targetFlags,
      "continue-on-error": shown("boolean", "Continue even if an error is encountered"),
      "exclude-protected": shown("boolean", "Do not destroy protected resources"),
      "ignore-protect": refused("boolean"),
      "preview-only": shown("boolean", "Only show a preview of the destroy"),
      refresh: shown("optional", "Refresh the state of the stack's resources first", "r"),
      remove: shown("boolean", "Remove the stack and its configuration file once all is destroyed"),
      "run-program": refused("boolean"),
      "skip-preview": shown("boolean", "Do not calculate a preview first", "f"),
    },
    load: verb("destroy"),
  },
  {
    path: ["import"],
    summary: "Import resources into an existing stack",
    usage: "[type] [name] [id]",
    minimum: 0,
    maximum: 3,
    flags: {
      ...operationFlags,
      file: shown("string", "The path to a JSON-encoded file of resources to import", "f"),
      from: refused("string"),
      "generate-code": shown("boolean", "Generate resource declaration code (this engine does not)"),
      "generate-resources": refused("string"),
      out: refused("string"),
      parent: shown("string", "The name and URN of the parent resource: name=urn"),
      "preview-only": shown("boolean", "Only show a preview of the import"),
      properties: refused("list"),
      protect: shown("boolean", "Whether the imported resources are protected; true by default"),
      provider: shown("string", "The name and URN of the provider to use: name=urn"),
      "skip-preview": shown("boolean", "Do not calculate a preview first"),
    },
    load: verb("import"),
  },
];
