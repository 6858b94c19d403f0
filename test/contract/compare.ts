// Says where two records of a scenario differ: step, part and the two values. The wording of diagnostics is each engine's own.
import { isDeepStrictEqual } from "node:util";
import type { StepRecord } from "./normalize.ts";

export interface Difference {
  /** e.g. `step 2: state.resources urn:... inputs.value`. */
  readonly where: string;
  readonly expected: unknown;
  readonly got: unknown;
}

export function differences(expected: readonly StepRecord[], got: readonly StepRecord[]): readonly Difference[] {
  const found: Difference[] = [];
  for (let index = 0; index < Math.max(expected.length, got.length); index++) {
    walk(`step ${index + 1}`, comparable(expected[index]), comparable(got[index]), found);
  }
  return found;
}

export function describe(found: readonly Difference[]): string {
  return found
    .map(({ where, expected, got }) => `${where}\n  expected ${show(expected)}\n  got      ${show(got)}`)
    .join("\n");
}

function comparable(step: StepRecord | undefined): unknown {
  if (!step) return undefined;
  // Each of the promises that a failed program leaves behind may be reported once more: how many is a matter of time.
  const diagnostics = [...new Set(step.diagnostics.map(({ severity, urn }) => `${severity} ${urn}`))];
  const events = step.outcome === "failed" ? withoutStackOutputs(step.events) : step.events;
  return { ...step, events, diagnostics, state: step.state && byUrn(step.state as unknown as State) };
}

/** Whether a program that fails had given its stack's outputs before it ended is a matter of time. */
function withoutStackOutputs(events: StepRecord["events"]): unknown {
  const isStack = (urn: string) => urn.includes("::pulumi:pulumi:Stack::");
  return Object.fromEntries(
    Object.entries(events as unknown as Record<string, readonly { readonly event: string }[]>).map(([urn, some]) => [
      urn,
      isStack(urn) ? some.filter(({ event }) => event !== "after") : some,
    ]),
  );
}

interface State {
  readonly resources: readonly { readonly urn: string; readonly delete?: boolean }[];
  readonly pending: unknown;
}

function byUrn({ resources, pending }: State): unknown {
  const found: Record<string, unknown> = {};
  for (const resource of resources) {
    const key = resource.delete ? `${resource.urn} (to be deleted)` : resource.urn;
    found[key in found ? `${key} (again)` : key] = resource;
  }
  return { resources: found, pending };
}

function walk(where: string, expected: unknown, got: unknown, found: Difference[]): void {
  if (isDeepStrictEqual(expected, got)) return;
  if (!isObject(expected) || !isObject(got)) {
    found.push({ where, expected, got });
    return;
  }
  for (const key of new Set([...Object.keys(expected), ...Object.keys(got)])) {
    walk(`${where} ${key}`, expected[key], got[key], found);
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function show(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 400 ? `${text.slice(0, 400)}...` : text;
}
