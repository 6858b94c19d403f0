// `stack graph`: the dependencies among a stack's resources as a graph in the DOT language, in a file.
// (pulumi/pulumi: pkg/cmd/pulumi/stack/stack_graph.go, pkg/graph/dotconv)
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { urnName } from "../deployment/urn.ts";
import { decodeDeployment } from "../state/deployment.ts";
import { EngineError } from "../state/error.ts";
import type { ResourceState } from "../state/resource.ts";
import type { CommandContext } from "./context.ts";
import { openStack } from "./stack.ts";

/** `stack graph <file> [--short-node-name] [--ignore-...-edges] [--...-edge-color c] [--dot-fragment text]` */
export async function stackGraph(context: CommandContext): Promise<number> {
  const { flags, args, cwd } = context;
  const { backend, name } = await openStack(context);
  const { deployment } = await backend.readRaw(name);
  if (deployment === undefined) throw new EngineError(`unable to find snapshot for stack "${name.stack}"`);
  const { resources } = decodeDeployment(deployment, { decrypt: () => '"[secret]"' });
  const text = dotGraph(resources, {
    dependencies: flags.boolean("ignore-dependency-edges")
      ? undefined
      : (flags.string("dependency-edge-color") ?? "#246C60"),
    parents: flags.boolean("ignore-parent-edges") ? undefined : (flags.string("parent-edge-color") ?? "#AA6639"),
    fragment: flags.string("dot-fragment") ?? "",
    short: flags.boolean("short-node-name"),
  });
  await writeFile(resolve(cwd, args[0]!), text);
  context.stdout(`Wrote stack dependency graph to \`${args[0]}\`\n`);
  return 0;
}

export interface GraphStyle {
  /** Colours of edges; undefined for none of the kind. */
  readonly dependencies: string | undefined;
  readonly parents: string | undefined;
  /** Stands first in the graph. */
  readonly fragment: string;
  /** Names rather than URNs. */
  readonly short: boolean;
}

/** Nodes by URN, each with the edge to its parent and those to what depends on it. Pure. */
export function dotGraph(resources: readonly ResourceState[], style: GraphStyle): string {
  const states = new Map(resources.map((state) => [state.urn, state]));
  const numbers = new Map<string, number>();
  const node = (urn: string): string => {
    if (!numbers.has(urn)) numbers.set(urn, numbers.size);
    return `Resource${numbers.get(urn)}`;
  };
  const lines = style.fragment === "" ? [] : [style.fragment];
  for (const urn of [...states.keys()].sort()) {
    lines.push(`    ${node(urn)} [label="${style.short ? urnName(urn) : urn}"];`);
    const { parent } = states.get(urn)!;
    if (style.parents !== undefined && states.has(parent))
      lines.push(`    ${node(urn)} -> ${node(parent)} [color = "${style.parents}"];`);
    if (style.dependencies === undefined) continue;
    for (const dependent of states.values()) {
      if (!dependent.dependencies.includes(urn)) continue;
      const keys = Object.entries(dependent.propertyDependencies).filter(([, urns]) => urns.includes(urn));
      const label = keys.length === 0 ? "" : `, label = "${keys.map(([key]) => key).join(", ")}"`;
      lines.push(`    ${node(urn)} -> ${node(dependent.urn)} [color = "${style.dependencies}"${label}];`);
    }
  }
  return `strict digraph {\n${lines.map((line) => `${line}\n`).join("")}}\n`;
}
