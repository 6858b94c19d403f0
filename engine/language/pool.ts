// Keeps children ready that have loaded the core of the SDK, so that a program starts a tenth of a second after it is asked
// for rather than half a second. Shared by the embedded engine and by the programs of the official one.
//
// 1. One child, one program: a child is never used twice.
// 2. A waiting child is taken only for a program that would have been started in the same way: same folder, SDK, arguments
//    of Node and environment, but for what is known late (`lateVariables`), which the child is given with its job.
// 3. Nothing waits longer than the pool is open: `close` ends all that still wait.
import { type Child, type ChildOptions, startChild } from "./child.ts";

/** Starts the children that programs run in. */
export interface ChildSource {
  /** Starts a program; the child runs `script`, the SDK's `cmd/run`, with these arguments. */
  start(options: ChildOptions): Child;
}

export interface ChildPool extends ChildSource {
  /**
   * Lets `count` children wait for programs that would be started like this; each that is taken has a successor. `ahead`
   * names modules, as URLs, that each loads while it waits: such as do nothing but define.
   */
  warm(options: ChildOptions, count: number, ahead?: readonly string[]): void;
  /** How many programs found a child waiting, and how many did not. */
  readonly uses: { readonly warm: number; readonly cold: number };
  /** How many children wait now. */
  waiting(): number;
  close(): void;
}

interface Wanted {
  readonly options: ChildOptions;
  readonly count: number;
  readonly ahead: readonly string[];
}

/** Starts each child when it is asked for. */
export const coldChildren: ChildSource = { start: startChild };

/** Variables a program is told when it starts; nothing reads them before. */
const lateVariables: ReadonlySet<string> = new Set([
  "PULUMI_CONFIG",
  "PULUMI_CONFIG_SECRET_KEYS",
  "PULUMI_AUTOMATION_API",
  "PULUMI_DEBUG_COMMANDS",
  "TUTTI_OVERLAY",
  "TUTTI_DIGESTS",
  "TUTTI_DIGEST_KEY",
  "TUTTI_TASK",
]);

const WARM = new URL("./warm.mjs", import.meta.url).pathname;

/** Makes a pool for so many programs: when fewer are left to be started than children wait, none is added. */
export function createChildPool(programs = Number.POSITIVE_INFINITY): ChildPool {
  const waiting = new Map<string, Child[]>();
  const wanted = new Map<string, Wanted>();
  let left = programs;
  const uses = { warm: 0, cold: 0 };
  let closed = false;

  function add({ options, ahead }: Wanted): void {
    const shape = shapeOf(options);
    const { script, ...rest } = options;
    const child = startChild({
      ...rest,
      env: early(options.env),
      script: WARM,
      arguments: [script, ...ahead],
      jobs: true,
    });
    const line = waiting.get(shape) ?? [];
    waiting.set(shape, line);
    line.push(child);
    const leave = (): void => {
      const at = line.indexOf(child);
      if (at !== -1) line.splice(at, 1);
    };
    // One that dies while it waits is not missed: the next program starts cold, and says what is wrong.
    child.ended.then(leave, leave);
  }

  function fill(shape: string): void {
    const want = wanted.get(shape);
    if (closed || want === undefined) return;
    const there = waiting.get(shape)?.length ?? 0;
    for (let missing = Math.min(want.count, left) - there; missing > 0; missing--) add(want);
  }

  return {
    uses,
    waiting: () => [...waiting.values()].flat().length,
    start(options) {
      const shape = shapeOf(options);
      const child = waiting.get(shape)?.shift();
      left = Math.max(0, left - 1);
      fill(shape);
      if (child?.give?.({ argv: options.arguments, env: options.env }) === true) {
        uses.warm += 1;
        return child;
      }
      uses.cold += 1;
      return startChild(options);
    },
    warm(options, count, ahead = []) {
      const shape = shapeOf(options);
      wanted.set(shape, { options, count, ahead });
      fill(shape);
    },
    close() {
      closed = true;
      for (const child of [...waiting.values()].flat()) child.kill();
      waiting.clear();
    },
  };
}

/** All that a child is started with and cannot change later. */
function shapeOf({ preloads, nodeArguments, script, cwd, env }: ChildOptions): string {
  return JSON.stringify([preloads ?? [], nodeArguments, script, cwd, Object.entries(early(env)).sort(byName)]);
}

function early(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !lateVariables.has(name)));
}

const byName = ([a]: readonly [string, string], [b]: readonly [string, string]): number => (a < b ? -1 : 1);
