// Where the embedded engine is known to differ from the official one. Each entry is a gap, not an excuse: everything else
// about its scenarios is still compared, and a test fails when the gap has closed, so that its entry goes.
export interface KnownDifference {
  readonly scenarios: readonly string[];
  /** What of a difference's place (`step 2 state ...`) it is about. */
  readonly where: RegExp;
  readonly why: string;
}

export const knownDifferences: readonly KnownDifference[] = [
  {
    scenarios: [
      "check-refuses",
      "import-adopts",
      "nothing-at-all",
      "stack-reference-reads-outputs",
      "unknown-secrets-in-a-preview",
      "unknowns-in-previews",
    ],
    where: /^step \d+ state$/,
    why: "`stack export` of a stack that was never updated prints no deployment at all, rather than an empty one",
  },
  {
    scenarios: ["destroy-and-begin-again", "random-resources-stay", "refresh-finds-a-change"],
    where: / propertyDependencies/,
    why: "a refresh keeps the properties that depend on nothing in propertyDependencies; the official engine drops them",
  },
  {
    scenarios: [
      "exclude-leaves-one-out",
      "replace-by-request",
      "target-destroys-with-dependents",
      "target-updates-one",
    ],
    where: / (dependencies|propertyDependencies value)$/,
    why: "a registration is answered with the property dependencies of the goal; the official engine does so for remote components only",
  },
  {
    scenarios: ["transforms-change-inputs-and-options"],
    where: / propertyDependencies value$/,
    why: "a property that a transform adds gets no entry in propertyDependencies; the official engine writes an empty one",
  },
  {
    scenarios: ["target-destroys-with-dependents"],
    where: /^step 2 diagnostics$/,
    why: "a destroy that its targets do not allow ends without the closing error",
  },
];
