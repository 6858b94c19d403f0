// What people see of an operation with `--diff`: each resource as it is reached, with what it is identified by and its
// properties or their changes, then what its outputs became, and counts (pulumi/pulumi: pkg/backend/display/diff.go).
// Diagnostics go to standard error as they come.
import { unknownSentinel } from "../state/serialize.ts";
import { configText, countsText, type DisplayOptions, isShown, marks, retained } from "./display.ts";
import type { Emitted, EngineEvent, EventSink, StateMetadata, StepMetadata } from "./events.ts";
import { hiddenText, outputsText } from "./outputsText.ts";
import { isRootStack } from "./urn.ts";
import { changesOf, detailedChanges, hiddenOf, type JsonMap, mapOf } from "./valueChanges.ts";
import { changesText, type Layout, mapText, margin } from "./valueText.ts";

export interface DiffOptions extends DisplayOptions {
  /** Only what changes: nothing of what is deleted or stays as it is. */
  readonly summary: boolean;
  readonly showReplacementSteps: boolean;
  /** Names resources by their URNs. */
  readonly showUrns: boolean;
}

/** Prints an operation as it goes. `print` and `complain` are given whole lines. */
export function diffSink(
  print: (text: string) => void,
  complain: (text: string) => void,
  options: DiffOptions,
): EventSink {
  const display = new DiffDisplay(print, complain, options);
  return { write: (emitted) => display.write(emitted), close: async () => {} };
}

class DiffDisplay {
  readonly #print: (text: string) => void;
  readonly #complain: (text: string) => void;
  readonly #options: DiffOptions;
  readonly #seen = new Map<string, StepMetadata>();
  #failed = 0;

  constructor(print: (text: string) => void, complain: (text: string) => void, options: DiffOptions) {
    this.#print = print;
    this.#complain = complain;
    this.#options = options;
  }

