// Journals of large runs, made up from a seed: ten layers of stacks, a few that fail, their dependents blocked.
import type { RunEvent, StackId, Stamped } from "../../automation/events.ts";

const layers = ["network", "dns", "cluster", "database", "cache", "queue", "service", "worker", "edge", "dashboard"];
const noSummary = { counts: {}, changedOutputs: [], drift: [], approximate: [] };

/** What a failed stack of these runs says; its second line would be markup in a page that does not escape. */
export const failureMessage =
  "quota exceeded: 12 CPUs requested, 8 available\n<script>document.title = 'broken'</script>";

/** The events of a run of so many stacks, sixteen at once. */
export function largeRun(count: number, seed = 7): readonly Stamped[] {
  let random = seed;
  const next = (): number => {
    random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
    return random / 2_147_483_648;
  };
  const size = count / layers.length;
  const layerOf = (index: number): number => Math.min(layers.length - 1, Math.floor(index / size));
  const ids = Array.from(
    { length: count },
    (_, index) => `${layers[layerOf(index)]}-${String(index).padStart(3, "0")}.prod` as StackId,
  );
  const steps = ids.map((stack, index) => {
    const above = layerOf(index) - 1;
    const picked = Array.from({ length: above < 0 ? 0 : 1 + Math.floor(next() * 3) }, () =>
      Math.floor((above + next()) * size),
    );
    const waitsFor = [...new Set(picked)].sort((a, b) => a - b).map((at) => ids[at]!);
    return { stack, waitsFor, reason: "in environment prod" };
  });
  const told: { readonly atMs: number; readonly event: RunEvent }[] = [];
  const tell = (atMs: number, event: RunEvent): void => void told.push({ atMs, event });
  tell(0, {
    type: "run-started",
    operation: "up",
    steps,
    environments: [{ name: "prod", cloud: "real" }],
    concurrency: 16,
    onFailure: "keep-going",
    argv: ["up", "-e", "prod", "--yes"],
    version: "0.1.0",
  });
  const ends = new Map<StackId, number>();
  const lost = new Map<StackId, StackId>();
  const places = Array.from({ length: 16 }, () => 0);
  for (const { stack, waitsFor } of steps) {
    const ready = Math.max(0, ...waitsFor.map((id) => ends.get(id)!));
    const culprit = waitsFor.map((id) => lost.get(id)).find((id) => id !== undefined);
    if (culprit !== undefined) {
      lost.set(stack, culprit);
      ends.set(stack, ready);
      const outcome = { type: "blocked", because: culprit } as const;
      tell(ready, { type: "stack-finished", stack, outcome, summary: noSummary, durationMs: 0 });
      continue;
    }
    const place = places.indexOf(Math.min(...places));
    const begin = Math.max(places[place]!, ready);
    const durationMs = 800 + Math.floor(next() * next() * 20_000);
    places[place] = begin + durationMs;
    ends.set(stack, begin + durationMs);
    tell(begin, { type: "stack-started", stack });
    const dice = next();
    const kind = dice < 0.01 ? "failed" : dice < 0.55 ? "unchanged" : "succeeded";
    if (kind === "failed") lost.set(stack, stack);
    if (kind === "succeeded")
      for (const at of [0, 1, 2, 3])
        tell(begin, {
          type: "stack-event",
          stack,
          event: {
            type: "resource",
            urn: `urn:pulumi:${stack}::platform::tutti:gcp:Network$gcp:compute/network:Network::main-${at}`,
            resourceType: "gcp:compute/network:Network",
            name: `main-${at}`,
            op: at === 0 ? "create" : "update",
            status: "done",
            ...(at === 0 ? {} : { paths: ["labels.team", "size"] }),
          },
        });
    tell(begin + durationMs, {
      type: "stack-finished",
      stack,
      outcome: kind === "failed" ? { type: "failed", failure: { message: failureMessage } } : { type: kind },
      summary: { ...noSummary, counts: kind === "succeeded" ? { create: 1, update: 3, same: 9 } : { same: 13 } },
      durationMs,
    });
  }
  const totalMs = Math.max(...places);
  told.sort((a, b) => a.atMs - b.atMs);
  tell(totalMs, { type: "run-finished", exitCode: 4, durationMs: totalMs });
  const start = Date.parse("2026-11-23T12:00:00Z");
  return told.map(({ atMs, event }, at) => ({
    ...event,
    schemaVersion: 1,
    runId: "20261123-120000-bcdf" as Stamped["runId"],
    seq: at + 1,
    time: new Date(start + atMs).toISOString(),
  }));
}
