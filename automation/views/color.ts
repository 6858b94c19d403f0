// Whether and how to colour. One decision a stream: --no-color and NO_COLOR win, then FORCE_COLOR, then whether it is a
// terminal; CI logs are coloured only when asked (https://no-color.org, https://force-color.org).
import pc from "picocolors";
import { isCi, type Variables } from "../variables.ts";

export type Palette = ReturnType<typeof pc.createColors>;

/** What decides about colour. */
export interface ColorWorld {
  readonly variables: Variables;
  readonly isTerminal: boolean;
  /** `--no-color`, `--color`; undefined when neither was given. */
  readonly option: boolean | undefined;
}

export function wantsColor({ variables, isTerminal, option }: ColorWorld): boolean {
  if (option === false) return false;
  if (variables["NO_COLOR"]) return false;
  if (option === true) return true;
  const forced = variables["FORCE_COLOR"];
  if (forced !== undefined && forced !== "") return forced !== "0" && forced !== "false";
  if (variables["TERM"] === "dumb") return false;
  return isTerminal && !isCi(variables);
}

/** Functions that colour a text, or leave it as it is. */
export function createPalette(color: boolean): Palette {
  return pc.createColors(color);
}