  write({ event, internal, printed }: Emitted): void {
    if (internal && !("diagnosticEvent" in event)) return;
    if (printed && this.#options.withoutPrinted) return;
    if ("resourcePreEvent" in event) this.#began(event.resourcePreEvent.metadata);
    else if ("resOutputsEvent" in event)
      this.#ended(event.resOutputsEvent.metadata, event.resOutputsEvent.planning === true);
    else if ("resOpFailedEvent" in event) this.#failed++;
    else if ("diagnosticEvent" in event) this.#noted(event.diagnosticEvent);
    else if ("preludeEvent" in event && this.#options.showConfig) this.#print(configText(event.preludeEvent.config));
    else if ("summaryEvent" in event) {
      const { isPreview, durationSeconds } = event.summaryEvent;
      this.#print(
        `${countsText(event.summaryEvent, this.#failed)}${isPreview ? "" : `\nDuration: ${durationSeconds}s\n`}`,
      );
    }
  }

  #noted({
    severity,
    ephemeral,
    prefix = "",
    message,
  }: Extract<EngineEvent, { diagnosticEvent: unknown }>["diagnosticEvent"]) {
    if (severity !== "debug" && !ephemeral) this.#complain(`${prefix}${message}`.replace(/\n?$/, "\n"));
  }

  #began(metadata: StepMetadata): void {
    this.#seen.set(metadata.urn, metadata);
    // Only their end tells what they found.
    if (metadata.op === "refresh" || metadata.op === "import") return;
    if (isShown(metadata, this.#options)) this.#print(this.#heading(metadata) + this.#properties(metadata, false));
  }

  #ended(metadata: StepMetadata, planning: boolean): void {
    if (!isShown(metadata, this.#options)) return;
    const { op, urn } = metadata;
    const refresh = this.#seen.get(urn)?.op === "refresh";
    if (op === "import" || (refresh && op === "update")) {
      this.#print(this.#heading(metadata) + this.#properties(metadata, refresh));
      return;
    }
    const layout = this.#layout(metadata);
    const { showSames, suppressOutputs } = this.#options;
    const outputs = outputsText(metadata, layout, { planning, refresh, showSames });
    if (refresh && (op !== "refresh" || outputs !== "" || isRootStack(urn))) this.#print(this.#heading(metadata));
    if (outputs !== "" && !suppressOutputs) this.#print(`${margin(layout)}--outputs:--\n${outputs}`);
  }

  /** Of a resource's properties: one deeper than its heading. */
  #layout(metadata: StepMetadata): Layout {
    const { showFullOutput, summary } = this.#options;
    return { indent: this.#depth(metadata) + 1, truncate: !showFullOutput, onlyChanges: summary };
  }

  /** How many of those above it are shown. What is deleted goes before them. */
  #depth({ old, new: now }: StepMetadata): number {
    let depth = 0;
    for (let above = (now ?? old)?.parent; above; ) {
      const parent: StepMetadata | undefined = this.#seen.get(above);
      if (!parent) break;
      if (isShown(parent, this.#options)) depth++;
      above = (parent.new ?? parent.old)?.parent;
    }
    return depth;
  }

  #heading(metadata: StepMetadata): string {
    const { op, urn, type, old, new: now, provider } = metadata;
    const depth = this.#depth(metadata);
    const [above, at] = [margin({ indent: depth }), margin({ indent: depth + 1 })];
    const { showUrns } = this.#options;
    const lines = [`${above}${marks[op]}${showUrns ? urn : type}: (${op}${retained(metadata)})${lock(old, now)}`];
    if (old && old.id !== "") lines.push(`${at}[id=${old.id}]`);
    if (!showUrns) lines.push(`${at}[urn=${urn}]`);
    if (provider !== "") {
      if (old && now && old.provider !== now.provider) {
        lines.push(`${at}[provider: ${old.provider} => ${now.provider.replace(unknownSentinel, "[unknown]")}]`);
      } else if (!/::default::[^:]*$/.test(provider)) lines.push(`${at}[provider=${provider}]`);
    }
    return lines.map((line) => `${line}\n`).join("");
  }

  #properties(metadata: StepMetadata, refresh: boolean): string {
    const { op, old, new: now, detailedDiff, diffs } = metadata;
    // What is the same may have become protected; its properties did not change.
    if (op === "same") return "";
    const layout = this.#layout(metadata);
    if (detailedDiff) {
      const changes = detailedChanges(metadata, refresh);
      if (changes.members || changes.hidden.length > 0)
        return hiddenText(changes, layout) + changesText(changes.members ?? new Map(), layout);
      return mapText(mapOf(old?.inputs), layout);
    }
    const inputsOrOutputs = (state: StateMetadata) => {
      const outputs = mapOf(state.outputs);
      return Object.keys(outputs).length > 0 ? outputs : mapOf(state.inputs);
    };
    if (!old) return now ? mapText(inputsOrOutputs(now), layout) : "";
    if (!now) return this.#options.summary ? "" : mapText(mapOf(old.inputs), layout);
    const imported = op === "import" || op === "import-replacement";
    const ofOutputs = !imported && Object.keys(mapOf(now.outputs)).length > 0;
    const which = (state: StateMetadata): JsonMap => mapOf(ofOutputs ? state.outputs : state.inputs);
    const changes = changesOf(which(old), which(now), hiddenOf(metadata));
    if (!changes.members) return mapText(which(now), layout);
    const named = ofOutputs || diffs === undefined ? undefined : new Set(diffs);
    const members = new Map([...changes.members].filter(([name]) => named?.has(String(name)) ?? true));
    return hiddenText(changes, layout) + changesText(members, layout);
  }
}

function lock(old: StateMetadata | null, now: StateMetadata | null): string {
  if (now && !now.protect && old?.protect) return " 🔓";
  return (now ?? old)?.protect || old?.protect ? " 🔒" : "";
}
