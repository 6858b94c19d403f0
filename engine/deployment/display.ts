// What people see of an operation: plain lines, folded from its events, in the manner of the official CLI off a terminal.
// Steps as they begin and end, then diagnostics by resource, the stack's outputs and what changed in them, and counts.
import { usualPort } from "../language/debugger.ts";
import type { Emitted, EngineEvent, EventSink, StepMetadata, SummaryEvent } from "./events.ts";
import { outputsText } from "./outputsText.ts";
import { changesNothing, type StepOp } from "./steps.ts";
import { isRootStack, urnName } from "./urn.ts";
import { type Change, changesOf, detailedChanges, mapOf } from "./valueChanges.ts";

export interface DisplayOptions {
  /** Also lines for resources that did not change. */
  readonly showSames: boolean;
  readonly suppressOutputs: boolean;
  readonly suppressProgress: boolean;
  /** Also what is longer than three lines, or 150 characters. */
  readonly showFullOutput: boolean;
  /** What programs print is shown by somebody else. */
  readonly withoutPrinted?: boolean;
  /** Also the configuration. */
  readonly showConfig: boolean;
}

/** How an operation is written: mark, planned, under way, done. */
interface OpWords {
  readonly mark: string;
  readonly planned: string;
  readonly doing: string;
  readonly done: string;
}

const words: Readonly<Record<StepOp, OpWords>> = {
  same: w("  ", "", "", ""),
  create: w("+ ", "create", "creating", "created"),
  update: w("~ ", "update", "updating", "updated"),
  delete: w("- ", "delete", "deleting", "deleted"),
  replace: w("+-", "replace", "replacing", "replaced"),
  "create-replacement": w("++", "create replacement", "creating replacement", "created replacement"),
  "delete-replaced": w("--", "delete original", "deleting original", "deleted original"),
  read: w("> ", "read", "reading", "read"),
  "read-replacement": w(">>", "read for replacement", "reading for replacement", "read for replacement"),
  refresh: w("~ ", "refreshing", "refreshing", "refreshed"),
  discard: w("< ", "discard", "discarding", "discarded"),
  "discard-replaced": w("<<", "discard original", "discarding original", "discarded original"),
  "remove-pending-replace": w("~ ", "complete replace", "completing replace", "completed replace"),
  import: w("= ", "import", "importing", "imported"),
  "import-replacement": w("=>", "import replacement", "importing replacement", "imported replacement"),
};

function w(mark: string, planned: string, doing: string, done: string): OpWords {
  return { mark, planned, doing, done };
}

/** Before what an operation is for, in two characters. */
export const marks = Object.fromEntries(Object.entries(words).map(([op, { mark }]) => [op, mark])) as Readonly<
  Record<StepOp, string>
>;

/** In the order in which counts are shown. Reads change nothing. */
const counted = (Object.keys(words) as StepOp[]).filter((op) => !changesNothing(op));

/** Prints an operation as it goes. `print` is given whole lines. */
export function displaySink(print: (text: string) => void, options: DisplayOptions): EventSink {
  const display = new Display(print, options);
  return { write: (emitted) => display.write(emitted), close: async () => {} };
}

class Display {
  readonly #print: (text: string) => void;
  readonly #options: DisplayOptions;
  readonly #startedMs = new Map<string, number>();
  readonly #diagnostics = new Map<string, string[]>();
  readonly #errored = new Set<string>();
  readonly #changes = new Map<string, string>();
  #rootUrn = "";
  #root: StepMetadata | undefined;

  constructor(print: (text: string) => void, options: DisplayOptions) {
    this.#print = print;
    this.#options = options;
  }

