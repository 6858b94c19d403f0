// Outputs that the preview of an upstream predicted, for previews on the official engine, which cannot answer a
// StackReference with them. The driver names a file in TUTTI_OVERLAY; values are encoded as the engine's events are.
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";

// The signatures of Pulumi's wire format (pulumi/pulumi: sdk/go/common/resource/properties.go and plugin/rpc.go).
const unknownSentinel = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** Predicted outputs by stack id and output name, decoded. */
export type Overlay = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * Reads the overlay this process was given; empty without one.
 *
 * @throws RunError in an update: a predicted value must never reach a real resource.
 */
export function readOverlay(): Overlay {
  const file = process.env["TUTTI_OVERLAY"];
  if (file === undefined || file === "") return {};
  if (!pulumi.runtime.isDryRun()) {
    throw new pulumi.RunError(
      "predicted outputs may be used by a preview only: unset TUTTI_OVERLAY and run the update again",
    );
  }
  const stacks = JSON.parse(readFileSync(file, "utf8")) as Record<string, Record<string, unknown>>;
  return Object.fromEntries(Object.entries(stacks).map(([stack, outputs]) => [stack, decodeAll(outputs)]));
}

function decodeAll(outputs: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, decode(value)]));
}

/** A blinded secret becomes an unknown secret: events never hold its value. */
function decode(value: unknown): unknown {
  if (value === unknownSentinel) return pulumi.unknown;
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== "object" || value === null) return value;
  const map = value as Record<string, unknown>;
  return map[signatureKey] === secretSignature ? pulumi.secret(pulumi.unknown) : decodeAll(map);
}
