// The document that `preview --json` prints: what would be done to each resource, with its states before and after, and
// the counts. Secrets are masked. (pulumi/pulumi: pkg/backend/display/json.go)
import { encodeResource, type ResourceState } from "../state/resource.ts";
import { isPropertyArray, isPropertyMap, type PropertyMap, type PropertyValue, Secret } from "../values.ts";
import { isShown } from "./display.ts";
import type { Emitted, EventSink, StepMetadata, SummaryEvent } from "./events.ts";
import { isRootStack } from "./urn.ts";

export interface DigestOptions {
  readonly showSames: boolean;
  readonly showReplacementSteps: boolean;
  readonly suppressOutputs: boolean;
}

interface DigestStep {
  readonly metadata: StepMetadata;
  readonly old: ResourceState | undefined;
  readonly new: ResourceState | undefined;
}

/** Collects a preview and hands the document over when it ends. */
export function digestSink(print: (document: string) => void, options: DigestOptions): EventSink {
  const steps: DigestStep[] = [];
  const diagnostics: Record<string, string>[] = [];
  const refreshed = new Set<string>();
  const startedMs = Date.now();
  let config: Readonly<Record<string, string>> = {};
  let summary: SummaryEvent | undefined;
  const write = ({ event, internal, old, new: now }: Emitted) => {
    if ("preludeEvent" in event) config = event.preludeEvent.config;
    else if ("summaryEvent" in event) summary = event.summaryEvent;
    else if ("diagnosticEvent" in event) {
      const { urn, prefix = "", message, severity, ephemeral } = event.diagnosticEvent;
      if (!ephemeral && severity !== "debug")
        diagnostics.push({ ...(urn && { urn }), message: prefix + message, severity });
    } else if ("resourcePreEvent" in event && !internal) {
      const { metadata } = event.resourcePreEvent;
      if (!isShown(metadata, options)) return;
      if (metadata.op === "refresh") refreshed.add(metadata.urn);
      steps.push({ metadata, old, new: now });
    } else if ("resOutputsEvent" in event && refreshed.has(event.resOutputsEvent.metadata.urn)) {
      // A refresh turns out to be an update or a deletion.
      const { metadata } = event.resOutputsEvent;
      const found = metadata.op === "delete" || (metadata.op === "update" && metadata.detailedDiff !== null);
      const at = steps.findIndex((step) => step.metadata.urn === metadata.urn);
      if (found && at >= 0) steps[at] = { metadata, old, new: now };
    }
  };
  return {
    write,
    async close() {
      // In the order in which Go writes a map.
      const changes = Object.fromEntries(Object.entries(summary?.resourceChanges ?? {}).sort());
      const document = {
        ...(Object.keys(config).length > 0 && { config }),
        ...(steps.length > 0 && { steps: steps.map((step) => stepJson(step, options)) }),
        ...(diagnostics.length > 0 && { diagnostics }),
        // Nanoseconds, as Go counts.
        duration: (Date.now() - startedMs) * 1_000_000,
        ...(Object.keys(changes).length > 0 && { changeSummary: changes }),
        ...(summary?.maybeCorrupt && { maybeCorrupt: true }),
      };
      print(`${JSON.stringify(document, undefined, 4)}\n`);
    },
  };
}

function stepJson({ metadata, old, new: now }: DigestStep, options: DigestOptions) {
  const { op, urn, provider, diffs, keys, detailedDiff } = metadata;
  const details = Object.entries(detailedDiff ?? {}).map(
    ([path, { diffKind: kind, inputDiff }]) => [path, { kind, inputDiff }] as const,
  );
  return {
    op,
    urn,
    ...(provider !== "" && { provider }),
    ...(old && { oldState: stateJson(old, options) }),
    ...(now && { newState: stateJson(now, options) }),
    ...(diffs && { diffReasons: diffs }),
    ...(keys && { replaceReasons: keys }),
    detailedDiff: detailedDiff === null ? null : Object.fromEntries(details),
  };
}

function stateJson(state: ResourceState, { suppressOutputs }: DigestOptions): unknown {
  const hidden = suppressOutputs && isRootStack(state.urn);
  const inputs = hidden ? {} : masked(state.inputs);
  const outputs = hidden ? {} : masked(state.outputs);
  // Nothing secret is left in it: "plaintext" is never reached.
  return JSON.parse(encodeResource({ ...state, inputs, outputs }, { type: "plaintext" }));
}

function masked(map: PropertyMap): PropertyMap {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, maskedValue(value)]));
}

function maskedValue(value: PropertyValue): PropertyValue {
  if (value instanceof Secret) return "[secret]";
  if (isPropertyArray(value)) return value.map(maskedValue);
  return isPropertyMap(value) ? masked(value) : value;
}
