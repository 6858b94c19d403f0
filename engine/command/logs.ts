// `logs`: what the resources of a stack have logged in their clouds, as their providers answer. No provider that this engine
// serves has logs, as none of the official engine's for the same resources has; a stack that cannot be read is refused all
// the same. Log files of the CLI itself (`logs list`): this engine writes none.
import { EngineError } from "../state/error.ts";
import { displayName } from "../state/stackName.ts";
import type { CommandContext } from "./context.ts";
import { timeText, wantsJson } from "./print.ts";
import { openStack, programConfig, readConfig } from "./stack.ts";

/** `logs [--since] [--follow] [--json]`; following ends with an interrupt. */
export async function logs(context: CommandContext): Promise<number> {
  const { flags, stdout, signal } = context;
  const { name: project } = await context.project();
  const stack = await openStack(context);
  await programConfig(context, stack, await readConfig(context, stack.name));
  const since = sinceTime(flags.string("since") ?? "1h", Date.now());
  const follow = flags.boolean("follow");
  if (!flags.boolean("json"))
    stdout(`Collecting logs for stack ${displayName(stack.name, project)} since ${timeText(since)}.\n\n`);
  else if (!follow) stdout("null\n");
  if (follow && !signal.aborted)
    await new Promise<void>((resolve) => {
      // A signal alone keeps no process alive.
      const alive = setInterval(() => {}, 2 ** 30);
      const end = () => {
        clearInterval(alive);
        resolve();
      };
      signal.addEventListener("abort", end, { once: true });
    });
  return 0;
}

const units: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};

/** Seconds since 1970, of a duration before `now` (`1h30m`), seconds since 1970, or a date. @throws EngineError for neither. */
function sinceTime(text: string, now: number): number {
  if (/^([\d.]+(h|ms|us|µs|ns|m|s))+$/.test(text)) {
    const parts = [...text.matchAll(/([\d.]+)(h|ms|us|µs|ns|m|s)/g)];
    const duration = parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * units[unit]!, 0);
    return Math.floor((now - duration) / 1000);
  }
  const time = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Math.floor(Date.parse(text) / 1000);
  if (Number.isNaN(time))
    throw new EngineError(
      `failed to parse argument to '--since' as duration or timestamp: "${text}"; write 90s, 1h30m, or 2006-01-02T15:04:05Z`,
    );
  return time;
}

/** `logs list`, `logs remove` */
export async function noLogFiles({ flags, stdout }: CommandContext): Promise<number> {
  stdout(wantsJson(flags) ? "[]\n" : "No log files found: this engine writes none\n");
  return 0;
}

/** `logs decrypt` */
export async function noLogFile(): Promise<number> {
  throw new EngineError("no log files found: this engine writes none");
}
