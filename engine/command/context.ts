// What every command of the engine is given: its flags, and the ways to what it works on (project, backend, stack). Nothing
// here reads process.env or the current folder: both come from the caller.
import type { EngineOptions } from "../index.ts";
import { EngineError } from "../state/error.ts";
import { FileBackend } from "../state/fileBackend.ts";
import { passphraseOf } from "../state/passphrase.ts";
import { findProject, type Project } from "../state/project.ts";
import { parseStackName, type StackName } from "../state/stackName.ts";
import { currentBackend, pulumiHome, selectedStack } from "../state/workspaceFile.ts";
import type { Flags } from "./args.ts";

export interface CommandContext {
  readonly options: EngineOptions;
  /** The complete environment: EngineOptions.env and what the caller added for this command. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute; `--cwd` applied. */
  readonly cwd: string;
  readonly flags: Flags;
  /** What is no flag and no part of the command's name. */
  readonly args: readonly string[];
  /** Aborted once: start nothing new, finish and record what runs. */
  readonly signal: AbortSignal;
  /** `<sdk version>+tutti`: goes into manifests and histories. */
  readonly version: string;
  /** Data. */
  stdout(text: string): void;
  /** Talk, warnings, errors. */
  stderr(text: string): void;
  /** All of standard input; "" without one. */
  stdin(): Promise<string>;
  /** Asks for a line, "" at the end of the input; absent where nobody is, or nobody is to be asked. */
  readonly ask: ((question: string, hidden?: "hidden") => Promise<string>) | undefined;
  /** @throws EngineError when there is no Pulumi.yaml from the current folder upwards. */
  project(): Promise<Project>;
  projectIfAny(): Promise<Project | undefined>;
  /** `PULUMI_BACKEND_URL`, else `backend.url` of the project, else what one is logged in to. */
  backend(): Promise<FileBackend>;
  /** The stack named by `--stack`, by `PULUMI_STACK`, or selected; it need not exist. */
  stackName(): Promise<StackName>;
  /** A stack's name as the user wrote it. @throws EngineError for a bad one. */
  parseStack(text: string): Promise<StackName>;
  passphrase(): Promise<string>;
  /** Where another stack is kept (`EngineOptions.elsewhere`); `undefined` for one that is in `backend()`. */
  elsewhere(
    stack: string,
    project: string,
  ): Promise<{ backend: FileBackend; passphrase: () => Promise<string> } | undefined>;
}

/** What createContext is given; the rest it works out, each thing once. */
export type ContextParts = Pick<
  CommandContext,
  "options" | "env" | "cwd" | "flags" | "args" | "signal" | "version" | "stdout" | "stderr" | "stdin"
>;

export function createContext(parts: ContextParts): CommandContext {
  const { env, cwd, flags } = parts;
  const projectIfAny = once(() => findProject(cwd));
  const project = async (): Promise<Project> => {
    const found = await projectIfAny();
    if (found === undefined)
      throw new EngineError(
        `no Pulumi.yaml project file found (searching upwards from ${cwd}). If you have not created a project yet, ` +
          "use `pulumi new` to do so",
      );
    return found;
  };
  const backend = once(async () => {
    const url = await backendUrl(env, await projectIfAny());
    return FileBackend.open(url, env, cwd);
  });
  const parseStack = async (text: string) => parseStackName(text, (await projectIfAny())?.name);
  const { ask } = parts.options;
  const mayAsk = ask && !flags.boolean("non-interactive") && !flags.boolean("json");
  return {
    ...parts,
    ask: mayAsk ? async (question, hidden) => (await ask(question, hidden)) ?? "" : undefined,
    project,
    projectIfAny,
    backend,
    parseStack,
    stackName: once(async () => {
      const named = flags.string("stack") || env["PULUMI_STACK"];
      if (named) return parseStack(named);
      const current = await projectIfAny();
      const selected = current && (await selectedStack(pulumiHome(env), current, (await backend()).url));
      if (selected === undefined)
        throw new EngineError(
          "no stack selected; please use `pulumi stack select` or `pulumi stack init` to choose one",
        );
      return parseStack(selected);
    }),
    passphrase: once(() => passphraseOf(env, cwd)),
    async elsewhere(stack, project) {
      const there = parts.options.elsewhere?.(stack, project);
      if (there === undefined) return undefined;
      const url = await backendUrl(there, undefined);
      return { backend: await FileBackend.open(url, there, cwd), passphrase: once(() => passphraseOf(there, cwd)) };
    },
  };
}

/** @throws EngineError when none is known. */
export async function backendUrl(env: Readonly<Record<string, string>>, project: Project | undefined): Promise<string> {
  const url = env["PULUMI_BACKEND_URL"] || project?.backendUrl || (await currentBackend(pulumiHome(env)));
  if (!url)
    throw new EngineError(
      "no backend is known: set PULUMI_BACKEND_URL to file://<folder>, or log in with `pulumi login file://<folder>`",
    );
  return url;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
