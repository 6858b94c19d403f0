// Schedules in the form of cron: checked field by field, since a cloud tells of a wrong one only when nothing ran.
import type { ArgumentCheck } from "./arguments.ts";

export interface Schedule {
  /** Minute, hour, day of the month, month, day of the week: `30 2 * * 1-5`. */
  readonly cron: string;
  /** Where that time is, `Europe/Berlin`; `Etc/UTC` by default. */
  readonly timeZone?: string;
  /** Do not run by itself for now; off by default. */
  readonly paused?: boolean;
}

const fields = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day of the month", min: 1, max: 31 },
  { name: "month", min: 1, max: 12 },
  { name: "day of the week", min: 0, max: 7 },
] as const;

/** What is wrong with a schedule, as the rest of "expected ..."; undefined when nothing is. Names of days and months are not taken. */
export function cronProblem(cron: string): string | undefined {
  const parts = cron.trim().split(/\s+/);
  if (parts.length !== fields.length)
    return `five fields (minute, hour, day, month, day of the week), these are ${parts.length}`;
  for (const [index, { name, min, max }] of fields.entries()) {
    const fits = parts[index]!.split(",").every((part) => {
      const [, all, from, to, step] = /^(?:(\*)|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part) ?? [];
      if (all === undefined && from === undefined) return false;
      if (step !== undefined && (Number(step) < 1 || Number(step) > max)) return false;
      if (all !== undefined) return true;
      const [first, last] = [Number(from), Number(to ?? from)];
      return first >= min && last <= max && first <= last;
    });
    if (!fits) return `a ${name} from ${min} to ${max}, a range, a list or *, not ${JSON.stringify(parts[index])}`;
  }
  return undefined;
}

export function checkSchedule(check: ArgumentCheck, argument: string, { cron, timeZone = "Etc/UTC" }: Schedule): void {
  const problem = cronProblem(cron);
  if (problem !== undefined) check.refuse(`${argument}.cron`, cron, problem);
  if (!isTimeZone(timeZone)) check.refuse(`${argument}.timeZone`, timeZone, 'a time zone such as "Europe/Berlin"');
}

/** The list is the one that Node has of the IANA database. */
function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