  write({ event, internal, printed }: Emitted): void {
    if (internal && !("diagnosticEvent" in event)) return;
    if (printed && this.#options.withoutPrinted) return;
    if ("resourcePreEvent" in event)
      this.#began(event.resourcePreEvent.metadata, event.resourcePreEvent.planning === true);
    else if ("resOutputsEvent" in event)
      this.#ended(event.resOutputsEvent.metadata, event.resOutputsEvent.planning === true);
    else if ("resOpFailedEvent" in event) this.#line(event.resOpFailedEvent.metadata, (doing) => `**${doing} failed**`);
    else if ("diagnosticEvent" in event) this.#noted(event.diagnosticEvent);
    else if ("startDebuggingEvent" in event) {
      const { processId, port = usualPort } = event.startDebuggingEvent.config;
      this.#print(`Process ${processId} waits for a debugger to attach at 127.0.0.1:${port}\n`);
    } else if ("preludeEvent" in event && this.#options.showConfig) this.#print(configText(event.preludeEvent.config));
    else if ("summaryEvent" in event) this.#finished(event.summaryEvent);
  }

  #began(metadata: StepMetadata, planning: boolean): void {
    this.#note(metadata);
    this.#startedMs.set(key(metadata), Date.now());
    if (!planning) this.#line(metadata, (doing) => `${doing} (0s)`);
  }

  #ended(metadata: StepMetadata, planning: boolean): void {
    this.#note(metadata);
    const started = this.#startedMs.get(metadata.op === "refresh" ? key(metadata) : this.#beganAs(metadata));
    // Outputs that a component registers later tell nothing new of its step.
    if (started === undefined) return;
    this.#startedMs.delete(this.#beganAs(metadata));
    const { planned, done } = words[metadata.op];
    const took = `(${((Date.now() - started) / 1000).toFixed(2)}s)`;
    // Of the stack: its program did.
    const failed = this.#errored.has(metadata.urn);
    this.#line(metadata, (doing) => (planning ? planned : failed ? `**${doing} failed ${took}**` : `${done} ${took}`));
  }

