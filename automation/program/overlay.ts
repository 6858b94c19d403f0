// Outputs that the preview of an upstream predicted, for previews on the official engine, which cannot answer a
// StackReference with them. The driver names a file in TUTTI_OVERLAY; values are encoded as the engine's events are.
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { type Digests, digestOf, sameDigest } from "./digest.ts";

// The signatures of Pulumi's wire format (pulumi/pulumi: sdk/go/common/resource/properties.go and plugin/rpc.go).
const unknownSentinel = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** The file: outputs as the engine's events tell them, and digests of those that are known secrets (digest.ts). */
export type OverlayFile = Readonly<
  Record<string, { readonly outputs: Readonly<Record<string, unknown>>; readonly digests: Digests }>
>;

/** What a preview predicted for one stack, decoded. */
export interface Predicted {
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Whether the output, read from the deployed stack, is what the preview predicts it to stay. */
  stays(name: string, deployed: unknown): boolean;
  /** Names of outputs of which `stays` can tell. */
  readonly comparable: ReadonlySet<string>;
}

/** Predictions by stack id. */
export type Overlay = Readonly<Record<string, Predicted>>;

/**
 * Reads the overlay this process was given; empty without one.
 *
 * @throws RunError in an update: a predicted value must never reach a real resource.
 */
export function readOverlay(): Overlay {
  const { TUTTI_OVERLAY: file, TUTTI_DIGEST_KEY: key } = process.env;
  if (file === undefined || file === "") return {};
  if (!pulumi.runtime.isDryRun()) {
    throw new pulumi.RunError(
      "predicted outputs may be used by a preview only: unset TUTTI_OVERLAY and run the update again",
    );
  }
  const stacks = JSON.parse(readFileSync(file, "utf8")) as OverlayFile;
  const entries = Object.entries(stacks).map(([stack, { outputs, digests }]): [string, Predicted] => [
    stack,
    {
      outputs: decodeAll(outputs),
      comparable: new Set(key === undefined ? [] : Object.keys(digests)),
      stays(name, deployed) {
        const digest = digests[name];
        return digest !== undefined && key !== undefined && sameDigest(digest, digestOf(key, stack, name, deployed));
      },
    },
  ]);
  return Object.fromEntries(entries);
}

function decodeAll(outputs: Readonly<Record<string, unknown>>): Record<string, unknown> {
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
