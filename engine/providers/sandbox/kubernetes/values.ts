// Checks of values that several Kubernetes objects have.
import type { Report } from "../kind.ts";
import { didYouMean } from "../suggest.ts";
import type { View } from "../view.ts";

/** Reports a value that is none of the choices. */
export function checkChoiceOf(value: View, report: Report, path: string, choices: readonly string[]): void {
  const text = value.string;
  if (text !== undefined && !choices.includes(text))
    report(path, `"${text}" is none of ${choices.join(", ")}${didYouMean(text, choices)}`);
}

/** Reports what is neither a port number nor (a string) the name of one. */
export function checkPort(value: View, report: Report, path: string): void {
  const port = value.number;
  if (port !== undefined && (!Number.isInteger(port) || port < 1 || port > 65535))
    report(path, `${port} is not a port: 1 to 65535`);
  const name = value.string;
  if (name !== undefined && !/^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/.test(name))
    report(path, `"${name}" is no name of a port: up to 15 characters of a-z, 0-9 and -`);
}

/** Whether a text is a quantity: `500m`, `2`, `1.5Gi`, `1e3`. */
export function isQuantity(text: string): boolean {
  return /^[+-]?(\d+(\.\d*)?|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/.test(text);
}

const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The number that a quantity stands for. */
export function quantityOf(text: string): number {
  const suffix = /([KMGTPE]i|[numkMGTPE])$/.exec(text)?.[1];
  return suffix === undefined ? Number(text) : Number(text.slice(0, -suffix.length)) * factors[suffix]!;
}

/** Reports what is neither a count nor a percentage. */
export function checkCountOrPercentage(value: View, report: Report, path: string): void {
  const text = value.string;
  if (text !== undefined && !/^\d+%$/.test(text))
    report(path, `"${text}" is neither a number nor a percentage such as "50%"`);
  const count = value.number;
  if (count !== undefined && (count < 0 || !Number.isInteger(count)))
    report(path, `${count} is not a whole number of 0 or more`);
}

/** Reports a number that is not whole or less than the least. */
export function checkAtLeast(value: View, report: Report, path: string, least: number): void {
  const count = value.number;
  if (count !== undefined && (count < least || !Number.isInteger(count)))
    report(path, `${count} is not a whole number of ${least} or more`);
}
