// Runs the compiler over definitions.ts: every `@ts-expect-error` there must be one. And reads a few of its messages, since
// an error nobody understands is half an error.
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, it } from "vitest";

const folder = fileURLToPath(new URL(".", import.meta.url));
const root = path.resolve(folder, "../..");

it("compiles what is right, refuses what is wrong, and says why", () => {
  const config = ts.readConfigFile(path.join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root, { incremental: false, noEmit: true });
  delete options.tsBuildInfoFile;
  const definitions = path.join(folder, "definitions.ts");
  const probe = path.join(folder, "probe.ts");
  const source = ts.sys.readFile(definitions)!;
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  // The same file without its expectations: every error it should have shows.
  const bare = source.replaceAll("// @ts-expect-error", "//");
  host.fileExists = (file) => file === probe || fileExists.call(host, file);
  host.readFile = (file) => (file === probe ? bare : readFile.call(host, file));
  host.getSourceFile = (file, ...more) =>
    file === probe ? ts.createSourceFile(file, bare, more[0]) : getSourceFile.call(host, file, ...more);
  const compiled = ts.createProgram([definitions, probe], options, host);
  const errorsOf = (file: string) =>
    compiled.getSemanticDiagnostics(compiled.getSourceFile(file)).map(({ start, messageText }) => ({
      line: compiled.getSourceFile(file)!.getLineAndCharacterOfPosition(start!).line,
      text: ts.flattenDiagnosticMessageText(messageText, "\n"),
    }));

  expect(errorsOf(definitions)).toEqual([]);

  const errors = errorsOf(probe);
  const lines = source.split("\n");
  const after = (comment: string): string => {
    const line = lines.findIndex((one) => one.includes(`@ts-expect-error ${comment}`)) + 1;
    return errors
      .filter((error) => error.line === line)
      .map(({ text }) => text)
      .join("\n");
  };
  expect(errors.length).toBeGreaterThanOrEqual(source.match(/@ts-expect-error /g)!.length);
  expect(after("replicas is missing")).toContain("Property 'replicas' is missing in type");
  expect(after("there is no such size")).toContain(
    `Type '"huge"' is not assignable to type '"small" | "large" | undefined'`,
  );
  expect(after("no setting is named sise")).toContain('unknown setting \\"sise\\"');
  expect(after("no stack is named clutser")).toContain('no stack is named \\"clutser\\"');
  expect(after("the environment does not have web")).toContain('stack \\"web\\" is not in this environment');
  expect(after("no key is named setings")).toContain("Did you mean to write 'settings'?");
  expect(after("an existing project has its own configuration")).toContain('unknown setting \\"region\\"');
  expect(after("no run ends broken")).toContain(`Type '"broken"' is not assignable to type 'RunOutcome'`);
  expect(after("a GitHub token stays")).toContain("Type 'string' is not assignable to type 'EnvReference'");
}, 60_000);
