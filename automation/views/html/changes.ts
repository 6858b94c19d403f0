// What a stack did as a tree: parts below the component they belong to, changed properties beside the resource.
//
// A URN names the types of a resource's parents, not their names. A parent is taken for the one when it is the only resource
// of those types, or the only one whose name begins the name of its part; otherwise the part stands by itself.
import type { ResourceState, RunState, StackState } from "../../runState.ts";
import { isPartOfReplacement, shortType, sign } from "../words.ts";
import { html, type Markup } from "./markup.ts";

interface Branch {
  readonly resource: ResourceState;
  readonly parts: Branch[];
}

/** The tree of a stack's changes; undefined when it has none. */
export function changeTree(stack: StackState, { operation }: RunState): Markup | undefined {
  const changed = [...stack.resources.values()].filter(({ op }) => sign(op) !== undefined);
  const replaced = new Set(changed.filter(({ op }) => op === "replace").map(({ urn }) => urn));
  const shown = changed.filter(
    ({ op, urn, resourceType, name }) =>
      !(isPartOfReplacement(op) && replaced.has(urn)) &&
      !(resourceType.startsWith("pulumi:providers:") && /^default(?:_|$)/.test(name)),
  );
  if (shown.length === 0) return undefined;
  return html`<ul class="tree">${treeOf(shown).map((branch) => branchOf(branch, operation === "preview"))}</ul>`;
}

function treeOf(resources: readonly ResourceState[]): readonly Branch[] {
  const roots: Branch[] = [];
  const byTypes = new Map<string, Branch[]>();
  const branches = resources.map((resource): Branch => ({ resource, parts: [] }));
  for (const branch of branches) {
    const types = typesOf(branch.resource);
    const list = byTypes.get(types);
    if (list) list.push(branch);
    else byTypes.set(types, [branch]);
  }
  for (const branch of branches) (parentOf(branch, byTypes)?.parts ?? roots).push(branch);
  // The stack itself is the tree's root, not its first leaf.
  return roots.filter(({ resource }) => resource.resourceType !== "pulumi:pulumi:Stack");
}

/** `urn:pulumi:<stack>::<project>::<types, outermost first, joined by $>::<name>` */
function typesOf({ urn }: ResourceState): string {
  return urn.split("::")[2] ?? "";
}

function parentOf({ resource }: Branch, byTypes: ReadonlyMap<string, readonly Branch[]>): Branch | undefined {
  const types = typesOf(resource);
  const at = types.lastIndexOf("$");
  if (at === -1) return undefined;
  const candidates = byTypes.get(types.slice(0, at)) ?? [];
  if (candidates.length === 1) return candidates[0];
  const fitting = candidates.filter(({ resource: { name } }) => resource.name.startsWith(name));
  return fitting.length === 1 ? fitting[0] : undefined;
}

function branchOf({ resource, parts }: Branch, planned: boolean): Markup {
  const { op, resourceType, name, status, paths, approximate } = resource;
  const note =
    status === "failed"
      ? "failed"
      : status === "started" && !planned
        ? "not finished"
        : approximate
          ? "approximate"
          : "";
  return html`<li><span class="op ${kindOf(op)}">${sign(op)!}</span> <code class="type">${shortType(resourceType)}</code> <b>${name}</b>${
    paths.length > 0 && html` <span class="paths">${paths.map((one) => html`<code>${one}</code> `)}</span>`
  }${note !== "" && html` <em class="${status === "failed" || status === "started" ? "bad" : ""}">${note}</em>`}${
    parts.length > 0 && html`<ul>${parts.map((part) => branchOf(part, planned))}</ul>`
  }</li>\n`;
}

/** What the style sheet colours an operation by. */
export function kindOf(op: ResourceState["op"]): "create" | "update" | "delete" | "replace" {
  if (op === "create" || op === "import") return "create";
  if (op === "delete" || op === "discard") return "delete";
  return op === "update" || op === "refresh" ? "update" : "replace";
}
