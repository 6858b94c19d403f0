// Turns what the user named into the stacks of a run, each with the reason why it is there. Pure; filters.ts has the
// grammar, this file its meaning.
//
// 1. Environments bound what names can mean; without one, a name without an environment must not span several.
// 2. Each filter is narrowed by its "|", left to right; several filters add up.
// 3. Neighbours are added (`...`, --with-dependencies): along the graph, across environments.
// 4. What a filter says with "!" is taken away last.
// A name that matches nothing is an error: a misspelt exclusion must not select more than was meant.
import type { StackId } from "./events.ts";
import { type Atom, type Filter, parseFilter, type Term } from "./filters.ts";
import type { StackGraph } from "./graph.ts";
import { err, ok, type Result } from "./result.ts";
import { suggest } from "./suggest.ts";
import { noneNamed, type ResolvedStack } from "./workspace.ts";

export interface SelectionRequest {
  /** `-e`, several add up; empty: every environment. */
  readonly environments?: readonly string[];
  /** In the grammar of filters.ts; several add up. */
  readonly filters?: readonly string[];
  /** Everything (of the environments). */
  readonly all?: boolean;
  /** Also what the selected stacks depend on: so many edges far, or all the way (`true`). */
  readonly withDependencies?: number | boolean;
  /** Also what depends on the selected stacks. */
  readonly withDependents?: number | boolean;
}

/** Selected stacks in graph order, with the reason of each. */
export type Selection = ReadonlyMap<StackId, string>;

export type SelectionErrorCode = "bad-filter" | "no-match" | "ambiguous" | "unknown-environment" | "nothing-selected";

/** Why there is no selection. */
export interface SelectionError {
  readonly code: SelectionErrorCode;
  readonly message: string;
  /** What to write instead. */
  readonly hint?: string;
}

/** What of a workspace can be selected by. */
export type Selectable = Pick<ResolvedStack, "id" | "name" | "environment" | "instance" | "cloud"> & {
  readonly contract: { readonly tags: readonly string[] };
};

/**
 * Selects stacks, or says everything that is wrong with the request. Naming an environment, a filter or `all` selects;
 * a request that names nothing is `nothing-selected`. The selection is empty only where filters narrow to nothing.
 */
export function select(
  graph: StackGraph,
  stacks: ReadonlyMap<StackId, Selectable>,
  request: SelectionRequest,
): Result<Selection, readonly SelectionError[]> {
  const errors: SelectionError[] = [];
  const known = new Set([...stacks.values()].map(({ environment }) => environment));
  const wanted = request.environments ?? [];
  for (const name of wanted)
    if (!known.has(name))
      errors.push({ code: "unknown-environment", message: noneNamed("environment", name, [...known]) });
  const filters: Filter[] = [];
  for (const text of request.filters ?? []) {
    const parsed = parseFilter(text);
    if (parsed.ok) filters.push(parsed.value);
    else errors.push({ code: "bad-filter", ...parsed.error });
  }
  if (errors.length > 0) return err(errors);
  if (wanted.length === 0 && filters.length === 0 && !request.all)
    return err([
      {
        code: "nothing-selected",
        message: "nothing is selected",
        hint: "name an environment (-e), stacks or filters; --all is everything",
      },
    ]);

  const selector = new Selector(graph, stacks, new Set(wanted));
  const positives = filters.filter(({ terms }) => terms.some(({ negated }) => !negated));
  const selected = new Map<StackId, string>();
  const add = (found: ReadonlyMap<StackId, string>): void => {
    for (const [id, reason] of found) if (!selected.has(id)) selected.set(id, reason);
  };
  if (request.all || positives.length === 0) add(selector.everything(wanted));
  for (const filter of positives) add(selector.filtered(filter));
  const base = [...selected.keys()];
  if (request.withDependencies) add(selector.walk(base, "dependencies", request.withDependencies));
  if (request.withDependents) add(selector.walk(base, "dependents", request.withDependents));
  for (const { terms } of filters)
    if (terms.every(({ negated }) => negated))
      for (const term of terms) for (const id of selector.matching(term).keys()) selected.delete(id);
  if (selector.errors.length > 0) return err(selector.errors);
  return ok(new Map(graph.order.filter((id) => selected.has(id)).map((id) => [id, selected.get(id)!])));
}

class Selector {
  readonly errors: SelectionError[] = [];
  readonly #graph: StackGraph;
  readonly #stacks: ReadonlyMap<StackId, Selectable>;
  readonly #environments: ReadonlySet<string>;

  constructor(graph: StackGraph, stacks: ReadonlyMap<StackId, Selectable>, environments: ReadonlySet<string>) {
    this.#graph = graph;
    this.#stacks = stacks;
    this.#environments = environments;
  }

