// Whether a terminal shows more than ASCII, and our own signs in ASCII for those that do not. What users named stays as it is.
import type { Variables } from "../variables.ts";

/** By the locale, as terminals themselves decide; the Linux console has UTF-8, but not our signs. */
export function showsUnicode(variables: Variables): boolean {
  if (variables["TERM"] === "linux" || variables["TERM"] === "dumb") return false;
  const locale = variables["LC_ALL"] || variables["LC_CTYPE"] || variables["LANG"] || "";
  return /UTF-?8/i.test(locale);
}

const ascii: Readonly<Record<string, string>> = { "→": "->", "…": "...", "▸": ">", "✔": "+", "✖": "x", "·": "-" };

/** The text with our own signs in ASCII. */
export function asciiSigns(text: string): string {
  return text.replace(/[→…▸✔✖·]/g, (sign) => ascii[sign]!);
}
