// What the parts of the step generator share.
import type { CheckRequest, Provider } from "../providers/provider.ts";
import type { GeneratorOptions, Ledger } from "./ledger.ts";
import type { ProviderRegistry } from "./providerRegistry.ts";
import { parseProviderReference, type Resource } from "./resource.ts";
import type { Goal, Severity } from "./source.ts";
import type { DeleteReplacedStep, DeleteStep, Settle, Step } from "./steps.ts";

/** Steps to be run in order; when all have succeeded, `next` says how it goes on. */
export interface Generated {
  readonly steps: readonly Step[];
  readonly next?: () => Promise<Generated>;
}

export interface Generation {
  readonly ledger: Ledger;
  readonly options: GeneratorOptions;
  readonly registry: ProviderRegistry;
  readonly report: (severity: Severity, message: string, urn: string) => void;
  /** Goes on from other old resources, in order: some were read anew, or rewritten. */
  readonly rebase: (olds: readonly Resource[]) => void;
}

/** One registration on its way through the decisions. */
export interface Candidate {
  readonly goal: Goal;
  readonly urn: string;
  readonly old: Resource | undefined;
  readonly new: Resource;
  /** Undefined for components, and for what is passed over. */
  readonly provider: Provider | undefined;
  /** Whether it was deleted earlier in this deployment, because something it depends on was. */
  readonly recreating: boolean;
  readonly randomSeed: Uint8Array;
  readonly autonaming: Pick<CheckRequest, "autonaming">;
  readonly settle: Settle;
}

/** Makes sure that the provider an old resource names is configured, from the state if need be. */
export async function ensureProvider({ ledger, registry }: Generation, reference: string): Promise<void> {
  if (reference === "" || registry.get(reference)) return;
  const recorded = ledger.olds.provider(reference);
  if (!recorded) throw new Error(`could not find provider ${reference}`);
  // What check has loaded belongs to the registration under way, not to this old configuration.
  await registry.same(recorded, false);
}

export function deleteStep(old: Resource): DeleteStep {
  return { op: old.state.external ? "discard" : "delete", old };
}

export function deleteReplacedStep(old: Resource, pendingReplacement: boolean): DeleteReplacedStep {
  return { op: old.state.external ? "discard-replaced" : "delete-replaced", old, pendingReplacement };
}

/** Whether the user, or a mark in the state, wants the resource replaced whatever the provider thinks. */
export function isReplaceTarget({ options }: Generation, urn: string, old: Resource | undefined): boolean {
  const { replaceTargets } = options;
  return (replaceTargets.constrained && replaceTargets.contains(urn)) || old?.state.taint === true;
}

/** The URN part of a provider reference. */
export function providerUrn(reference: string): string {
  return parseProviderReference(reference).urn;
}
