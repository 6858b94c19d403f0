// `stack history`: the operations that changed a stack, newest first.
import { configText, holdsSecure, isStructured, revealed } from "../state/configValue.ts";
import type { UpdateInfo } from "../state/history.ts";
import type { JsonObject, JsonValue } from "../state/json.ts";
import { arrayText, mapText, plainText, sortedText, stringText, structText } from "../state/json.ts";
import type { CommandContext } from "./context.ts";
import { ago, jsonText, timeText, wantsJson } from "./print.ts";
import { configDecrypter, openStack, readConfig } from "./stack.ts";

/** `stack history [--json] [--show-secrets] [--page-size n] [--page n]` */
export async function stackHistory(context: CommandContext): Promise<number> {
  const { flags } = context;
  const stack = await openStack(context);
  const page = flags.number("page") ?? 1;
  const updates = await stack.backend.history(stack.name, flags.number("page-size") ?? 10, page);
  if (!wantsJson(flags)) {
    context.stdout(historyText(updates, page, flags.boolean("full-dates")));
    return 0;
  }
  const reveal = flags.boolean("show-secrets") ? await historyDecrypter(context, updates) : undefined;
  context.stdout(jsonText(arrayText(updates.map((update) => updateJson(update, reveal)))));
  return 0;

  async function historyDecrypter(of: CommandContext, list: readonly UpdateInfo[]) {
    const values = new Map(
      list.flatMap(({ config }) => Object.entries(config)).filter(([, value]) => holdsSecure(value)),
    );
    return configDecrypter(of, stack, await readConfig(of, stack.name), values);
  }
}

function updateJson(update: UpdateInfo, reveal: ((ciphertext: string) => string) | undefined): string {
  return structText([
    ["version", "0"],
    ["kind", stringText(update.kind)],
    ["startTime", stringText(timeText(update.startTime))],
    ["message", stringText(update.message)],
    ["environment", sortedText(update.environment)],
    [
      "config",
      mapText(
        Object.entries(update.config).map(([key, value]) => [key, plainText(configJson(value, reveal))] as const),
      ),
    ],
    ["result", stringText(update.result)],
    ["endTime", update.result === "in-progress" ? undefined : stringText(timeText(update.endTime))],
    ["resourceChanges", update.result === "in-progress" ? undefined : sortedText(update.resourceChanges)],
  ]);
}

/** `{ value, objectValue?, secret }`; without a way to reveal, a secret has no value. */
export function configJson(value: JsonValue, reveal: ((ciphertext: string) => string) | undefined): JsonObject {
  const secret = holdsSecure(value);
  if (secret && reveal === undefined) return { secret };
  let plain: JsonValue;
  try {
    plain = revealed(value, (ciphertext) => reveal!(ciphertext));
  } catch {
    return { value: "ERROR_UNABLE_TO_DECRYPT", secret }; // encrypted with a key of old: the rest is still worth showing
  }
  const text = configText(plain);
  return { value: text, ...(isStructured(value) ? { objectValue: sorted(plain) } : {}), secret };
}

function sorted(value: JsonValue): JsonValue {
  return JSON.parse(sortedText(value)) as JsonValue;
}

function historyText(updates: readonly UpdateInfo[], page: number, fullDates: boolean): string {
  if (updates.length === 0)
    return page > 1 ? `No stack updates found on page '${page}'\n` : "Stack has never been updated\n";
  const count = (update: UpdateInfo, op: string) => update.resourceChanges[op] ?? 0;
  return updates
    .map((update) => {
      const started = timeText(update.startTime);
      const lines = [
        "Version: 0",
        `UpdateKind: ${update.kind}`,
        `Status: ${update.result}`,
        `Message: ${update.message}`,
        `+${count(update, "create")}-${count(update, "delete")}~${count(update, "update")} ${count(update, "same")} ` +
          `Updated ${fullDates ? started : ago(started, Date.now())} took ${update.endTime - update.startTime}s`,
        ...Object.entries(update.environment)
          .filter(([, value]) => value.trim() !== "")
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, value]) => `    ${key}: ${value}`),
      ];
      return `${lines.join("\n")}\n\n`;
    })
    .join("");
}
