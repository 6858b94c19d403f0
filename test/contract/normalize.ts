// Makes what two runs of a scenario left behind comparable: what is random, a path, a time or a ciphertext becomes a name,
// the same name wherever the same value appears; what has no order is sorted.
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Names for values that differ from run to run; one a scenario, so that a value keeps its name over the steps. */
export class Names {
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #dates: Set<string>[] = [];

  /** Gives the value a name made of its meaning and a number, unless it has one. */
  add(value: string, meaning: string): void {
    if (value === "" || this.#names.has(value)) return;
    const count = (this.#counts.get(meaning) ?? 0) + 1;
    this.#counts.set(meaning, count);
    this.#names.set(value, `<${meaning} ${count}>`);
  }

  /** Begins a step: dates that are new belong to it. */
  step(): void {
    this.#dates.push(new Set());
  }

  /** The step in which the date came up first. */
  dated(date: string): string {
    const known = this.#dates.findIndex((step) => step.has(date));
    if (known < 0) this.#dates.at(-1)!.add(date);
    return `<step ${known < 0 ? this.#dates.length : known + 1}>`;
  }

  /** The text with every named value replaced, the longest first. */
  replace(text: string): string {
    const values = [...this.#names.keys()].sort((a, b) => b.length - a.length);
    const named = values.reduce((result, value) => result.replaceAll(value, this.#names.get(value)!), text);
    return named.replaceAll(/(?<=\/127\.0\.0\.1:)\d{5}/g, "<port>");
  }
}

interface ResourceRecord {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Record<string, Json>;
  readonly outputs?: Record<string, Json>;
  readonly [key: string]: unknown;
}

interface ExportedDeployment {
  readonly version: number;
  readonly deployment: null | {
    readonly resources?: readonly ResourceRecord[];
    readonly pending_operations?: readonly { readonly type: string; readonly resource: ResourceRecord }[];
  };
}

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const generated = ["id", "result", "hex", "dec", "b64Std", "b64Url", "base64", "bcryptHash"];
/** What is longer is there for its size: a recording is to be read. */
const longest = 100_000;
const dates = ["created", "modified"];
const timestamps = [...dates, "sourcePosition", "stackTrace", "snippetIndex"];

/** A checkpoint as `stack export --show-secrets` prints it. Resources are sorted by URN: each engine may order them freely. */
export function normalizeState(exported: unknown, names: Names, dated = false): Json {
  names.step();
  const { deployment } = exported as ExportedDeployment;
  if (deployment === null) return null;
  const resources = deployment.resources ?? [];
  for (const resource of [...resources].sort(byUrn)) nameRandom(resource, names);
  const record = (resource: ResourceRecord): Json => {
    const kept = Object.entries(resource).filter(([key]) => !timestamps.includes(key));
    const when = dates.flatMap((key) => (dated && typeof resource[key] === "string" ? [key] : []));
    return {
      ...(tidy(Object.fromEntries(kept) as Json, names) as object),
      ...Object.fromEntries(when.map((key) => [key, names.dated(resource[key] as string)])),
    };
  };
  return {
    resources: [...resources].sort(byUrn).map(record),
    pending: (deployment.pending_operations ?? []).map(({ type, resource }) => ({ type, resource: record(resource) })),
  };
}

/** Superseded resources, marked for deletion, come after the one that lives. */
function byUrn(a: ResourceRecord, b: ResourceRecord): number {
  const key = (r: ResourceRecord) => `${r.urn} ${r["delete"] === true ? 1 : 0}`;
  return key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0;
}

function nameRandom({ urn, type, id, outputs }: ResourceRecord, names: Names): void {
  const name = urn.slice(urn.lastIndexOf("::") + 2);
  if (type.startsWith("pulumi:providers:") && id) names.add(id, `id of provider ${name}`);
  if (!type.startsWith("random:")) return;
  if (id) names.add(id, `id of ${name}`);
  for (const key of generated) {
    const value = plain(outputs?.[key]);
    if (typeof value === "string") names.add(value, `${key} of ${name}`);
  }
}

/** What `--show-secrets` made of a secret: its JSON text. */
function plain(value: Json | undefined): Json | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value) || !(SIGNATURE in value)) return value;
  const text = value["plaintext"];
  return typeof text === "string" ? (JSON.parse(text) as Json) : value;
}

function tidy(value: Json, names: Names): Json {
  if (typeof value === "string") return value.length > longest ? `<${value.length} characters>` : names.replace(value);
  if (Array.isArray(value)) return value.map((element) => tidy(element, names));
  // JSON.stringify would make it 0.
  if (Object.is(value, -0)) return "<minus zero>";
  if (typeof value !== "object" || value === null) return value;
  if (SIGNATURE in value && typeof value["plaintext"] === "string") {
    return { secret: tidy(JSON.parse(value["plaintext"]) as Json, names) };
  }
  const entries = Object.entries(value).map(([key, element]): [string, Json] => [
    names.replace(key),
    tidyProperty(key, element, names),
  ]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function tidyProperty(key: string, value: Json, names: Names): Json {
  if (key === "__provider" && typeof value === "string") return "<code>";
  // Sets in all but their JSON form: the engine makes no promise about their order.
  if ((key === "dependencies" || key === "aliases") && Array.isArray(value))
    return (tidy(value, names) as string[]).sort();
  if (key === "propertyDependencies" && typeof value === "object" && value !== null && !Array.isArray(value)) {
    const sorted = Object.entries(value).map(([k, list]) => [k, Array.isArray(list) ? [...list].sort() : list]);
    return tidy(Object.fromEntries(sorted) as Json, names);
  }
  return tidy(value, names);
}

export interface StepRecord {
  readonly outcome: "succeeded" | "failed";
  /** Operations by URN, each with why; events of one URN in their order. */
  readonly events: Json;
  /** Errors and warnings, sorted: severity and URN count, the wording is for the reader. */
  readonly diagnostics: readonly { readonly severity: string; readonly urn: string; readonly message: string }[];
  readonly changes: Json;
  readonly state: Json;
  readonly cloud: readonly string[];
  /** What the program said of what it saw; absent when it said nothing. */
  readonly said?: readonly string[];
}

/** Without colours, stack traces and ends of lines: nothing of the machine is left in it. */
function readable(message: string): string {
  const lines = message.replace(/<\{%[^%]*%\}>/g, "").split("\n");
  return lines
    .filter((line) => !/^\s+at /.test(line))
    .join("\n")
    .trim();
}

/** The events of one operation, grouped by URN: order between resources is free where dependencies do not fix it. */
export function normalizeEvents(
  events: readonly EngineEvent[],
  names: Names,
  { told = false, informed = false }: { readonly told?: boolean; readonly informed?: boolean } = {},
): Pick<StepRecord, "events" | "diagnostics" | "changes"> {
  const byResource: Record<string, Json[]> = {};
  const diagnostics: { severity: string; urn: string; message: string }[] = [];
  let changes: Json = {};
  const severities = ["error", "warning", ...(informed ? ["info"] : [])];
  for (const event of events) {
    const [kind, step] = event.resourcePreEvent
      ? (["before", event.resourcePreEvent.metadata] as const)
      : event.resOutputsEvent
        ? (["after", event.resOutputsEvent.metadata] as const)
        : event.resOpFailedEvent
          ? (["failed", event.resOpFailedEvent.metadata] as const)
          : [undefined, undefined];
    if (step) {
      const why: Record<string, Json> = {};
      if (step.keys?.length) why["keys"] = [...step.keys].sort();
      if (step.diffs?.length) why["diffs"] = [...step.diffs].sort();
      if (step.detailedDiff && Object.keys(step.detailedDiff).length > 0)
        why["detailed"] = tidy(step.detailedDiff as unknown as Json, names);
      const { old = null, new: now = null, logical = false } = step;
      const planning = (event.resourcePreEvent ?? event.resOutputsEvent)?.planning ?? false;
      const states: Record<string, unknown> = told ? { old, new: now, logical, planning } : {};
      const entry = tidy({ event: kind, op: step.op, ...why, ...(states as Record<string, Json>) }, names);
      const urn = names.replace(step.urn);
      byResource[urn] = [...(byResource[urn] ?? []), entry];
    }
    const diagnostic = event.diagnosticEvent;
    if (diagnostic && !diagnostic.ephemeral && severities.includes(diagnostic.severity)) {
      const message = readable(names.replace(diagnostic.message));
      // Where the engine found a plugin is the machine's affair; and the real plugin logs beside what it answers.
      if (/^using \S+ from \$PATH|^\[ERROR\] /.test(message)) continue;
      diagnostics.push({ severity: diagnostic.severity, urn: names.replace(diagnostic.urn ?? ""), message });
    }
    if (event.summaryEvent) changes = tidy((event.summaryEvent.resourceChanges ?? {}) as unknown as Json, names);
  }
  const sorted = Object.fromEntries(Object.entries(byResource).sort(([a], [b]) => (a < b ? -1 : 1)));
  const rank = (d: (typeof diagnostics)[number]) => `${d.severity} ${d.urn} ${d.message}`;
  return { events: sorted, diagnostics: diagnostics.sort((a, b) => (rank(a) < rank(b) ? -1 : 1)), changes };
}
