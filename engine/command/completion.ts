// `gen-completion <shell>`: the script that completes this engine's commands, flags and stacks. The script asks the program
// it completes, by the hidden command `__complete`.
import { EngineError } from "../state/error.ts";
import { displayName } from "../state/stackName.ts";
import { commandsBelow, parsedPath, type Surface } from "./args.ts";
import { surface } from "./commands.ts";
import type { CommandContext } from "./context.ts";

const scripts: Readonly<Record<string, string>> = {
  bash: `_pulumi() {
  local IFS=$'\\n'
  COMPREPLY=($("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  return 0
}
complete -o default -F _pulumi pulumi
`,
  zsh: `#compdef pulumi
_pulumi() {
  local -a found
  found=(\${(f)"$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  compadd -a found
}
if [[ "\${funcstack[1]}" == _pulumi ]]; then _pulumi "$@"; else compdef _pulumi pulumi; fi
`,
  fish: `complete -c pulumi -f -a '(set -l words (commandline -opc) (commandline -ct); $words[1] __complete -- $words[2..] 2>/dev/null)'
`,
};

/** `gen-completion <shell>` */
export async function genCompletion({ args, stdout }: CommandContext): Promise<number> {
  const [shell = ""] = args;
  if (!Object.hasOwn(scripts, shell)) throw new EngineError(`"${shell}" is not a supported shell`);
  stdout(scripts[shell]!);
  return 0;
}

/** `__complete -- <words>`: what may stand in place of the last word, one a line. */
export async function complete(context: CommandContext): Promise<number> {
  const before = context.args.slice(0, -1);
  const current = context.args.at(-1) ?? "";
  const found = completions(before, surface) ?? (await stacks(context));
  const fitting = found.filter((word) => word.startsWith(current) && (current !== "" || !word.startsWith("-")));
  for (const word of fitting) context.stdout(`${word}\n`);
  return 0;
}

/** The words that may follow these; undefined where stacks may. */
export function completions(before: readonly string[], surface: Surface): readonly string[] | undefined {
  const { path, flag } = parsedPath(before, surface);
  if (flag !== undefined) return ["stack", "source", "dest"].includes(flag) ? undefined : [];
  const command = surface.commands.find((each) => each.path.join(" ") === path.join(" "));
  const flags = Object.entries({ ...surface.globals, ...command?.flags, help: { help: "help" } });
  const shown = flags.filter(([, { help }]) => help !== undefined).map(([name]) => `--${name}`);
  const words = [...commandsBelow(path, surface.commands).keys(), ...shown];
  if (!takesStack.has(path.join(" "))) return words;
  const last = before.at(-1) ?? "";
  return last === path.at(-1) ? undefined : words;
}

/** Commands whose first argument is a stack. */
const takesStack = new Set(["stack select", "stack rm", "cancel"]);

/** The stacks of the project, as far as they can be listed. */
async function stacks(context: CommandContext): Promise<readonly string[]> {
  try {
    const { name } = await context.project();
    return (await (await context.backend()).list(name)).map((stack) => displayName(stack, name));
  } catch {
    return [];
  }
}
