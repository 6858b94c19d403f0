// `import`: takes resources that exist into the stack's state, and prints the code that declares them. The program is not
// run.
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { EngineError } from "../state/error.ts";
import { readIfPresent } from "../state/files.ts";
import { requireConfirmation } from "./confirm.ts";
import type { CommandContext } from "./context.ts";
import { importedCode } from "./importedCode.ts";
import { type ImportFile, parseImports, readImportFile, singleImport } from "./importFile.ts";
import { runOperation } from "./operation.ts";
import { openCheckpoint, openStack, readConfig, stackSecrets } from "./stack.ts";

/** `import <type> <name> <id>` or `import --file <path>` */
export async function importVerb(context: CommandContext): Promise<number> {
  const { flags, stderr } = context;
  const file = await readInput(context);
  const previewOnly = flags.boolean("preview-only");
  if (!previewOnly) requireConfirmation(context);
  const stack = await openStack(context);
  const protect = !flags.has("protect") || flags.boolean("protect");
  // As `preview --import-file` writes them; without any, no key is derived.
  if (file.providerInputs !== undefined)
    stderr("warning: `providerInputs` is deprecated: declare the provider in `resources`, and give it `inputs`\n");
  const secrets = JSON.stringify(file).includes('"ciphertext"')
    ? await stackSecrets(context, stack, await readConfig(context, stack.name))
    : undefined;
  const decrypt = (ciphertext: string) => secrets!.decrypt(ciphertext);
  const { imports, urns, names } = parseImports(file, stack.name, protect, { decrypt });
  if (imports.length === 0) throw new EngineError("there is nothing to import: the import file names no resources");
  const generates = !flags.has("generate-code") || flags.boolean("generate-code");
  const out = flags.string("out");
  if (out !== undefined && !generates) stderr("Output file will not be used as --generate-code is false.\n");
  const code = await runOperation(context, {
    kind: "import",
    asks: true,
    phases: previewOnly ? ["preview"] : flags.boolean("skip-preview") ? ["apply"] : ["preview", "apply"],
    program: false,
    refresh: "no",
    replace: [],
    target: [],
    exclude: [],
    imports,
  });
  if (code !== 0 || previewOnly || !generates) return code;
  const { snapshot } = await openCheckpoint(context, stack);
  const imported = new Set(urns);
  const resources = (snapshot?.resources ?? []).filter(({ urn, delete: going }) => !going && imported.has(urn));
  if (resources.length === 0) return code;
  const text = importedCode(resources, names);
  if (out !== undefined) await writeFile(resolve(context.cwd, out), text, { mode: 0o600 });
  else if (!flags.boolean("json")) context.stdout(advice(protect) + text);
  return code;
}

async function readInput({ flags, args, cwd }: CommandContext): Promise<ImportFile> {
  const path = flags.string("file");
  const [parent = "", provider = ""] = [flags.string("parent"), flags.string("provider")];
  if (path === undefined) return singleImport(args, { parent, provider });
  if (args.length > 0 || parent !== "" || provider !== "" || flags.has("properties"))
    throw new EngineError("an inline resource may not be specified in conjunction with an import file");
  const bytes = await readIfPresent(resolve(cwd, path));
  if (bytes === undefined) throw new EngineError(`could not read import file: ${path} does not exist`);
  return readImportFile(bytes.toString("utf8"));
}

function advice(protect: boolean): string {
  const copy =
    "Please copy the following code into your Pulumi application. Not doing so\n" +
    "will cause Pulumi to report that an update will happen on the next update command.\n\n";
  if (!protect) return copy;
  return (
    `${copy}Please note that the imported resources are marked as protected. To destroy them\n` +
    "you will need to remove the `protect` option and run `pulumi update` *before*\n" +
    "the destroy will take effect.\n\n"
  );
}