  /** A refresh ends as the update or deletion that it found. */
  #beganAs(metadata: StepMetadata): string {
    const own = key(metadata);
    return this.#startedMs.has(own) ? own : `refresh ${metadata.urn}`;
  }

  #note(metadata: StepMetadata): void {
    // A destroy may fail before it comes to the stack.
    const { urn, old, new: now } = metadata;
    const root = [urn, (now ?? old)?.parent ?? ""].find(isRootStack);
    if (root !== undefined) this.#rootUrn = root;
    // What a step leaves behind counts, not what the events of its begin say.
    if (root === urn) this.#root = metadata;
  }

  /** `told`: what is written of an operation, given its name while it is under way. */
  #line(metadata: StepMetadata, told: (doing: string) => string): void {
    const { showSames, suppressProgress } = this.#options;
    if (suppressProgress || (metadata.op === "same" && !showSames)) return;
    const { mark, doing } = words[metadata.op];
    // What is deleted for a replacement goes for what that changed.
    const changes = metadata.op === "delete-replaced" ? this.#changes.get(metadata.urn) : changedKeys(metadata);
    if (changes !== undefined) this.#changes.set(metadata.urn, changes);
    const text = [`${told(doing)}${retained(metadata)}`, changes ?? ""].filter((part) => part !== "").join(" ");
    this.#print(` ${mark} ${resourceName(metadata)} ${text}\n`);
  }

  #noted(diagnostic: Extract<EngineEvent, { diagnosticEvent: unknown }>["diagnosticEvent"]): void {
    const { severity, ephemeral, urn = "", prefix = "", message } = diagnostic;
    if (severity === "debug" || ephemeral) return;
    if (severity === "error") this.#errored.add(urn === "" ? this.#rootUrn : urn);
    const lines = this.#diagnostics.get(urn) ?? [];
    for (const line of `${prefix}${message}`.replace(/\n$/, "").split("\n")) lines.push(line);
    this.#diagnostics.set(urn, lines);
  }

  #finished(summary: SummaryEvent): void {
    this.#printDiagnostics();
    if (!this.#options.suppressOutputs) this.#printOutputs(summary);
    this.#printCounts(summary);
  }

  #printDiagnostics(): void {
    // What belongs to no resource belongs to the stack.
    const stack = [...new Set(["", this.#rootUrn])].flatMap((urn) => this.#diagnostics.get(urn) ?? []);
    const others = [...this.#diagnostics].filter(([urn]) => urn !== "" && urn !== this.#rootUrn);
    if (stack.length === 0 && others.length === 0) return;
    this.#print("Diagnostics:\n");
    const block = (title: string, lines: readonly string[]) => {
      if (lines.length > 0) this.#print(`  ${title}:\n${lines.map((line) => `    ${line}`.trimEnd()).join("\n")}\n\n`);
    };
    block(this.#rootUrn === "" ? "pulumi:pulumi:Stack" : `pulumi:pulumi:Stack (${urnName(this.#rootUrn)})`, stack);
    for (const [urn, lines] of others) block(`${displayType(typeOf(urn))} (${urnName(urn)})`, lines);
  }

  #printOutputs({ result, isPreview }: SummaryEvent): void {
    const { showSames, showFullOutput } = this.#options;
    if (!this.#root || result === "canceled" || this.#root.op === "delete") return;
    const layout = { indent: 1, truncate: !showFullOutput };
    const outputs = outputsText(this.#root, layout, { planning: isPreview, refresh: false, showSames });
    if (outputs !== "") this.#print(`Outputs:\n${outputs}\n`);
  }

  #printCounts(summary: SummaryEvent): void {
    this.#print(`${countsText(summary, this.#errored.size)}\n`);
    if (!summary.isPreview) this.#print(`Duration: ${summary.durationSeconds}s\n\n`);
  }
}

const leaves: ReadonlySet<StepOp> = new Set(["delete", "replace", "create-replacement", "delete-replaced"]);

/** Said of a step that leaves behind what is called deleted. */
export function retained({ op, old }: StepMetadata): "[retain]" | "" {
  return old?.retainOnDelete && leaves.has(op) ? "[retain]" : "";
}

/** Whether a view that shows steps and not their progress shows this one: the stack always, a replacement once. */
export function isShown(
  { op, urn, old, new: now, logical }: StepMetadata,
  options: { readonly showSames: boolean; readonly showReplacementSteps: boolean },
): boolean {
  if (isRootStack(urn)) return true;
  if (op === "same") return options.showSames || (old?.protect ?? false) !== (now?.protect ?? false);
  const part = op.includes("replace");
  return options.showReplacementSteps || !part || logical === true;
}

/** The configuration that an operation is run with, secrets masked. */
export function configText(config: Readonly<Record<string, string>>): string {
  const lines = Object.keys(config)
    .sort()
    .map((key) => `    ${key}: ${config[key]}\n`);
  return `Configuration:\n${lines.join("")}`;
}

/** How many resources were or are to be operated on in which way. */
export function countsText({ resourceChanges, isPreview }: SummaryEvent, errored: number): string {
  const changes = counted.filter((op) => (resourceChanges[op] ?? 0) > 0);
  const lines = changes.map(
    (op) => `${words[op].mark}${resourceChanges[op]} ${isPreview ? `to ${op}` : words[op].done}`,
  );
  const total = changes.reduce((sum, op) => sum + resourceChanges[op]!, 0);
  const same = resourceChanges.same ?? 0;
  const rest = [changes.length > 1 ? `${total} changes` : "", same > 0 ? `${same} unchanged` : ""];
  lines.push(rest.filter((part) => part !== "").join(". "), errored > 0 ? `${errored} errored` : "");
  return `Resources:\n${lines.map((line) => (line === "" ? "" : `    ${line}\n`)).join("")}`;
}

const key = ({ op, urn }: StepMetadata) => `${op} ${urn}`;

function resourceName({ type, urn }: StepMetadata): string {
  return `${displayType(type)} ${urnName(urn)}`;
}

/** `random:index:RandomPet` for `random:index/randomPet:RandomPet`. */
export function displayType(type: string): string {
  const [packageName, module, name] = type.split(":");
  if (packageName === undefined || module === undefined || name === undefined) return type;
  const [first, second] = module.split("/");
  return second !== undefined && second.toLowerCase() === name.toLowerCase() ? `${packageName}:${first}:${name}` : type;
}

function typeOf(urn: string): string {
  const qualified = urn.split("::")[2] ?? "";
  return qualified.slice(qualified.lastIndexOf("$") + 1);
}

/** `[diff: +a,b-c~d]`: top-level names that were added, are gone, differ. */
function changedKeys(metadata: StepMetadata): string {
  const { op, old, new: now, diffs = [], detailedDiff } = metadata;
  if (!old || !now) return "";
  const changes = detailedDiff
    ? detailedChanges(metadata, false).members
    : changesOf(mapOf(old.inputs), mapOf(now.inputs)).members;
  const told = [...(op === "same" ? [] : (changes ?? []))];
  const named = (kind: Change["kind"]) =>
    told.flatMap(([name, change]) => (change.kind === kind ? [String(name)] : []));
  const options = (["provider", "protect", "taint"] as const).filter((name) => old[name] !== now[name]);
  const groups = [
    ["+", named("add")],
    ["-", named("delete")],
    ["~", [...named("update"), ...options].sort()],
  ] as const;
  const text = groups
    .map(([mark, names]) => [mark, names.filter((name) => diffs.length === 0 || diffs.includes(name))] as const)
    .map(([mark, names]) => (names.length === 0 ? "" : `${mark}${names.join(",")}`))
    .join("");
  return text === "" ? "" : `[diff: ${text}]`;
}
