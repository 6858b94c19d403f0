// Where the stacks of a graph are drawn: in columns from left to right, each right of all it waits for. Pure numbers.
//
// 1. A node's layer is one more than the highest of those it waits for.
// 2. Within a layer nodes are ordered by the middle of their neighbours' places, some sweeps to and fro.
// 3. A layer with more nodes than a column holds takes several columns; columns are centred on each other.
// O((nodes + edges) log nodes).

export interface GraphNode {
  readonly id: string;
  /** Nodes of the same graph, each of which comes before this one. */
  readonly waitsFor: readonly string[];
}

export interface Placed {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** Widths of a character and of what stands beside the label, of small and of large graphs, in CSS pixels. */
export const labels = { small: { character: 7.9, beside: 36 }, large: { character: 6.4, beside: 26 } } as const;

export interface Layout {
  readonly nodes: ReadonlyMap<string, Placed>;
  readonly width: number;
  readonly height: number;
  readonly nodeHeight: number;
}

/** Lays a graph out; nodes come in an order in which they could run. Sizes are in CSS pixels. */
export function layout(nodes: readonly GraphNode[]): Layout {
  const large = nodes.length > 80;
  const nodeHeight = large ? 20 : 30;
  const rowGap = large ? 4 : 12;
  const columnGap = large ? 14 : 26;
  const layerGap = large ? 44 : 56;
  const padding = 14;
  const most = Math.max(12, Math.ceil(Math.sqrt(nodes.length * 1.3)));
  const layers = ordered(layered(nodes), nodes);
  const columns = layers.flatMap((layer) => {
    const count = Math.ceil(layer.length / most);
    const size = Math.ceil(layer.length / count);
    return Array.from({ length: count }, (_, at) => ({
      ids: layer.slice(at * size, (at + 1) * size),
      gap: at === 0 ? layerGap : columnGap,
    }));
  });
  const highest = Math.max(0, ...columns.map(({ ids }) => ids.length));
  const height = highest * (nodeHeight + rowGap) - rowGap + 2 * padding;
  const placed = new Map<string, Placed>();
  let x = padding;
  for (const [at, { ids, gap }] of columns.entries()) {
    if (at > 0) x += gap;
    const { character, beside } = labels[large ? "large" : "small"];
    const width = Math.min(280, Math.max(56, ...ids.map((id) => Math.ceil(id.length * character + beside))));
    const top = (height - (ids.length * (nodeHeight + rowGap) - rowGap)) / 2;
    for (const [row, id] of ids.entries()) placed.set(id, { id, x, y: top + row * (nodeHeight + rowGap), width });
    x += width;
  }
  return { nodes: placed, width: x + padding, height: Math.max(height, 2 * padding), nodeHeight };
}

function layered(nodes: readonly GraphNode[]): string[][] {
  const depth = new Map<string, number>();
  const layers: string[][] = [];
  for (const { id, waitsFor } of nodes) {
    let own = 0;
    for (const upstream of waitsFor) own = Math.max(own, (depth.get(upstream) ?? -1) + 1);
    depth.set(id, own);
    while (layers.length <= own) layers.push([]);
    layers[own]!.push(id);
  }
  return layers;
}

function ordered(layers: string[][], nodes: readonly GraphNode[]): readonly (readonly string[])[] {
  const above = new Map(nodes.map(({ id, waitsFor }) => [id, waitsFor]));
  const below = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  for (const { id, waitsFor } of nodes) for (const upstream of waitsFor) below.get(upstream)?.push(id);
  const place = new Map<string, number>();
  const number = (layer: readonly string[]): void => {
    for (const [at, id] of layer.entries()) place.set(id, (at + 0.5) / layer.length);
  };
  for (const layer of layers) number(layer);
  const sweep = (order: readonly string[][], neighbours: ReadonlyMap<string, readonly string[]>): void => {
    for (const layer of order) {
      const middle = new Map(layer.map((id) => [id, middleOf(neighbours.get(id)!, place) ?? place.get(id)!]));
      layer.sort((a, b) => middle.get(a)! - middle.get(b)!);
      number(layer);
    }
  };
  for (let times = 0; times < 6; times++) {
    sweep(layers, above);
    sweep([...layers].reverse(), below);
  }
  sweep(layers, above);
  return layers;
}

function middleOf(ids: readonly string[], place: ReadonlyMap<string, number>): number | undefined {
  const known = ids.flatMap((id) => place.get(id) ?? []);
  return known.length === 0 ? undefined : known.reduce((sum, at) => sum + at, 0) / known.length;
}
