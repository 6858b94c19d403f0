// What a deployment tells: Pulumi's engine events, field by field as the official engine writes them into an event log
// (pulumi/pulumi: sdk/go/common/apitype/events.go), so that the Automation API and every reader of such logs understand
// them. Secrets leave as `[secret]` under the secret signature, unknowns as the sentinel, contents of assets not at all.
//
// Two things are ours: `approximate: true` in a step's metadata, for types that a sandbox serves without knowing them
// well; and debug messages are emitted on request only, because the SDK's hold secrets in plain text.
import type { DebugConfig } from "../language/debugger.ts";
import type { PropertyDiff } from "../providers/provider.ts";
import type { ResourceState } from "../state/resource.ts";
import {
  archiveSignature,
  assetSignature,
  resourceReferenceSignature,
  secretSignature,
  signatureKey,
  unknownSentinel,
} from "../state/serialize.ts";
import {
  Archive,
  Asset,
  ByteString,
  isPropertyArray,
  OutputValue,
  type PropertyMap,
  type PropertyValue,
  ResourceReference,
  Secret,
  Unknown,
  unknown,
} from "../values.ts";
import type { ProgramLog, Severity } from "./source.ts";
import { isLogical, newOf, oldOf, resourceOf, type Step, type StepOp, stepDiff } from "./steps.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface StateMetadata {
  readonly type: string;
  readonly urn: string;
  readonly custom?: true;
  readonly delete?: true;
  readonly id: string;
  readonly parent: string;
  readonly protect?: true;
  readonly taint?: true;
  readonly external?: true;
  readonly retainOnDelete?: true;
  readonly inputs: Json;
  readonly outputs: Json;
  readonly provider: string;
  readonly initErrors?: readonly string[];
  readonly hideDiffs?: readonly string[];
}

export interface StepMetadata {
  readonly op: StepOp;
  readonly urn: string;
  readonly type: string;
  readonly old: StateMetadata | null;
  readonly new: StateMetadata | null;
  readonly keys?: readonly string[];
  readonly diffs?: readonly string[];
  readonly detailedDiff: Readonly<Record<string, { readonly diffKind: string; readonly inputDiff: boolean }>> | null;
  readonly logical?: true;
  readonly provider: string;
  readonly approximate?: true;
}

export interface DiagnosticEvent {
  readonly urn?: string;
  readonly prefix?: string;
  readonly message: string;
  readonly color: "never";
  readonly severity: Severity;
  readonly ephemeral?: true;
}

export interface SummaryEvent {
  readonly maybeCorrupt: boolean;
  readonly durationSeconds: number;
  readonly resourceChanges: Readonly<Partial<Record<StepOp, number>>>;
  readonly PolicyPacks: Readonly<Record<string, never>>;
  readonly isPreview: boolean;
  readonly result: "succeeded" | "failed" | "canceled";
}

/** Exactly one of these. */
export type EventPayload =
  | { readonly preludeEvent: { readonly config: Readonly<Record<string, string>> } }
  | { readonly resourcePreEvent: { readonly metadata: StepMetadata; readonly planning?: true } }
  | { readonly resOutputsEvent: { readonly metadata: StepMetadata; readonly planning?: true } }
  | { readonly resOpFailedEvent: { readonly metadata: StepMetadata; readonly status: number; readonly steps: number } }
  | { readonly diagnosticEvent: DiagnosticEvent }
  | { readonly stdoutEvent: { readonly message: string; readonly color: "never" } }
  | { readonly startDebuggingEvent: { readonly config: DebugConfig } }
  | { readonly summaryEvent: SummaryEvent }
  | { readonly cancelEvent: Readonly<Record<string, never>> };

/** An event in its place: `sequence` counts from 0, `timestamp` is in seconds since 1970. */
export type EngineEvent = EventPayload & { readonly sequence: number; readonly timestamp: number };

/** An event with what this process may know beside it. */
export interface Emitted {
  readonly event: EngineEvent;
  /** The engine's own business (default providers): in logs, but not for people. */
  readonly internal: boolean;
  /** A program printed it. */
  readonly printed: boolean;
  /** The states that a step event is about, for readers that want more than the event tells. */
  readonly old?: ResourceState;
  readonly new?: ResourceState;
}

/** Takes events, in order; `close` resolves when they have arrived. */
export interface EventSink {
  write(emitted: Emitted): void;
  close(): Promise<void>;
}

/** Stamps events and hands them to sinks. */
export class EventStream {
  readonly #sinks: readonly EventSink[];
  readonly #mask: (text: string) => string;
  #sequence = 0;

  /**
   * @param secrets plain texts that no event may hold
   * @param known more of them, some of which may turn up only later
   */
  constructor(
    sinks: readonly EventSink[],
    secrets: readonly string[],
    known?: { readonly mask: (text: string) => string },
  ) {
    this.#sinks = sinks;
    const own = masker(secrets);
    // All forms of a secret before its bare value, which is part of some of them.
    this.#mask = known === undefined ? own : (text) => own(known.mask(text));
  }

