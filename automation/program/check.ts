// Checks values against the schemas of a contract, beside the value and never through `apply`: apply would make an object
// with one secret or unknown part wholly so, and would fail late, after other resources were made.
import * as pulumi from "@pulumi/pulumi";
import type * as z from "zod";
import { complaint, secretPaths } from "../schema.ts";
import { look } from "./inside.ts";

/**
 * Checks a value read from another stack and gives it the secrecy its contract declares. What is not known yet passes.
 *
 * @throws RunError that begins with `what`.
 */
export async function checkRead(what: string, schema: z.ZodType, value: unknown): Promise<pulumi.Output<unknown>> {
  const seen = await look(value);
  const wrong = seen.known ? complaint(schema, seen.value) : undefined;
  if (wrong !== undefined) throw new pulumi.RunError(`${what}: ${wrong}`);
  return secretPaths(schema).length > 0 ? pulumi.secret(value) : pulumi.output(value);
}

/**
 * Checks a value that a program returns: the schema fits, what is declared secret becomes secret, and what is declared
 * plain is not secret (it would be readable in every dependent's state).
 *
 * @throws RunError that begins with `what`.
 */
export async function checkWrite(what: string, schema: z.ZodType, value: unknown): Promise<unknown> {
  const paths = secretPaths(schema);
  await refuseLeaks(what, value, paths);
  const seen = await look(value);
  // A provider may leave out of its prediction what it has yet to compute, and an Output of that is known to be nothing.
  if (pulumi.runtime.isDryRun() && pulumi.Output.isInstance(value) && seen.known && seen.value === undefined) {
    return checkWrite(what, schema, seen.secret ? pulumi.secret(pulumi.unknown) : pulumi.output(pulumi.unknown));
  }
  const wrong = seen.known ? complaint(schema, seen.value) : undefined;
  if (wrong !== undefined) throw new pulumi.RunError(`${what}: ${wrong}`);
  return hide(value, paths);
}

type Paths = readonly (readonly string[])[];

/** Paths that go on below a property. */
function below(paths: Paths, key: string): Paths {
  return paths.filter(([first]) => first === key || first === "*").map((path) => path.slice(1));
}

const whole = (paths: Paths): boolean => paths.some((path) => path.length === 0);

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || pulumi.Output.isInstance(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

async function refuseLeaks(what: string, value: unknown, paths: Paths): Promise<void> {
  if (whole(paths)) return;
  if (Array.isArray(value)) {
    for (const [index, part] of value.entries()) await refuseLeaks(`${what}[${index}]`, part, below(paths, "*"));
    return;
  }
  if (isPlain(value)) {
    for (const [key, part] of Object.entries(value)) await refuseLeaks(`${what}.${key}`, part, below(paths, key));
    return;
  }
  // An Output that holds a declared secret somewhere inside is secret as a whole, which is right.
  if (paths.length > 0) return;
  if ((await look(value)).secret) {
    throw new pulumi.RunError(
      `${what} is declared plain, but its value is secret: declare it with secret(...), or return pulumi.unsecret(...) if it may be read`,
    );
  }
}

/** Wraps what is declared secret, as deep as the structure is plain; an Output on the way is wrapped as a whole. */
function hide(value: unknown, paths: Paths): unknown {
  if (paths.length === 0 || value === undefined || value === null) return value;
  if (whole(paths) || (!Array.isArray(value) && !isPlain(value))) return pulumi.secret(value);
  if (Array.isArray(value)) return value.map((part) => hide(part, below(paths, "*")));
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, hide(part, below(paths, key))]));
}
