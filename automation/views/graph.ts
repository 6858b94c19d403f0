// The graph of stacks as text: a tree for people, mermaid and dot for documents, JSON for machines. Pure.

/** What is drawn: nodes in graph order, each after what it depends on. */
export interface DrawnNode {
  readonly id: string;
  readonly dependsOn: readonly string[];
  /** Drawn otherwise than a stack. */
  readonly task?: boolean;
}

export const graphFormats = ["tree", "mermaid", "dot", "json"] as const;
export type GraphFormat = (typeof graphFormats)[number];

/** Draws the graph; edges to stacks that are not among the nodes are left out. */
export function drawGraph(all: readonly DrawnNode[], format: GraphFormat): string {
  const known = new Set(all.map(({ id }) => id));
  const nodes = all.map((node) => ({ ...node, dependsOn: node.dependsOn.filter((one) => known.has(one)) }));
  switch (format) {
    case "tree":
      return tree(nodes);
    case "mermaid":
      return mermaid(nodes);
    case "dot":
      return dot(nodes);
    case "json":
      return `${JSON.stringify({ schemaVersion: 1, stacks: nodes }, null, 2)}\n`;
  }
}

/** Dependents below what they depend on. A stack that was drawn before is named again, without what is below it. */
function tree(nodes: readonly DrawnNode[]): string {
  const dependents = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  for (const { id, dependsOn } of nodes) for (const upstream of dependsOn) dependents.get(upstream)!.push(id);
  const tasks = new Set(nodes.filter(({ task }) => task).map(({ id }) => id));
  const drawn = new Set<string>();
  const lines: string[] = [];
  // A stack of work instead of recursion: chains may be as long as they like.
  const roots = nodes.filter(({ dependsOn }) => dependsOn.length === 0).map(({ id }) => ({ id, lead: "", branch: "" }));
  const work = roots.reverse();
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    const { id, lead, branch } = next;
    const below = dependents.get(id)!;
    const again = drawn.has(id);
    lines.push(`${lead}${branch}${id}${tasks.has(id) ? " (task)" : ""}${again && below.length > 0 ? " (above)" : ""}`);
    if (again) continue;
    drawn.add(id);
    const inner = branch === "" ? lead : `${lead}${branch === "└─ " ? "   " : "│  "}`;
    for (let at = below.length - 1; at >= 0; at--) {
      work.push({ id: below[at]!, lead: inner, branch: at === below.length - 1 ? "└─ " : "├─ " });
    }
  }
  return lines.map((line) => `${line}\n`).join("");
}

function mermaid(nodes: readonly DrawnNode[]): string {
  const name = new Map(nodes.map(({ id }, index) => [id, `s${index}`]));
  const lines = [
    "flowchart LR",
    ...nodes.map(({ id, task }) => `  ${name.get(id)}${task ? `(["${id}"])` : `["${id}"]`}`),
    ...nodes.flatMap(({ id, dependsOn }) => dependsOn.map((upstream) => `  ${name.get(upstream)} --> ${name.get(id)}`)),
  ];
  return `${lines.join("\n")}\n`;
}

function dot(nodes: readonly DrawnNode[]): string {
  const lines = [
    "digraph stacks {",
    "  rankdir=LR;",
    ...nodes.map(({ id, task }) => `  "${id}"${task ? " [shape=box, style=rounded]" : ""};`),
    ...nodes.flatMap(({ id, dependsOn }) => dependsOn.map((upstream) => `  "${upstream}" -> "${id}";`)),
    "}",
  ];
  return `${lines.join("\n")}\n`;
}
