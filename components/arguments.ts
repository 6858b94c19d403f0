// Checks of the plain arguments of a component: turns wrong ones into one error that names them all.
// Made to be used before `super(...)`, so that nothing is registered when an argument is wrong. Only plain values are
// looked at, never a pulumi.Input: what may be secret cannot end up in a message.
import { RunError } from "@pulumi/pulumi";
import { type NameRule, nameProblem } from "./names.ts";

const shownLength = 80;

/** Collects what is wrong with the arguments of one component; `done` throws it, as an error without a stack trace. */
export class ArgumentCheck {
  readonly #component: string;
  readonly #problems: string[] = [];
  /** Arguments by the type and name of the children that they lead to. */
  readonly #children = new Map<string, string>();

  /** `component` and `name` open the message: `Postgres "main": ...`. The name itself is checked here too. */
  constructor(component: string, name: string) {
    this.#component = `${component} ${show(name)}`;
    this.matches(
      "name",
      name,
      /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/,
      "lower-case letters, digits and dashes, first a letter, last no dash",
    );
  }

  /** Refuses a value; `expected` ends the sentence "<argument> is <value>, expected ...". */
  refuse(argument: string, value: unknown, expected: string): void {
    this.#problems.push(`${argument} is ${show(value)}, expected ${expected}`);
  }

  /** A whole number in a closed range; `unit` is what it counts. */
  integer(argument: string, value: number, range: { min: number; max: number; unit?: string }): void {
    const { min, max, unit } = range;
    if (Number.isInteger(value) && value >= min && value <= max) return;
    this.refuse(argument, value, `a whole number from ${min} to ${max}${unit === undefined ? "" : ` (${unit})`}`);
  }

  /** One of the choices of a union, for callers whom no compiler told. */
  oneOf(argument: string, value: unknown, choices: readonly (string | number)[]): void {
    if (choices.includes(value as string | number)) return;
    this.refuse(argument, value, `one of ${choices.map((choice) => show(choice)).join(", ")}`);
  }

  /** A text of a certain form; `expected` says the form in words. */
  matches(argument: string, value: unknown, form: RegExp, expected: string): void {
    if (typeof value === "string" && form.test(value)) return;
    this.refuse(argument, value, expected);
  }

  /** The name that a child gets (or, autonamed, begins with) must be one that the cloud takes. */
  childName(argument: string, name: string, rule: NameRule): void {
    const problem = nameProblem(name, rule);
    if (problem !== undefined) this.refuse(argument, name, problem);
  }

  /**
   * Children of one type are told apart by their names, and two keys may lead to one name (`a` and `b-c`, `a-b` and `c`). `type` is
   * any word for the type.
   */
  distinct(argument: string, type: string, name: string): void {
    const child = `${type} ${name}`;
    const other = this.#children.get(child);
    if (other !== undefined) this.refuse(argument, name, `a name of its own, ${other} leads to it already`);
    else this.#children.set(child, argument);
  }

  /** @throws RunError naming every refused argument, its value and what would be right. */
  done(): void {
    if (this.#problems.length === 0) return;
    const [first] = this.#problems;
    throw new RunError(
      this.#problems.length === 1
        ? `${this.#component}: ${first}`
        : `${this.#component}: ${this.#problems.length} wrong arguments\n${this.#problems.map((problem) => `  ${problem}`).join("\n")}`,
    );
  }
}

function show(value: unknown): string {
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > shownLength ? `${text.slice(0, shownLength)}...` : text;
}