  /** A message that somebody should see. It ends with a line break, as all of Pulumi's do. */
  diagnostic(severity: Severity, message: string, urn = "", ephemeral = false, printed = false): void {
    const prefixed = severity === "error" || severity === "warning" || severity === "debug";
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken out
    const plain = this.#mask(message.replaceAll(/\u001b\[[0-9;]*[A-Za-z]/g, ""));
    const diagnosticEvent: DiagnosticEvent = {
      ...(urn !== "" && { urn }),
      ...(prefixed && { prefix: `${severity}: ` }),
      message: plain.endsWith("\n") ? plain : `${plain}\n`,
      color: "never",
      severity,
      ...(ephemeral && { ephemeral: true }),
    };
    this.emit({ diagnosticEvent }, { printed });
  }

  /** An event about a step; `op` differs from the step's own for what a refresh found. */
  step(
    kind: "resourcePreEvent" | "resOutputsEvent",
    step: Step,
    op: StepOp,
    about: { readonly planning: boolean; readonly internal: boolean; readonly approximate: boolean },
  ): void {
    const body = {
      metadata: this.metadata(step, op, about.approximate),
      ...(about.planning && { planning: true as const }),
    };
    const payload = kind === "resourcePreEvent" ? { resourcePreEvent: body } : { resOutputsEvent: body };
    this.emit(payload, { internal: about.internal, step });
  }

  metadata(step: Step, op: StepOp, approximate: boolean): StepMetadata {
    const { keys, diffs, detailedDiff } = stepDiff(step);
    const [old, now, { urn, type, provider }] = [oldOf(step), newOf(step), resourceOf(step)];
    return {
      op,
      urn,
      type,
      old: old ? this.#state(old.state) : null,
      new: now ? this.#state(now.state) : null,
      ...(keys.length > 0 && { keys }),
      ...(diffs.length > 0 && { diffs }),
      detailedDiff: detailedDiff ? detailsOf(detailedDiff) : null,
      ...(isLogical(step) && { logical: true }),
      provider,
      ...(approximate && { approximate: true }),
    };
  }

