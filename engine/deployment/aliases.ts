// Finds the old resource that a registered one continues: by its URN, or else by the URNs its aliases stand for, those
// it inherits from a renamed parent included. (pulumi/pulumi: pkg/resource/deploy/step_generator.go, getOldResource)
import type { GeneratorOptions, Ledger } from "./ledger.ts";
import type { Resource } from "./resource.ts";
import type { Alias } from "./source.ts";
import { childUrn, createUrn, isRootStack, urnName, urnQualifiedType, urnType } from "./urn.ts";

export interface Identity {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly parent: string;
  readonly aliases: readonly Alias[];
}

export interface FoundOld {
  readonly old: Resource | undefined;
  /** The URN it was found under, when that is another. */
  readonly alias: string | undefined;
  /** Claims that contradict each other, as sentences. */
  readonly conflicts: readonly string[];
}

/** Looks the old resource up and notes in the ledger that it was claimed. */
export function findOld(identity: Identity, ledger: Ledger, options: GeneratorOptions): FoundOld {
  const { urn } = identity;
  const conflicts: string[] = [];
  const claimedBy = ledger.aliased.get(urn);
  if (claimedBy !== undefined) {
    conflicts.push(`Duplicate resource URN '${urn}' conflicting with alias on resource with URN '${claimedBy}'`);
  }
  // The URN goes before any alias: otherwise one resource could take the state of another that still exists.
  for (const candidate of [urn, ...aliasUrns(identity, ledger, options)]) {
    const old = ledger.olds.byUrn.get(candidate);
    if (!old) continue;
    if (candidate === urn) return { old, alias: undefined, conflicts };
    const conflict = (other: string) =>
      `Duplicate resource alias '${candidate}' applied to resource with URN '${urn}' conflicting with resource with URN '${other}'`;
    if (ledger.urns.has(candidate)) conflicts.push(conflict(urn));
    const other = ledger.aliased.get(candidate);
    if (other !== undefined) conflicts.push(conflict(other));
    ledger.aliased.set(candidate, urn);
    ledger.aliases.set(urn, candidate);
    return { old, alias: candidate, conflicts };
  }
  return { old: undefined, alias: undefined, conflicts };
}

/** All URNs the resource may have had, most likely first, each once. */
export function aliasUrns(identity: Identity, ledger: Ledger, options: GeneratorOptions): readonly string[] {
  const { name, type, parent } = identity;
  const own = identity.aliases.map((alias) => aliasUrn(alias, identity, ledger, options));
  const parentAlias = parent === "" ? undefined : ledger.aliases.get(parent);
  if (parentAlias === undefined) return [...new Set(own)];
  const inherit = (childType: string, childName: string) =>
    childUrn(
      options.stack,
      options.project,
      parentAlias,
      childType,
      renamed(childName, urnName(parent), urnName(parentAlias)),
    );
  return [...new Set([...own, inherit(type, name), ...own.map((urn) => inherit(urnType(urn), urnName(urn)))])];
}

/** A child called `<parent>-details` was called after the parent's old name. */
function renamed(childName: string, parentName: string, oldParentName: string): string {
  return childName.startsWith(parentName) ? oldParentName + childName.slice(parentName.length) : childName;
}

function aliasUrn(alias: Alias, identity: Identity, ledger: Ledger, options: GeneratorOptions): string {
  if ("urn" in alias) return alias.urn;
  const given = alias.parentUrn ?? "";
  const parent = given === "" ? identity.parent : (ledger.aliases.get(given) ?? given);
  const atTop = alias.noParent === true || parent === "" || isRootStack(parent);
  return createUrn(
    alias.stack || options.stack,
    alias.project || options.project,
    atTop ? "" : urnQualifiedType(parent),
    alias.type || identity.type,
    alias.name || identity.name,
  );
}
