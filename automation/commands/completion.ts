// `tutti completion <shell>`: the script that completes commands, options, environments and stacks. The script asks the
// hidden command `complete`, which loads the contracts of the workspace, neither Pulumi nor a view.
import path from "node:path";
import type { Globals, Register } from "./command.ts";

const scripts = {
  bash: `_tutti() {
  local IFS=$'\\n'
  COMPREPLY=($(tutti complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _tutti tutti
`,
  zsh: `#compdef tutti
_tutti() {
  local -a found
  found=(\${(f)"$(tutti complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  compadd -a found
}
compdef _tutti tutti
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
  preview: [...runningOptions, "--refresh"],
  refresh: [...runningOptions, "--yes"],
  destroy: [...runningOptions, "--yes", "--remove", "--refresh"],
  drift: runningOptions,
  resume: [...resumingOptions, "--yes"],
  recover: ["--yes", "--adopt", "--clear", "--delete", "--lock-timeout"],
  unlock: ["--force"],
  outputs: ["--show-secrets"],
  list: selectingOptions,
  graph: [...selectingOptions, "--format"],
  logs: ["--run"],
  runs: ["--limit"],
  report: ["--report"],
  env: ["--env"],
  pulumi: ["--env"],
  sandbox: [],
};

/** What may stand at this place and begins with `current`. A workspace with problems completes no names. */
export async function completions(
  directory: string,
  before: readonly string[],
  current: string,
): Promise<readonly string[]> {
  const fitting = (words: readonly string[]): readonly string[] => words.filter((word) => word.startsWith(current));
  const [command] = before;
  if (command === undefined) return fitting([...commandNames, ...globalOptions]);
  if (current.startsWith("-")) return fitting([...(commandOptions[command] ?? []), ...globalOptions]);
  const last = before.at(-1);
  if (last === "--output") return fitting(["auto", "live", "lines", "json", "quiet"]);
  if (last === "--on-failure") return fitting(["stop", "keep-going"]);
  if (last === "--format") return fitting(["tree", "mermaid", "dot", "json"]);
  try {
    const { open } = await import("../index.ts");
    const { workspace, stacks } = await open(directory);
    return fitting(last === "-e" || last === "--env" ? Object.keys(workspace.environments) : [...stacks.keys()]);
  } catch {
    return [];
  }
}