  everything(environments: readonly string[]): ReadonlyMap<StackId, string> {
    const reason = (environment: string): string =>
      environments.length > 0 ? `in environment ${environment}` : "everything";
    return new Map(
      [...this.#stacks.values()]
        .filter((stack) => this.#inScope(stack))
        .map(({ id, environment }) => [id, reason(environment)]),
    );
  }

  /** What a filter with at least one positive term selects. Terms with "!" narrow too, wherever they stand in it. */
  filtered({ terms, text }: Filter): ReadonlyMap<StackId, string> {
    const positives = terms.filter(({ negated }) => !negated).map((term) => this.matching(term));
    const negatives = terms.filter(({ negated }) => negated).map((term) => this.matching(term));
    const [first, ...others] = positives;
    const kept = [...first!].filter(
      ([id]) => others.every((other) => other.has(id)) && !negatives.some((other) => other.has(id)),
    );
    const left = new Set(kept.map(([id]) => id));
    for (const term of terms)
      if (!term.negated) this.#checkOneEnvironment(term, terms.length > 1 ? (id) => left.has(id) : () => true);
    return new Map(terms.length > 1 ? kept.map(([id]) => [id, `matches "${text}"`]) : kept);
  }

  /** A bare name must not mean stacks of several environments by itself: `tutti destroy web` would be all of them. */
  #checkOneEnvironment({ atom }: Term, left: (id: StackId) => boolean): void {
    if (atom.kind !== "name" || atom.segments.length > 1 || this.#environments.size > 0) return;
    const meant = [...this.#stacks.values()].filter((stack) => matches(atom, stack) && left(stack.id));
    const [first, ...others] = [...new Set(meant.map(({ environment }) => environment))].sort();
    if (first === undefined || others.length === 0) return;
    this.errors.push({
      code: "ambiguous",
      message: `"${atom.text}" is in the environments ${[first, ...others].join(", ")}`,
      hint: `name one (-e ${first}, or ${atom.text}.${first}), or write "${atom.text}.*" for all of them`,
    });
  }

  /** What one term stands for, its "!" aside: the atom's stacks and the neighbours asked for. */
  matching(term: Term): ReadonlyMap<StackId, string> {
    const named = this.#named(term);
    const found = new Map<StackId, string>();
    if (!term.withoutSelf) for (const id of named) found.set(id, `matches "${term.text}"`);
    for (const direction of ["dependencies", "dependents"] as const) {
      const depth = term[direction];
      if (depth === undefined) continue;
      for (const [id, reason] of this.walk(named, direction, depth)) if (!found.has(id)) found.set(id, reason);
    }
    return found;
  }

  /** Everything reached from the given stacks, themselves not included; each with the stack that it was reached from. */
  walk(
    from: readonly StackId[],
    direction: "dependencies" | "dependents",
    depth: number | boolean,
  ): ReadonlyMap<StackId, string> {
    const far = typeof depth === "number" ? depth : Number.POSITIVE_INFINITY;
    const distance = new Map<StackId, number>(from.map((id) => [id, 0]));
    const origin = new Map<StackId, StackId>(from.map((id) => [id, id]));
    const queue = [...from];
    const found = new Map<StackId, string>();
    for (const id of queue) {
      if (distance.get(id)! >= far) continue;
      const next = direction === "dependencies" ? this.#graph.dependenciesOf(id) : this.#graph.dependentsOf(id);
      for (const other of next) {
        if (distance.has(other)) continue;
        distance.set(other, distance.get(id)! + 1);
        origin.set(other, origin.get(id)!);
        queue.push(other);
        const named = origin.get(id)!;
        found.set(other, direction === "dependencies" ? `${named} depends on it` : `depends on ${named}`);
      }
    }
    return found;
  }

  #inScope({ environment }: Selectable): boolean {
    return this.#environments.size === 0 || this.#environments.has(environment);
  }

  #named(term: Term): readonly StackId[] {
    const { atom } = term;
    // What is taken away may be anywhere: neighbours were added across environments.
    const scope = [...this.#stacks.values()].filter((stack) => term.negated || this.#inScope(stack));
    const found = scope.filter((stack) => matches(atom, stack));
    if (found.length === 0) this.errors.push(this.#noMatch(term));
    return found.map(({ id }) => id);
  }

  #noMatch({ atom, negated }: Term): SelectionError {
    const where =
      this.#environments.size > 0 && !negated ? ` in environment ${[...this.#environments].sort().join(", ")}` : "";
    const all = [...this.#stacks.values()];
    const candidates =
      atom.kind === "name"
        ? all.map((stack) => stack.id.split(".").slice(0, atom.segments.length).join("."))
        : all.flatMap((stack) => valuesOf(atom.attribute, stack));
    const word = atom.kind === "name" ? atom.text : atom.value;
    const choices = [...new Set(candidates)].sort();
    const meant = suggest(word, choices);
    const some = choices.slice(0, 10).join(", ") + (choices.length > 10 ? `, and ${choices.length - 10} more` : "");
    const hint = meant !== undefined && meant !== word ? `did you mean "${meant}"?` : `there are: ${some || "none"}`;
    return { code: "no-match", message: `no stack${where} matches "${atom.text}"`, hint };
  }
}

function matches(atom: Atom, stack: Selectable): boolean {
  if (atom.kind === "attribute") return valuesOf(atom.attribute, stack).some((value) => atom.glob.test(value));
  const parts = [stack.name, stack.environment, ...(stack.instance === undefined ? [] : [stack.instance])];
  // Parts left out match anything: "web.prod" is web.prod and every web.prod.<instance>.
  return atom.segments.length <= parts.length && atom.segments.every((glob, index) => glob.test(parts[index]!));
}

function valuesOf(attribute: string, stack: Selectable): readonly string[] {
  switch (attribute) {
    case "env":
      return [stack.environment];
    case "program":
      return [stack.name];
    case "stack":
      return [stack.id];
    case "instance":
      return stack.instance === undefined ? [] : [stack.instance];
    case "cloud":
      return [stack.cloud];
    case "tag":
      return stack.contract.tags;
    default:
      return [];
  }
}