  emit(
    payload: EventPayload,
    about: { readonly internal?: boolean; readonly printed?: boolean; readonly step?: Step } = {},
  ): void {
    const event = { sequence: this.#sequence++, timestamp: Math.floor(Date.now() / 1000), ...payload };
    const [old, now] = about.step ? [oldOf(about.step), newOf(about.step)] : [];
    const states = { ...(old && { old: old.state }), ...(now && { new: now.state }) };
    for (const sink of this.#sinks)
      sink.write({ event, internal: about.internal ?? false, printed: about.printed ?? false, ...states });
  }

  async close(): Promise<void> {
    this.emit({ cancelEvent: {} });
    await Promise.all(this.#sinks.map((sink) => sink.close()));
  }

  #state(state: ResourceState): StateMetadata {
    const { type, urn, id, parent, provider, initErrors, hideDiff } = state;
    const { custom, delete: waits, protect, taint, external, retainOnDelete } = state;
    return {
      ...{ type, urn },
      ...(custom && { custom }),
      ...(waits && { delete: waits }),
      ...{ id, parent },
      ...(protect && { protect }),
      ...(taint && { taint }),
      ...(external && { external }),
      ...(retainOnDelete && { retainOnDelete }),
      inputs: blindMap(state.inputs, this.#mask),
      outputs: blindMap(state.outputs, this.#mask),
      provider,
      ...(initErrors.length > 0 && { initErrors }),
      ...(hideDiff.length > 0 && { hideDiffs: hideDiff }),
    };
  }
}

/** How much of what a program prints or says becomes events when somebody else takes the rest: texts, characters in them. */
const most = { texts: 2_000, characters: 512 * 1024 };

/** Whether the next text still fits into what becomes events. */
function budget(): (text: string) => boolean {
  let [texts, characters] = [0, 0];
  return ({ length }) => {
    texts += 1;
    characters += length;
    return texts <= most.texts && characters <= most.characters;
  };
}

/**
 * What a program says and prints, as diagnostics. `debug`: its debug messages too, which may hold secrets. With `print`,
 * diagnostics are made of the first of it only: events queue up on their way to a listener. That is given every line that was
 * printed, and every message that became no diagnostic. Errors are counted apart: no chatter hides them.
 */
export function programLog(events: EventStream, debug: boolean, print?: ProgramLog["print"]): ProgramLog {
  const fits = { printed: budget(), said: budget(), errors: budget() };
  return {
    log(severity, message, urn, ephemeral) {
      if (severity === "debug" && !debug) return;
      if (print === undefined || fits[severity === "error" ? "errors" : "said"](message))
        events.diagnostic(severity, message, urn, ephemeral);
      else if (!ephemeral)
        for (const line of message.replace(/\n$/, "").split("\n"))
          print(severity === "error" ? "stderr" : "stdout", `${severity}: ${line}`);
    },
    print(stream, text) {
      print?.(stream, text);
      if (print !== undefined && !fits.printed(text)) return;
      events.diagnostic(stream === "stdout" ? "info" : "info#err", text, "", false, true);
    },
    debugging(config) {
      const where = `on process id ${config.processId}${config.port === undefined ? "" : ` and port ${config.port}`}`;
      events.diagnostic("info", `Waiting for debugger to attach (${where})...`, "", true);
      events.emit({ startDebuggingEvent: { config } });
    },
  };
}

function detailsOf(details: Readonly<Record<string, PropertyDiff>>) {
  return Object.fromEntries(
    Object.entries(details).map(([path, { kind, inputDiff }]) => [path, { diffKind: kind, inputDiff }]),
  );
}

/** Shorter texts would blank out half of every message; the official engine leaves them too. */
export const shortestSecret = 3;

function masker(secrets: readonly string[]): (text: string) => string {
  // The longest first: one secret may be part of another.
  const known = secrets.filter(({ length }) => length >= shortestSecret).sort((a, b) => b.length - a.length);
  return (text) => known.reduce((masked, secret) => masked.replaceAll(secret, "[secret]"), text);
}

const secretJson: Json = { [signatureKey]: secretSignature, ciphertext: "[secret]" };

/** Properties as an event may hold them. */
export function blindMap(map: PropertyMap, mask: (text: string) => string): { readonly [key: string]: Json } {
  return jsonMap(map, mask, () => secretJson);
}

type Reading = (value: PropertyValue) => Json;

function jsonMap(map: PropertyMap, mask: (text: string) => string, ofSecret: Reading) {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, json(value, mask, ofSecret)]));
}

function json(value: PropertyValue, mask: (text: string) => string, ofSecret: Reading): Json {
  if (typeof value === "string") return mask(value);
  if (value === null || typeof value !== "object") return value;
  if (value instanceof ByteString) return mask(value.toString());
  if (value instanceof Secret) return ofSecret(value.element);
  if (value instanceof Unknown) return unknownSentinel;
  if (value instanceof OutputValue) {
    const element = value.known ? value.element : unknown;
    return value.secret ? ofSecret(element) : json(element, mask, ofSecret);
  }
  if (value instanceof Asset) return blindAsset(value);
  if (value instanceof Archive) return blindArchive(value);
  if (value instanceof ResourceReference) {
    const { urn, packageVersion } = value;
    const reference: Json = { [signatureKey]: resourceReferenceSignature, packageVersion, urn };
    if (value.id === undefined) return reference;
    return { ...reference, id: value.id instanceof Unknown ? "" : value.id };
  }
  return isPropertyArray(value)
    ? value.map((element) => json(element, mask, ofSecret))
    : jsonMap(value, mask, ofSecret);
}

/** Gives a sink the properties of steps with their secrets in plain text. */
export function revealing(sink: EventSink): EventSink {
  const asTheyAre = (text: string) => text;
  const reveal: Reading = (element) => json(element, asTheyAre, reveal);
  const open = (shown: StateMetadata | null, state: ResourceState | undefined) =>
    shown && state
      ? {
          ...shown,
          inputs: jsonMap(state.inputs, asTheyAre, reveal),
          outputs: jsonMap(state.outputs, asTheyAre, reveal),
        }
      : shown;
  return {
    close: () => sink.close(),
    write(emitted) {
      const { event, old, new: now } = emitted;
      const opened = <Body extends { readonly metadata: StepMetadata }>(body: Body) => {
        const { metadata } = body;
        return { ...body, metadata: { ...metadata, old: open(metadata.old, old), new: open(metadata.new, now) } };
      };
      if ("resourcePreEvent" in event)
        sink.write({ ...emitted, event: { ...event, resourcePreEvent: opened(event.resourcePreEvent) } });
      else if ("resOutputsEvent" in event)
        sink.write({ ...emitted, event: { ...event, resOutputsEvent: opened(event.resOutputsEvent) } });
      else sink.write(emitted);
    },
  };
}

function blindAsset({ source, hash }: Asset): Json {
  const shown = "text" in source ? { text: "<contents elided>" } : source;
  return { [signatureKey]: assetSignature, hash, ...shown };
}

function blindArchive({ source, hash }: Archive): Json {
  if (!("assets" in source)) return { [signatureKey]: archiveSignature, hash, ...source };
  const assets = Object.entries(source.assets).map(
    ([name, item]) => [name, item instanceof Asset ? blindAsset(item) : blindArchive(item)] as const,
  );
  return { [signatureKey]: archiveSignature, hash, assets: Object.fromEntries(assets) };
}
