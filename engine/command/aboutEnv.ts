// `about env`: the variables of the environment that this engine heeds, and what they are set to. What keeps secrets is
// not shown.
import type { CommandContext } from "./context.ts";
import { tableText } from "./print.ts";

/** By name; a test compares them with those that the engine's source reads. */
const variables: Readonly<Record<string, string>> = {
  PULUMI_BACKEND_URL: "The backend to use, whatever one is logged in to and Pulumi.yaml says",
  PULUMI_CONFIG_PASSPHRASE: "The passphrase of secrets",
  PULUMI_CONFIG_PASSPHRASE_FILE: "A file that holds the passphrase of secrets",
  PULUMI_CONTINUE_ON_ERROR: "Whether up and destroy go on after an error",
  PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "Whether operations leave no copy of the state in .pulumi/backups",
  PULUMI_DIY_BACKEND_GZIP: "Whether states and history are written compressed, by gzip",
  PULUMI_DIY_BACKEND_RETAIN_CHECKPOINTS: "Whether each state that is written stays, in a file of its own",
  PULUMI_DIY_BACKEND_ZSTD: "Whether states and history are written compressed, by Zstandard",
  PULUMI_HOME: "The folder of what is remembered for a user: selected stacks, the backend one is logged in to",
  PULUMI_PARALLEL: "How many resource operations may run at once",
  PULUMI_SKIP_CONFIRMATIONS: "Whether operations go on without --yes",
  PULUMI_STACK: "The stack to work on, in place of the selected one",
  "PULUMI_OPTION_<FLAG>": "The value of a flag that is not given, for example PULUMI_OPTION_REFRESH",
};

/** `about env` */
export async function aboutEnv({ env, stdout }: CommandContext): Promise<number> {
  const rows = Object.entries(variables).map(([name, description]) => {
    const value = name === "PULUMI_CONFIG_PASSPHRASE" ? env[name] && "[secret]" : JSON.stringify(env[name]);
    return [name, description, value ?? "unset"];
  });
  const flags = Object.keys(env).filter((name) => name.startsWith("PULUMI_OPTION_"));
  for (const name of flags.sort()) rows.push([name, "", JSON.stringify(env[name]!)]);
  stdout(tableText(["Variable", "Description", "Value"], rows));
  return 0;
}
