// Where the embedded engine is known to differ from the official one. Each entry is a gap, not an excuse: everything else
// about its scenarios is still compared, and a test fails when the gap has closed, so that its entry goes.
import type { Difference } from "./compare.ts";

export interface KnownDifference {
  readonly scenarios: readonly string[];
  /** What of a difference's place (`step 2 state ...`) it is about. */
  readonly where: RegExp;
  readonly why: string;
}

/** What is wrong with a scenario's differences: those nobody knows of, and known ones that are no longer there. */
export function unexpected(name: string, found: readonly Difference[], expected: readonly KnownDifference[]) {
  const known = expected.filter(({ scenarios }) => scenarios.includes(name));
  return {
    unknown: found.filter((difference) => !known.some(({ where }) => where.test(difference.where))),
    closed: known.filter(({ where }) => !found.some((difference) => where.test(difference.where))),
  };
}

export const knownDifferences: readonly KnownDifference[] = [
  {
    scenarios: ["an-update-fails-and-others-go-on"],
    where: /^step [23] (events|changes|state|cloud)/,
    why: "after a failure, nothing is deleted; the official engine goes on, and deletes even the dependents of what failed",
  },
  {
    scenarios: ["log-messages-of-a-program", "program-leaves-a-rejection"],
    where: /^step 2 (events|changes|state|cloud)/,
    why: "a program that told of an error has not said all it wants: nothing is deleted (so does the official engine after a stray rejection in a process of its own; inline, and after `log.error`, it deletes)",
  },
  {
    scenarios: ["delete-before-replace-and-the-dependent-fails", "pending-replacement-that-goes-back-to-what-it-was"],
    where: /^step 3 (events|cloud)/,
    why: "a replacement whose first half, the deletion, was done before goes on with the creation alone; the official engine deletes once more",
  },
  {
    scenarios: ["delete-before-replace-and-the-deletion-fails"],
    where: /^step 3 (events|cloud)/,
    why: "a dependent that an earlier operation deleted already is not deleted once more; the official engine does that",
  },
  ...[/^step 2 events .*Thing::c$/, /^step 2 events .*Thing::d$/, /^step (2 (diagnostics|changes|state|cloud)|3)/].map(
    (where) => ({
      scenarios: ["a-failed-one-keeps-its-dependent-from-being-deleted-first"],
      where,
      why: "where a deletion is passed over, because of a failure before it, so is the replacement that it was for; the official engine goes on, creates the dependent a second time beside the one that is there, and cannot use the state any more",
    }),
  ),
  {
    scenarios: ["deleted-first-after-its-dependents-left-it"],
    where: /^step 2 (events .*Thing::c$|cloud$)/,
    why: "a dependent that was registered under a new name, and depends on the deleted one no more, goes on living; the official engine deletes it and keeps it in the state",
  },
  {
    scenarios: ["deleted-first-after-it-was-no-longer-named"],
    where: /^step 2 (events .*Thing::b$|cloud$)/,
    why: "what was registered without `replaceWith` goes on living; the official engine deletes it and keeps it in the state",
  },
  ...[
    /^step 3 (outcome|events|diagnostics|changes|cloud)/,
    /^step 3 state .*Thing::b( \(again\)| id| outputs serial)$/,
  ].map((where) => ({
    scenarios: ["deleted-first-beside-what-waits-for-its-deletion", "deleted-first-beside-what-lives-and-is-needed"],
    where,
    why: "where a predecessor that waits for its deletion goes first, its successor stays; the official engine creates that a second time, and cannot use the state any more",
  })),
  {
    scenarios: ["deleted-first-with-what-waits-and-needs-what-waits"],
    where: /^step 3 (events .*Thing::c|changes delete|cloud)$/,
    why: "what waits for its deletion and needs what goes first goes before that; the official engine deletes what it needs while it is there",
  },
  ...[
    /^step 2 (outcome|events|diagnostics|changes|cloud)/,
    /^step 2 state .*Thing::a /,
    /^step 2 state .*Thing::c pendingReplacement$/,
  ].map((where) => ({
    scenarios: ["deleted-first-after-what-is-to-go-along-was-registered"],
    where,
    why: "what was registered with `replaceWith` goes on living, and what is gone with `deletedWith` is marked, to be created again; the official engine begins to delete both, and cannot write its state",
  })),
  {
    scenarios: ["import-under-an-alias-that-another-claimed"],
    where: /^step 2 (events .*RandomId::id|diagnostics|state pending)$/,
    why: "an alias that another resource has claimed is refused before anything is read; the official engine reads, cannot write its state, and leaves an operation pending",
  },
  {
    scenarios: ["deleted-first-and-excluded"],
    where: /^step 2 (events .*Thing::b|changes same)$/,
    why: "what was deleted first is not told of as unchanged",
  },
  {
    scenarios: ["named-and-only-in-the-state", "named-and-waiting-for-its-deletion"],
    where: /^step 2 (outcome|events .*Stack::contract-dev|diagnostics)$/,
    why: "what the program names without registering it stays, and stands before what names it; the official engine writes a state that it refuses from then on",
  },
  ...[/^step 2 (outcome|events .*(Thing::x|Stack::contract-dev)|diagnostics|state .*Thing::x)$/, /^step 3 /].map(
    (where) => ({
      scenarios: ["target-beside-what-names-what-was-deleted-first"],
      where,
      why: "what was deleted first stays in the state as long as something carried over names it; the official engine takes it out, and refuses its state from then on",
    }),
  ),
  ...[/^step 2 (outcome|events|diagnostics|changes|state|cloud)/, /^step 2 state .*Thing::a$/].map((where) => ({
    scenarios: ["destroy-by-the-program-of-what-names-what-only-the-state-knows"],
    where,
    why: "what a destroy gives up goes with what it names; the official engine writes a state that it refuses from then on",
  })),
  ...[/^step 3 state .*Thing::b dependencies$/, /^step 4 /].map((where) => ({
    scenarios: ["refresh-finds-the-successor-gone"],
    where,
    why: "what needed what a refresh found gone does not come to name its predecessor, which waits for its deletion; the official engine cannot delete that any more",
  })),
  {
    scenarios: ["target-beside-what-needs-what-waits-for-its-deletion"],
    where: /^step 2 diagnostics$/,
    why: "an error says why nothing is done; the official engine fails without a word",
  },
  ...[/^step 1 outcome$/, /^step 1 (events|diagnostics|state)/].map((where) => ({
    scenarios: ["get-of-what-the-cloud-does-not-have"],
    where,
    why: "a dynamic provider that finds nothing to read is believed; the official engine takes its answer for a resource without properties",
  })),
  ...[/^step 3 outcome$/, /^step 3 (events .*Thing::b|diagnostics|changes same|state pending)$/].map((where) => ({
    scenarios: ["exclude-what-stands-there-twice"],
    where,
    why: "what the excluded one's predecessor still needs stays; the official engine begins to delete it, and cannot write its state",
  })),
  ...[/^step 3 events .*providers:pulumi-nodejs::mine$/, /^step 3 (diagnostics|state .*::mine \(to be deleted\))$/].map(
    (where) => ({
      scenarios: ["a-failed-deletion-keeps-the-provider-it-needs"],
      where,
      why: "the provider that what could not be deleted was made with stays, though it waits for its deletion; the official engine keeps its successor, and deletes it",
    }),
  ),
  ...[/^step 2 (events|state) .*Thing::needed/, /^step 2 (diagnostics|changes delete|cloud)$/].map((where) => ({
    scenarios: ["what-was-renamed-and-passed-over-keeps-what-it-needs"],
    where,
    why: "what a resource needs that was passed over stays; the official engine deletes it, and cannot use the state any more",
  })),
  ...[/^step 1 outcome$/, /^step 1 (events|diagnostics|changes|state|cloud)/].map((where) => ({
    scenarios: ["assets-that-are-not-there"],
    where,
    why: "a server that answers 404 has no asset; the official engine takes its answer for the contents",
  })),
  {
    scenarios: ["refresh-of-a-set-of-assets"],
    where: /^step 2 state .* outputs pack assets /,
    why: "what a provider was not sent is put back into its answer; the official engine keeps an empty set with the hash of the full one",
  },
  {
    scenarios: ["replacement-trigger-that-is-secret"],
    where: / replacementTrigger secret$/,
    why: "`stack export --show-secrets` of the official engine prints a secret replacement trigger as null; both go on with its value",
  },
  ...[/^step 2 outcome$/, /^step 2 (events|diagnostics|state .*Thing::b|state pending|cloud)/].map((where) => ({
    scenarios: ["deleted-first-and-what-is-excluded-needs-it"],
    where,
    why: "what is carried over and needs what comes after it is moved behind that; the official engine cannot write its state",
  })),
  {
    scenarios: ["deleted-first-and-what-is-excluded-needs-it-in-a-circle"],
    where: /^step 2 (events .*Thing::b$|diagnostics$|changes replace$|state pending$)/,
    why: "that no order would hold the state is said before the creation begins; the official engine finds it out when it writes",
  },
  {
    scenarios: ["get-does-not-become-managed-under-a-target"],
    where: /^step 2 (events .*RandomId::id$|changes discard$|state .*RandomId::id$)/,
    why: "after a failure, nothing is deleted; the official engine goes on when the program is inline, forgets what was read and is needed, and cannot write its state",
  },
];

/** Where a program in a process of its own makes another difference than the inline one that was recorded; to both engines. */
export const differencesInChildren: readonly KnownDifference[] = [
  ...knownDifferences,
  {
    scenarios: ["transforms-bring-outputs-and-secrets"],
    where: /Thing::b (inputs|outputs) value$/,
    why: "a secret that a transform makes is lost when the program is inline, and stays one in a process of its own (seen with pulumi 3.260)",
  },
  {
    scenarios: ["log-messages-of-a-program"],
    where: /^step 2 outcome$/,
    why: "an error that a program logs fails it when it is inline; in a process of its own both engines call that a success",
  },
];
