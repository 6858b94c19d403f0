// Rules of the engine, each with the small edit that takes it away. `npm run test:mutants` applies them one at a time in a
// copy of the sources; a test must turn red for each. An edit whose text is no longer found exactly once fails
// mutants.test.ts: it is to follow the code.

export interface Mutant {
  /** The rule that is taken away, as a sentence. */
  readonly rule: string;
  /** Why no scenario can show it: a test of the deployment must, then. */
  readonly unseen?: string;
  /** Below engine/. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly from: string;
  readonly to: string;
}

type Edit = readonly [rule: string, from: string, to: string, unseen?: string];

const of = (file: string, edits: readonly Edit[]): readonly Mutant[] =>
  edits.map(([rule, from, to, unseen]) => ({ rule, file, from, to, ...(unseen !== undefined && { unseen }) }));

const noViews = "no provider that scenarios use has views";

export const mutants: readonly Mutant[] = [
  ...of("deployment/stepGenerator.ts", [
    [
      "claims that contradict each other are reported",
      `for (const conflict of conflicts) report("error", conflict, urn);`,
      "",
    ],
    ["claims that contradict each other end the deployment", "inputs === undefined || invalid", "inputs === undefined"],
    ["a provider found under an alias keeps that name too", "if (alias !== undefined) registry.alias(urn, alias);", ""],
    [
      "a provider's alias is known to those that compare providers",
      "alias === undefined ? [urn] : [urn, alias]",
      "[urn]",
    ],
    ["a provider is remembered for comparison", "if (isProviderType(goal.type)) {", "if (false) {"],
    [
      "what waits for its deletion is recreated",
      "recreating: ledger.deletes.has(urn) || (alias !== undefined && ledger.deletes.has(alias)),",
      "recreating: false,",
    ],
    ["an import id is followed", `goal.custom && goal.importId !== "" &&`, "false &&"],
    [
      "an import id already followed is not followed again",
      "(!old || old.state.external || knownId !== goal.importId)",
      "true",
    ],
    ["what was only read is imported", "!old || old.state.external || knownId", "!old || knownId"],
    ["the id the resource was imported by counts", "old?.state.importId || old?.id", "old?.id"],
    ["a read needs an id", `if (goal.id === "") throw new Error`, `if (goal.id === "never") throw new Error`],
    [
      "a managed resource that is read is given up",
      "if (old && !old.state.external && old.id !== id) {",
      "if (false) {",
    ],
    ["a managed resource read by its own id is not given up", "&& old.id !== id) {", ") {"],
    ["what is read counts as operated on", "ledger.reads.add(urn);", ""],
    [
      "what is given up for a read counts as replaced",
      `ledger.replaces.add(urn);
    return {
      steps: [
        { op: "read-replacement"`,
      `return {
      steps: [
        { op: "read-replacement"`,
    ],
    [
      "a parent must be registered",
      `if (parent !== "" && !ledger.urns.has(parent)) throw`,
      `if (parent === "never") throw`,
    ],
    ["a URN is registered once", "if (ledger.urns.has(urn)) {", "if (false) {"],
    ["what was protected stays protected by the program's word", "protect: goal.protect ?? false", "protect: false"],
    [
      "an alias is recorded",
      "inputs, parent, dependencies, provider, propertyDependencies },\n    ...{ additionalSecretOutputs, importId, deletedWith, replaceWith, sourcePosition, stackTrace, ignoreChanges },\n    protect: goal.protect ?? false,\n    aliases: alias === undefined ? [] : [alias],",
      "inputs, parent, dependencies, provider, propertyDependencies },\n    ...{ additionalSecretOutputs, importId, deletedWith, replaceWith, sourcePosition, stackTrace, ignoreChanges },\n    protect: goal.protect ?? false,\n    aliases: [],",
    ],
    [
      "custom timeouts are recorded",
      "customTimeouts: { ...goal.customTimeouts, read: 0 }",
      "customTimeouts: { create: 0, update: 0, delete: 0, read: 0 }",
    ],
    ["retainOnDelete is recorded", "retainOnDelete: goal.retainOnDelete ?? false", "retainOnDelete: false"],
    ["the date of creation is kept", "created: old?.state.created,\n    modified: old", "modified: old"],
    ["the date of the last change is kept", "modified: old?.state.modified,\n    hideDiff", "hideDiff"],
    ["hidden diffs are recorded", "hideDiff: goal.hideDiffs.map", "hideDiff: [].map"],
    ["replaceOnChanges is recorded for dependents", "replaceOnChanges: goal.replaceOnChanges,", ""],
    ["the replacement trigger is recorded", "replacementTrigger: goal.replacementTrigger ?? null,", ""],
    ["a mark to refresh first is kept", "refreshBeforeUpdate: old?.state.refreshBeforeUpdate ?? false,", ""],
    ["hooks are recorded", "resourceHooks: goal.hooks,", ""],
    ["each replacement gets another random seed", '`${urn}\\n${old?.id ?? ""}`', "urn"],
    [
      "a provider registered no more is taken from the state",
      "if (!recorded || recorded.state.delete) {",
      "if (true) {",
    ],
    ["a provider that waits for deletion is no provider", "!recorded || recorded.state.delete", "!recorded"],
    [
      "a provider taken from the state stays in it",
      "queueUntargeted(generation, parseProviderReference(reference).urn);",
      "",
    ],
    ["an import is remembered", "generation.ledger.imports.add(urn);", ""],
    [
      "an import in a managed resource's place replaces it",
      "const original = old && !recreating ? old : undefined;",
      "const original = undefined as Resource | undefined;",
    ],
    [
      "providers take part whatever the targets",
      "isProviderType(goal.type) || isRootStack(urn) || isIncluded",
      "isRootStack(urn) || isIncluded",
    ],
    [
      "the stack takes part whatever the targets",
      "isProviderType(goal.type) || isRootStack(urn) || isIncluded",
      "isProviderType(goal.type) || isIncluded",
    ],
    [
      "what a target depends on is carried over",
      "for (const dependency of dependenciesOf(fresh)) queueUntargeted(generation, dependency.urn);",
      "",
    ],
    [
      "what the provider finds wrong is not created",
      "if (inputs === undefined || invalid) throw",
      "if (invalid) throw",
    ],
    ["what is recreated is no longer condemned", "for (const name of [urn, old.urn]) ledger.deletes.delete(name);", ""],
    ["what is recreated counts as replaced", "ledger.replaces.add(urn);\n    const keys", "const keys"],
    [
      "why a dependent went is told",
      "const keys = ledger.dependentReplaceKeys.get(old.urn) ?? [];",
      "const keys: string[] = [];",
    ],
    ["what was only read is created when it is registered", "if (wasExternal) {", "if (false) {"],
    ["a target's dependents are recognised", "noteSelected(generation, fresh, included);", ""],
    ["what no target names is left alone", "if (!included) return untouched(generation, candidate);", ""],
    [
      "ignored changes are taken back",
      "old ? resetPaths(goal.inputs, old.inputs, goal.ignoreChanges) :",
      "false ? resetPaths(goal.inputs, goal.inputs, []) :",
    ],
    ["a path that cannot be ignored is told of", "if (kept.invalid.length > 0) {", "if (false) {"],
    ["what is recreated is checked anew", "!old || recreating || old.state.external", "!old || old.state.external"],
    [
      "what was only read is checked anew",
      "recreating || old.state.external || isReplaceTarget",
      "recreating || isReplaceTarget",
    ],
    [
      "what is replaced by request is checked anew",
      " || isReplaceTarget(generation, urn, old);\n  const request",
      ";\n  const request",
    ],
    [
      "what no target names is not checked",
      "const { inputs, failures } = !included",
      "const { inputs, failures } = false",
    ],
    [
      "what the provider's check found is told",
      "if (reportCheckFailures(generation, fresh, failures)) return undefined;",
      "if (failures.length > 0) return undefined;",
    ],
    ["checked inputs are what is created", "fresh.set({ inputs });\n  return inputs;", "return inputs;"],
    [
      "what was not created for want of a target is remembered",
      "ledger.sames.add(urn);\n    ledger.skippedCreates.add(urn);\n    return",
      "ledger.sames.add(urn);\n    return",
    ],
    [
      "a refresh by the program reads what it registers",
      "if (old && options.refreshes && isIncluded(generation, old)) {",
      "if (false) {",
    ],
    [
      "a destroy that runs the program creates nothing",
      'if (mode === "update") return undefined;',
      'if (mode !== "refresh") return undefined;',
    ],
    [
      "a refresh that runs the program changes nothing",
      'if (mode === "update") return undefined;',
      'if (mode !== "destroy") return undefined;',
    ],
    ["what a destroy registers is deleted", "  ledger.toDelete.push(fresh);\n  if (!old", "  if (!old"],
    ["a destroy deletes with the inputs that were", "fresh.set({ inputs: old.inputs });", ""],
    [
      "a change of providers is refused for what no target names",
      `if (old.provider !== "" && !registry.get(old.provider)) {`,
      "if (false) {",
    ],
  ]),
  ...of("deployment/compare.ts", [
    ["an unknown trigger fails an update", "!options.preview && containsUnknowns(replacementTrigger)", "false"],
    [
      "a changed trigger replaces",
      "const triggered = isTriggered(replacementTrigger, old.state.replacementTrigger);",
      "const triggered = false;",
    ],
    [
      "an unknown trigger replaces in a preview",
      "if (containsUnknowns(now) || containsUnknowns(old)) return true;",
      "",
    ],
    ["a trigger that comes or goes replaces nothing", "if (now === null || old === null) return false;", ""],
    ["replaceOnChanges is followed", "applyReplaceOnChanges(compared, goal.replaceOnChanges, unhealthy)", "compared"],
    [
      "replaceOnChanges can name a failed initialisation",
      "goal.replaceOnChanges, unhealthy)",
      "goal.replaceOnChanges, false)",
    ],
    [
      "a replacement that was begun is gone on with",
      "const pending = old.state.pendingReplacement;",
      "const pending = false;",
    ],
    ["what the provider cannot update is replaced", "(triggered || needsReplacement(diff))", "triggered"],
    ["what is not healthy is updated", `diff.changes === "some" || unhealthy) {`, `diff.changes === "some") {`],
    ["what was imported and does not differ is done", "if (ledger.imports.has(urn)) {", "if (false) {"],
    ["--replace is followed", `if (isReplaceTarget(generation, urn, old)) return replaceBecause("id");`, ""],
    [
      "replaceWith is followed",
      "if (fresh.state.replaceWith.some((other) => ledger.replaces.has(other)))",
      "if (false)",
    ],
    ["deletedWith replaces with another", "if (ledger.replaces.has(fresh.state.deletedWith))", "if (false)"],
    ["another provider that matters replaces", "if (await providerReplaces(generation, old, fresh))", "if (false)"],
    [
      "from component to custom resource is a replacement",
      `if (old.provider === "" || fresh.provider === "") return true;`,
      `if (old.provider === "" || fresh.provider === "") return false;`,
    ],
    [
      "a provider that was renamed is the same",
      "if (ledger.aliased.get(oldUrn) === newUrn) return false;",
      "",
      "neither `random` nor a dynamic provider asks for resources to be replaced because of its configuration",
    ],
    ["a component changes with its inputs", "mapsEqual(old.inputs, inputs) ? noDiff", "true ? noDiff"],
    [
      "a provider that cannot compare yet changes something",
      `return { ...noDiff, changes: "some" };
  }
}`,
      `return noDiff;
  }
}`,
    ],
    ["a provider that cannot compare yet is told of", `report("warning", error.message, urn);`, ""],
    [
      "what is protected is not replaced",
      "fresh.state.protect && old.state.protect && !options.ignoreProtect",
      "false",
    ],
    [
      "what the program no longer protects is replaced",
      "fresh.state.protect && old.state.protect",
      "old.state.protect",
    ],
    ["what was not protected yet is replaced", "fresh.state.protect && old.state.protect", "fresh.state.protect"],
    [
      "a preview shows a replacement that protection forbids",
      "if (!options.preview) throw new Bail(message);",
      "throw new Bail(message);",
    ],
    [
      "an imported resource that says its id is not replaced",
      `if (goal.importId !== "") refuseImported(generation, candidate, diff);`,
      "",
    ],
    ["a replaced resource is known to its dependents", "  ledger.replaces.add(urn);\n  if (provider", "  if (provider"],
    [
      "a replacement is checked as new",
      "if (provider && !isReplaceTarget(generation, urn, old)) {",
      "if (false as boolean) {",
    ],
    [
      "a replacement's check is heeded",
      "if (reportCheckFailures(generation, fresh, failures)) throw",
      "if (false) throw",
    ],
    [
      "a replacement's checked inputs are what is created",
      "    fresh.set({ inputs });\n  }\n  const shown",
      "  }\n  const shown",
    ],
    [
      "the program decides which comes first",
      "(goal.deleteBeforeReplace ?? diff.deleteBeforeReplace)",
      "diff.deleteBeforeReplace",
    ],
    [
      "the provider decides which comes first",
      "(goal.deleteBeforeReplace ?? diff.deleteBeforeReplace)",
      "goal.deleteBeforeReplace",
    ],
    [
      "what is replaced first waits for its deletion",
      "diff: shown, pendingDelete: true, settle",
      "diff: shown, pendingDelete: false, settle",
    ],
    ["dependents that would be replaced go first", "? await dependentReplacements(generation, old) : []", "? [] : []"],
    ["what goes with another goes first", ", ...cascadingReplacements(generation, urn)].reverse()", "].reverse()"],
    [
      "dependents go before what they depend on",
      "...cascadingReplacements(generation, urn)].reverse()",
      "...cascadingReplacements(generation, urn)]",
    ],
    ["what is condemned already is not condemned twice", "if (ledger.pendingDeletes.has(resource)) continue;", ""],
    ["a dependent that waits for deletion is deleted, not replaced", "if (resource.state.delete) {", "if (false) {"],
    [
      "a protected dependent forbids the replacement",
      "resource.state.protect && !generation.options.ignoreProtect",
      "false",
    ],
    ["a condemned dependent is recreated when it is registered", "    ledger.deletes.add(resource.urn);\n", ""],
    [
      "what only waited for its deletion does not condemn its successor",
      "    if (resource.state.delete) continue;\n",
      "",
    ],
    ["a condemned dependent is not deleted again at the end", "    ledger.pendingDeletes.add(resource);\n", ""],
    ["a deletion done before is not done again", "if (old.state.pendingReplacement) return steps;", ""],
    [
      "a resource deleted first is known to be deleted",
      "  ledger.deletes.add(urn);\n  return [...steps",
      "  return [...steps",
    ],
  ]),
  ...of("deployment/dependents.ts", [
    [
      "those registered already no longer depend on the root",
      "ledger.hasStep(resource.urn) || ledger.isOperatedOn(resource.urn)",
      "false",
    ],
    ["those registered under a new name do not either", " || ledger.isOperatedOn(resource.urn)", ""],
    ["what waits and needs what goes goes along", "follows ? [] : await", "await"],
    ["nor do they go along", ".filter(([name]) => !ledger.isOperatedOn(name))", ""],
    [
      "dependents of dependents go too",
      "|| !byUrn.has(resource.urn)) replaced.add(resource.urn);",
      "|| !byUrn.has(resource.urn));",
    ],
    ["replaceWith takes a resource along", "replaceWith.includes(urn) || deletedWith === urn", "deletedWith === urn"],
    [
      "deletedWith takes a resource along",
      "replaceWith.includes(urn) || deletedWith === urn",
      "replaceWith.includes(urn)",
    ],
    [
      "components and what was only read have nothing to delete",
      "if (!state.custom || state.external) return undefined;",
      "",
    ],
    [
      "a provider takes all it manages along",
      `if (resource.provider !== "" && replaced.has(providerUrn(resource.provider))) {`,
      "if (false) {",
    ],
    ["deletedWith of a dependent takes it along", "if (replaced.has(state.deletedWith)) return [];", ""],
    ["a dependent without a property of the root stays", "if (touched.length === 0) return undefined;", ""],
    [
      "what a dependent takes from the root is unknown",
      "touched.map((key) => [key, unknown])",
      "touched.map((key) => [key, inputs[key]!])",
    ],
    [
      "ignored changes of a dependent replace nothing",
      "ignoreChanges: state.ignoreChanges });\n  const diff",
      "ignoreChanges: [] });\n  const diff",
    ],
    [
      "replaceOnChanges of a dependent counts",
      "applyReplaceOnChanges(compared, state.replaceOnChanges, false)",
      "compared",
    ],
    [
      "a dependent that would only be updated stays",
      "return needsReplacement(diff) ? diff.replaces : undefined;",
      "return diff.replaces;",
    ],
  ]),
  ...of("deployment/removal.ts", [
    ["a view is not deleted itself", `if (state.viewOf !== "") continue;`, "", noViews],
    [
      "what no target names is carried over",
      "if (!ledger.isOperatedOn(urn) && !ledger.pendingDeletes.has(resource)) sames.push(untargetedSame(resource));",
      "",
    ],
    ["what was operated on is not carried over again", "if (!ledger.isOperatedOn(urn) && ", "if ("],
    ["what was deleted first is not carried over", "&& !ledger.pendingDeletes.has(resource)) sames", ") sames"],
    ["what is carried over keeps what it names", "if (named.has(resource)) continue;", ""],
    ["what waits for deletion is deleted", "deletes.push(deleteReplacedStep(resource, false));", ""],
    ["what was deleted already is not deleted again", "if (ledger.pendingDeletes.has(resource)) continue;", ""],
    ["what is registered no more is deleted", "} else if (!ledger.isOperatedOn(urn)) {", "} else if (false) {"],
    [
      "a deletion done before is only forgotten",
      `state.pendingReplacement ? { op: "remove-pending-replace", old: resource } :`,
      'false ? { op: "remove-pending-replace", old: resource } :',
    ],
    [
      "what is deleted is known to those deleted with it",
      `ledger.deletes.add(urn);
      deletes.push(state`,
      "deletes.push(state",
    ],
    [
      "providers of what is deleted are started",
      "if (ledger.deletes.has(urn)) {\n      await ensureProvider",
      "if (false) {\n      await ensureProvider",
    ],
    [
      "a destroy takes along only what it names",
      "if (unnamed.length > 0 && !options.preview) throw",
      "if (false) throw",
    ],
    [
      "dependents are named by --target-dependents",
      "!options.targets.contains(urn) && !options.targetDependents",
      "!options.targets.contains(urn)",
    ],
    [
      "all resources of a chosen name are followed",
      "for (const resource of allByUrn.get(urn) ?? []) for (const other",
      "for (const resource of (allByUrn.get(urn) ?? []).slice(0, 1)) for (const other",
    ],
    ["targets limit what is deleted", "return (urn) => allowed.has(urn);", "return () => true;"],
    ["excludes limit what is deleted", "return (urn) => !kept.has(urn);", "return () => true;"],
    ["what an excluded resource depends on stays", "      ...graph.dependenciesOf(resource),\n", ""],
    ["--exclude-dependents keeps dependents", "...(options.excludeDependents ?", "...(false ?"],
    [
      "dependents of a target go with it",
      "(resource, seen) => graph.dependingOn(resource, ({ urn }) => seen.has(urn)),",
      "() => [],",
    ],
  ]),
  ...of("deployment/selection.ts", [
    ["excludes leave out", "return !excludes.constrained || !isExcluded(generation, resource);", "return true;"],
    [
      "--target-dependents follows dependencies",
      "return options.targetDependents && dependencyUrns",
      "return false && dependencyUrns",
    ],
    ["--target-dependents is asked for", "return options.targetDependents && dependencyUrns", "return dependencyUrns"],
    [
      "--exclude-dependents follows dependencies",
      "return options.excludeDependents && dependencyUrns",
      "return false && dependencyUrns",
    ],
    ["dependents of an excluded resource are recognised", "ledger.excludesActual.add(resource.urn);", "{}"],
    ["dependents of a target are recognised", "ledger.targetsActual.add(resource.urn);", "{}"],
    ["what waits for deletion is not carried over as living", "if (resource.state.delete) return [];", ""],
    [
      "what is carried over is registered",
      "    ledger.urns.add(resource.urn);\n    ledger.sames.add(urn);",
      "    ledger.sames.add(urn);",
    ],
    ["what is carried over is not deleted", "    ledger.sames.add(urn);\n    ledger.sames.add(resource.urn);\n", ""],
    [
      "the provider of what is carried over comes with it",
      "if (!seen && provider?.id === reference.id) before.push(...carry(provider));",
      "",
    ],
    [
      "what something carried over depends on comes with it",
      "      before.push(...carry(known));\n    }\n    return",
      "    }\n    return",
    ],
    [
      "what is queued brings its dependencies",
      "for (const dependency of dependenciesOf(old)) queueUntargeted(generation, dependency.urn);",
      "",
    ],
    [
      "what is queued stands before what needs it",
      "const all = [...queued, ...steps];",
      "const all = [...steps, ...queued];",
    ],
    [
      "what was operated on is not carried over",
      "if (ledger.hasStep(urn) || ledger.isOperatedOn(urn)) return false;",
      "",
    ],
    ["nothing may depend on what was not created", "if (!ledger.skippedCreates.has(urn)) continue;", "continue;"],
    [
      "a preview names all that depend on what was not created",
      `if (!options.preview) throw new Bail("untargeted create");`,
      `throw new Bail("untargeted create");`,
    ],
  ]),
  ...of("deployment/aliases.ts", [
    ["a URN that was claimed by an alias is not registered", "if (claimedBy !== undefined) {", "if (false) {"],
    [
      "a URN goes before any alias",
      "for (const candidate of [urn, ...aliasUrns(identity, ledger, options)]) {",
      "for (const candidate of [...aliasUrns(identity, ledger, options), urn]) {",
    ],
    ["a living resource's URN is no alias", "if (ledger.urns.has(candidate)) conflicts.push(conflict(urn));", ""],
    ["an alias is claimed once", "if (other !== undefined) conflicts.push(conflict(other));", ""],
    ["a claim is remembered", "    ledger.aliased.set(candidate, urn);\n", ""],
    ["children inherit their parent's alias", "    ledger.aliases.set(urn, candidate);\n", ""],
    ["children keep their own name below a renamed parent", "inherit(type, name), ", ""],
    ["aliases of children are inherited", ", ...own.map((urn) => inherit(urnType(urn), urnName(urn)))", ""],
    [
      "children named after their parent follow its name",
      "return childName.startsWith(parentName) ? oldParentName",
      "return false ? oldParentName",
    ],
    ["an alias may name a URN", `if ("urn" in alias) return alias.urn;`, ""],
    ["an alias may have no parent", "alias.noParent === true || parent", "parent"],
    ["an alias may name another parent", `const given = alias.parentUrn ?? "";`, `const given = "";`],
    ["an alias may name another stack", "alias.stack || options.stack", "options.stack"],
    ["an alias may name another project", "alias.project || options.project", "options.project"],
    ["an alias may name another type", "alias.type || identity.type", "identity.type"],
    ["an alias may name another name", "alias.name || identity.name", "identity.name"],
    ["a renamed parent of an alias is found", "(ledger.aliases.get(given) ?? given)", "given"],
  ]),
  ...of("deployment/generation.ts", [
    ["what was only read is forgotten, not deleted", `op: old.state.external ? "discard" : "delete"`, `op: "delete"`],
    [
      "what was only read and replaced is forgotten",
      `op: old.state.external ? "discard-replaced" : "delete-replaced"`,
      `op: "delete-replaced"`,
    ],
    ["a tainted resource is replaced", " || old?.state.taint === true", ""],
    ["no --replace names nothing", "replaceTargets.constrained && ", ""],
  ]),
  ...of("deployment/refresh.ts", [
    ["a view is not read itself", `resource.state.viewOf !== "" || `, "", noViews],
    ["a refresh keeps to its targets", "|| !chosen(resource)) continue;", ") continue;"],
    ["a refresh follows --target-dependents", "(options.targetDependents && depends(targets))", "false"],
    ["a refresh follows --exclude-dependents", "(options.excludeDependents && depends(excludes))", "false"],
    ["a refresh leaves excluded resources alone", "return !excluded;", "return true;"],
    [
      "what names a resource that is gone forgets it",
      "if (gone || independent) fresh.set(",
      "if (independent) fresh.set(",
    ],
    ["what was read is the base of what follows", "generation.rebase(rebuild(base.resources, steps));", ""],
  ]),
  ...of("deployment/dangling.ts", [
    ["what lives names what lives", "return state.delete ? this.#all : this.#living;", "return this.#all;"],
    ["children of what is gone forget it", `parent: urns.has(state.parent) ? state.parent : "",`, ""],
    ["properties that depend on what is gone forget it", "[key, keep(list)] as const", "[key, list] as const"],
    ["what is gone takes nothing along", `deletedWith: urns.has(state.deletedWith) ? state.deletedWith : "",`, ""],
    ["replaceWith forgets what is gone", "replaceWith: keep(state.replaceWith),", ""],
  ]),
  ...of("deployment/merge.ts", [
    ["references are written by their new names", "normalizeUrns([...news, ...base])", "[...news, ...base]"],
    ["new resources stand before old ones", "[...news, ...base]", "[...base, ...news]"],
  ]),
  ...of("deployment/changes.ts", [
    ["what changes in its place is told", "    resource.watch(this.#watch);\n", ""],
    [
      "what a refresh has made of the old resources is told",
      "...(rebuilt && { base: rebuilt }),",
      "",
      "only state migrations, which the official engine has not, rebuild them after the first write and before the last",
    ],
    ["operations open from before are told", "kept: kept.map(open)", "kept: []"],
  ]),
  ...of("deployment/apply.ts", [
    [
      "an unchanged resource keeps its id and outputs",
      "fresh.set({ id: old.id, outputs: old.outputs });\n      // A",
      "// A",
    ],
    [
      "an unchanged provider is configured",
      "if (runs) await context.registry.same",
      "if (false) await context.registry.same",
    ],
    ["a creation must have an id", `else if (!preview && answer.id === "") throw`, `else if (false) throw`],
    ["a creation is dated", "created: now, modified: now, initErrors: failure", "initErrors: failure"],
    ["why a creation half failed is recorded", "initErrors: failure?.reasons ?? []", "initErrors: []"],
    [
      "a replaced resource waits for its deletion",
      `if (step.op === "create-replacement" && step.pendingDelete) step.old.set({ delete: true });`,
      "",
    ],
    [
      "an update keeps the id",
      "fresh.set({ id: old.id, created: old.state.created, modified: old.state.modified });",
      "fresh.set({ created: old.state.created, modified: old.state.modified });",
    ],
    ["an update is dated", "fresh.set({ outputs: answer, modified });", "fresh.set({ outputs: answer });"],
    [
      "a half failed update keeps the old inputs",
      "inputs: old.inputs, initErrors: answer.reasons, modified",
      "initErrors: answer.reasons, modified",
    ],
    [
      "what is protected is not deleted",
      `if (step.op === "delete" && state.protect && !context.ignoreProtect) throw`,
      "if (false) throw",
    ],
    ["protection can be passed over", "state.protect && !context.ignoreProtect) throw", "state.protect) throw"],
    ["what was only read is not deleted", "const spared = state.external || ", "const spared = "],
    ["retainOnDelete leaves the resource behind", "state.retainOnDelete || ", ""],
    ["deletedWith leaves the deletion to another", " || context.isDeleted(state.deletedWith);", ";"],
    ["a preview deletes nothing", "if (!context.preview && !spared && old.custom) {", "if (!spared && old.custom) {"],
    ["a resource deleted first is marked until it is recreated", "old.set({ pendingReplacement: true });", ""],
    ["an unknown id is not read", "if (id !== unknownId) {", "if (true) {"],
    [
      "what is read must exist",
      "if (!answer) throw new Error(`resource '${id}' does not exist`);",
      "if (!answer) return;",
    ],
    [
      "what a read takes the place of waits for its deletion",
      `if (step.op === "read-replacement") old?.set({ delete: true });`,
      "",
    ],
    [
      "what waits for its replacement is not read",
      "if (!isRead(old) || state.pendingReplacement) {",
      "if (!isRead(old)) {",
    ],
    [
      "what is gone is forgotten",
      "step.result = { new: undefined, diff: noDiff };",
      "step.result = { new: old, diff: noDiff };",
    ],
    [
      "what changed behind our back is dated",
      "!mapsEqual(fresh.inputs, inputs) || !mapsEqual(fresh.outputs, outputs)) {",
      "false) {",
    ],
    [
      "what is imported must exist",
      "if (!answer) throw new Error(`resource '${importId}' does not exist`);",
      "if (!answer) return { id: importId, inputs, outputs: {}, initErrors: [] };",
      "`random` refuses such an import itself, and a dynamic provider cannot be asked for one",
    ],
    [
      "an import is dated",
      'fresh.set({ created: now, modified: now, importId: supplied ? "" : importId });',
      'fresh.set({ importId: supplied ? "" : importId });',
    ],
    ["what an import takes the place of waits for its deletion", "if (original) original.set({ delete: true });", ""],
    [
      "outputs of secret inputs are secret",
      "inputs[key] instanceof Secret || additionalSecretOutputs",
      "additionalSecretOutputs",
    ],
    ["additionalSecretOutputs are secret", " || additionalSecretOutputs.includes(key);", ";"],
    ["a secret id is told to be impossible", `if (additionalSecretOutputs.includes("id")) {`, "if (false) {"],
  ]),
  ...of("deployment/snapshot.ts", [
    ["an operation is recorded before it begins", "    this.#operations.set(operation.resource, operation);\n", ""],
    ["an operation that begins is written", "operation);\n    await this.#save();", "operation);"],
    ["an operation that ended is no longer pending", "      this.#operations.delete(operation.resource);\n", ""],
    ["what did not happen is not recorded", "if (recorded) this.#apply(step);", "this.#apply(step);"],
    [
      "outputs registered later are written",
      "else await this.#save();\n  }\n\n  /** Writes what",
      "else void 0;\n  }\n\n  /** Writes what",
    ],
    [
      "what was not worth a write is written at the end",
      "if (this.#unwritten || this.#appended) await this.#save();",
      "",
    ],
    ["what goes on in changes is written whole at the end", "this.#unwritten || this.#appended", "this.#unwritten"],
    ["creations cut off earlier stay pending", `filter(({ type }) => type === "creating")`, "filter(() => false)"],
    [
      "other operations cut off earlier are forgotten",
      `filter(({ type }) => type === "creating")`,
      "filter(() => true)",
    ],
    ["what was elided is not recorded", "if (!step.skippedCreate) this.#isNew(step.new);", "this.#isNew(step.new);"],
    [
      "the mark of a begun replacement goes with it",
      'if (step.old.state.pendingReplacement) this.#isGone(step.old);\n        break;\n      case "update"',
      'break;\n      case "update"',
    ],
    [
      "a resource deleted first stays until it is recreated",
      'if (!step.old.state.pendingReplacement) this.#isGone(step.old);\n        break;\n      case "remove',
      'this.#isGone(step.old);\n        break;\n      case "remove',
    ],
    ["a read takes the old one's place", "if (step.old && !step.old.state.delete) this.#isGone(step.old);", ""],
  ]),
  ...of("deployment/stepExecutor.ts", [
    [
      "a chain ends with its first failure",
      "if (this.#stopped || !(await this.#attempt(step))) return false;",
      "await this.#attempt(step);",
    ],
    ["once stopped nothing begins", "if (this.#stopped || !(await", "if (!(await"],
    ["a replacement waits for a deletion in another chain", "(await this.#deletedBefore(chain)) && ", ""],
    ["a partial failure is recorded", "error === undefined || error instanceof PartialFailure", "error === undefined"],
    [
      "a failure stops the deployment",
      "    }\n    if (this.#stopped) return;\n    this.#stopped = true;\n    this.#onStop();\n",
      "    }\n",
    ],
    ["continue-on-error goes on", "this.#options.continueOnError || error", "error"],
    ["a protected resource stops no other deletion", " || error instanceof DeleteProtected", ""],
    [
      "what was read is known by its URN",
      `step.op === "read" || step.op === "read-replacement" ? this.#ledger.readResources : this.#ledger.news`,
      "this.#ledger.news",
    ],
    ["a refresh that fails goes on", "if (this.#options.ignoreErrors) return;", ""],
    [
      "what was elided is answered so",
      `step.op === "same" && step.skippedCreate ? "elided" : "success"`,
      `"success" as const`,
    ],
  ]),
  ...of("deployment/registrar.ts", [
    [
      "a component is answered without its recorded outputs",
      "const outputs = goal.custom ? resource.outputs : {};",
      "const outputs = resource.outputs;",
    ],
    ["outputs of the stack wait for the end", "if (isRootStack(urn)) {", "if (false) {"],
    [
      "an invoke is not answered before all it depends on is there",
      "if (goal.ready && !(await goal.ready()))",
      "if (false)",
    ],
    [
      "outputs are registered once, of what was registered",
      "if (!step) throw new Error(`cannot complete",
      "if (!step) return;\n    if (false) throw new Error(`cannot complete",
    ],
    ["outputs of what was not created are not recorded", `if (step.op === "same" && step.skippedCreate) return;`, ""],
    [
      "what depends on a failure is passed over",
      "if (!ended && !needsOf(step).some((urn) => this.#passedOver.has(urn))) return true;",
      "return true;",
    ],
    ["a chain ends where a deletion is passed over", "ended ||= isDeletion(step);", ""],
    [
      "what was to be deleted first, and was not, is not created again",
      "return follows ? [...needs, step.old.urn] : needs;",
      "return needs;",
    ],
    [
      "what depends on something passed over is passed over",
      "      this.#passedOver.add(urnOf(step));\n      settleOf",
      "      settleOf",
    ],
    [
      "a default provider can be denied",
      `return provider === "" && this.#defaults.isDenied(packageOf(type));`,
      "return false;",
    ],
  ]),
  ...of("deployment/deployment.ts", [
    [
      "operations cut off earlier are told of",
      'if (refresh === "no" && !this.#options.refreshes && !preview && base.pendingOperations.length > 0)',
      "if (false)",
    ],
    [
      "a failed refresh goes no further",
      "this.#stepsFailed || this.#parts.signal.aborted) return;",
      "this.#parts.signal.aborted) return;",
    ],
    ["a program that failed deletes nothing", "if (!completed || this.#stopped) return;", "if (this.#stopped) return;"],
    ["targets must exist", `if (unknownTargets) throw new Bail("one or more`, `if (false) throw new Bail("one or more`],
    [
      "a program must register its stack",
      "if ([...this.#generation.ledger.urns].some(isRootStack)) return true;",
      "return true;",
    ],
    ["after a failed deletion, what it depends on stays", "chain.filter((resource) => !spared.has(resource))", "chain"],
    ["outputs not given after a failure are kept", "incomplete ? { ...before, ...outputs } : outputs", "outputs"],
    ["outputs given up are forgotten", "incomplete ? { ...before, ...outputs } : outputs", "{ ...before, ...outputs }"],
  ]),
  ...of("deployment/diff.ts", [
    [
      "an unknown differs from a known value",
      "if (a === b) return true;",
      "if (a === b || b instanceof Unknown) return true;",
    ],
    [
      "a value that only became secret has not changed",
      "if (value instanceof Secret) return unwrapSecrets(value.element);\n  if (value instanceof OutputValue)",
      "if (value instanceof OutputValue)",
    ],
    [
      "detailed diffs can replace",
      "diff.replaces.length > 0 || Object.values(diff.detailedDiff ?? {}).some(({ kind }) => isReplaceKind(kind))",
      "diff.replaces.length > 0",
    ],
    [
      "a diff is turned round for a refresh",
      "if (!diff.detailedDiff) return diff;\n  return {\n    ...diff,\n    detailedDiff: mapDetails(diff.detailedDiff, (change) => ({ ...change, kind: inverse[change.kind] })),",
      "if (!diff.detailedDiff) return diff;\n  return {\n    ...diff,\n    detailedDiff: diff.detailedDiff,",
    ],
  ]),
  ...of("deployment/dependencyGraph.ts", [
    [
      "a child is a dependent",
      "dependenciesOf(candidate).some(({ urn }) => urns.has(urn)) ||",
      'dependenciesOf(candidate).some(({ kind, urn }) => kind !== "parent" && urns.has(urn)) ||',
    ],
    [
      "what a provider manages depends on it",
      '(candidate.provider !== "" && urns.has(parseProviderReference(candidate.provider).urn))',
      "false",
    ],
    [
      "to depend on a component is to depend on its children",
      "for (const descendant of before(this.#descendants.get(urn))) found.add(descendant);",
      "",
    ],
    ["a provider is a dependency", "for (const provider of before(this.#positions.get(urn))) found.add(provider);", ""],
    ["dependents of dependents are dependents", "      urns.add(candidate.urn);\n", ""],
    ["dependents are deleted first", "return chains.reverse();", "return chains;"],
  ]),
];
