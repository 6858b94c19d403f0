// `tutti completion <shell>`: the script that completes commands, options, environments and stacks. The script asks the
// hidden command `complete`, which loads the contracts of the workspace, neither Pulumi nor a view.
import path from "node:path";
import type { Globals, Register } from "./command.ts";
import { outputKinds } from "./options.ts";
import { reportKinds } from "./reportFiles.ts";

const scripts = {
  bash: `_tutti() {
  local IFS=$'\\n'
  COMPREPLY=($(tutti complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -o default -F _tutti tutti
`,
  zsh: `#compdef tutti
_tutti() {
  local -a found
  found=(\${(f)"$(tutti complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  compadd -a found
}
if [[ "\${funcstack[1]}" == _tutti ]]; then _tutti "$@"; else compdef _tutti tutti; fi
`,
  fish: `complete -c tutti -f -a '(tutti complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
} as const;

export const register: Register = (cli, session) =>
  cli
    .command(
      "completion [shell]",
      "Print the completion script of bash, zsh or fish",
      (args) =>
        args.positional("shell", {
          choices: ["bash", "zsh", "fish"] as const,
          default: "bash" as const,
          describe: "Shell",
        }),
      ({ shell }) => session.world.stdout.write(scripts[shell]),
    )
    .command(
      "complete",
      false,
      (args) => args,
      async (given) => {
        const { cwd } = given as typeof given & Globals;
        const words = session.rest;
        const found = await completions(path.resolve(session.world.cwd, cwd), words.slice(0, -1), words.at(-1) ?? "");
        for (const word of found) session.world.stdout.write(`${word}\n`);
      },
    );

/** Commands in the order of the help text; a test compares. */
export const commandNames = [
  "up",
  "preview",
  "refresh",
  "destroy",
  "drift",
  "resume",
  "recover",
  "unlock",
  "outputs",
  "list",
  "graph",
  "logs",
  "runs",
  "report",
  "sandbox",
  "new",
  "doctor",
  "env",
  "pulumi",
  "completion",
];
const globalOptions = ["--cwd", "--json", "--output", "--non-interactive", "--no-color", "--help"];
const selectingOptions = ["--env", "--all", "--with-dependencies", "--with-dependents"];
const resumingOptions = [
  "--concurrency",
  "--on-failure",
  "--resource-parallel",
  "--lock-timeout",
  "--detailed-exitcode",
  "--report",
  "--dry-run",
];
const runningOptions = [...selectingOptions, ...resumingOptions];
/** Options of each command beside the global ones; a test compares them with the help texts. */
export const commandOptions: Readonly<Record<string, readonly string[]>> = {
  up: [...runningOptions, "--yes", "--refresh"],
  preview: [...runningOptions, "--refresh", "--rehearse"],
  refresh: [...runningOptions, "--yes"],
  destroy: [...runningOptions, "--yes", "--remove", "--refresh"],
  drift: runningOptions,
  resume: [...resumingOptions, "--yes"],
  recover: ["--yes", "--adopt", "--clear", "--delete", "--lock-timeout"],
  unlock: ["--force"],
  outputs: ["--show-secrets"],
  list: selectingOptions,
  graph: [...selectingOptions, "--format"],
  doctor: ["--env"],
  logs: ["--run"],
  runs: ["--limit"],
  report: ["--report"],
  new: ["--needs", "--dir", "--stack", "--cloud", "--like", "--dry-run"],
  env: ["--env"],
  pulumi: ["--env"],
  sandbox: [],
};

/** Options whose next word is their value. */
const valued = new Set(
  "-C --cwd --output -e --env -j --concurrency --on-failure --resource-parallel --lock-timeout --report --format --run --limit --needs --dir --stack --cloud --like".split(
    " ",
  ),
);
const values: Readonly<Record<string, readonly string[]>> = {
  "--output": ["auto", ...outputKinds],
  "--on-failure": ["stop", "keep-going"],
  "--cloud": ["sandbox", "real"],
  "--format": ["tree", "mermaid", "dot", "json"],
  "--concurrency": ["auto", "50%", "100%"],
  "-j": ["auto", "50%", "100%"],
  "--report": reportKinds.map((kind) => `${kind}=`),
};
/** Commands whose words are stacks, runs, or a choice of their own; the words of the others are nothing we know. */
const takesStacks = new Set("up preview refresh destroy drift recover unlock outputs list graph logs".split(" "));
const takesRuns = new Set(["resume", "report"]);
const choices: Readonly<Record<string, readonly string[]>> = {
  new: ["stack", "task", "project", "component", "environment"],
  completion: ["bash", "zsh", "fish"],
  sandbox: ["fail", "slow", "limit", "faults", "list", "show", "edit", "delete"],
};

/** What may stand at this place and begins with `current`. A workspace with problems completes no names. */
export async function completions(
  directory: string,
  before: readonly string[],
  current: string,
): Promise<readonly string[]> {
  const fitting = (words: readonly string[], lead = ""): readonly string[] =>
    words.map((word) => lead + word).filter((word) => word.startsWith(current));
  const last = before.at(-1) ?? "";
  // bash splits at "=": what follows is a file's name, which shells complete themselves.
  if (last === "=" || current === "=") return [];
  if (values[last] !== undefined) return fitting(values[last]);
  const given = takenApart(before);
  const [command] = given.words;
  if (command === undefined && !valued.has(last)) return fitting([...commandNames, ...globalOptions]);
  if (current.startsWith("-")) return fitting([...(commandOptions[command ?? ""] ?? []), ...globalOptions]);
  if (command !== undefined && choices[command] !== undefined && given.words.length === 1 && !valued.has(last))
    return fitting(choices[command]);
  const wanted =
    last === "-e" || last === "--env"
      ? "environments"
      : last === "--run"
        ? "runs"
        : valued.has(last) || command === undefined
          ? undefined
          : takesStacks.has(command)
            ? "stacks"
            : takesRuns.has(command)
              ? "runs"
              : undefined;
  if (wanted === undefined) return [];
  try {
    const { open } = await import("../index.ts");
    const tutti = await open(path.resolve(directory, given.cwd));
    if (wanted === "environments") return fitting(Object.keys(tutti.workspace.environments));
    if (wanted === "runs") return fitting(tutti.runIds().slice(0, 50));
    const stacks = [...tutti.stacks.values()]
      .filter(({ environment }) => given.environments.length === 0 || given.environments.includes(environment))
      .map(({ id }) => id);
    // `!web.prod` and `...web.prod` are filters too.
    return fitting(stacks, /^(?:!|\.\.\.)/.exec(current)?.[0]);
  } catch {
    return [];
  }
}

/** The words that are no options nor their values, and what decides about names. */
function takenApart(before: readonly string[]) {
  const words: string[] = [];
  const environments: string[] = [];
  let cwd = ".";
  for (let at = 0; at < before.length; at++) {
    const word = before[at]!;
    const value = before[at + 1];
    if (valued.has(word)) {
      at++;
      if (value === undefined) break;
      if (word === "-C" || word === "--cwd") cwd = value;
      else if (word === "-e" || word === "--env") environments.push(value);
    } else if (!word.startsWith("-")) words.push(word);
  }
  return { words, environments, cwd };
}
