// Does what a person does after a crash, in a process that stays warm from one workspace to the next: reads the report of
// the dead run, runs `up` again, recovers what is named, and looks at what is there in the end. One JSON document a line, in
// and out.
import { readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { type Findings, open, type Report, type Tutti } from "../../automation/index.ts";
import { listCloud } from "../../automation/pulumi/sandboxCloud.ts";

export interface Order {
  readonly root: string;
  /** Whether to go on with `tutti resume` instead of `up`. */
  readonly resume: boolean;
  /** Whether to run `up` once more at the end, to see that it finds nothing to do. */
  readonly twice: boolean;
}

export interface Repaired {
  /** The dead run, as its journal tells it. */
  readonly dead: Pick<Report, "status" | "exitCode" | "totals">;
  /** Pending operations right after the crash, as `<what> <urn>`. */
  readonly pending: readonly string[];
  /** Resources in the cloud that no state knew right after the crash. */
  readonly lost: readonly string[];
  readonly again: { readonly exitCode: number; readonly statuses: Readonly<Record<string, string>> };
  /** URNs that the run after the crash named as pending. */
  readonly named: readonly string[];
  readonly skipped: readonly string[];
  readonly recovered: readonly string[];
  /** The run after which the state is compared. */
  readonly last: { readonly exitCode: number; readonly totals: Report["totals"] };
  readonly leftPending: readonly string[];
  readonly orphans: readonly string[];
  /** The state of each stack, parsed. */
  readonly states: Readonly<Record<string, unknown>>;
}

type StateFile = {
  checkpoint: {
    latest?: { resources?: unknown[]; pending_operations?: { type: string; resource: { urn: string } }[] } | null;
  };
};

const variables = { PATH: "/usr/bin:/bin" };

async function repair({ root, resume, twice }: Order): Promise<Repaired> {
  const tutti = await open(root, { variables });
  const { status, exitCode, totals } = tutti.report();
  const pending = pendingOf(tutti);
  const lost = await orphansOf(tutti);
  const run = resume && exitCode !== 0 ? tutti.resume() : tutti.up({ environment: "local", onFailure: "keep-going" });
  const named = new Set<string>();
  for await (const event of run) {
    if (event.type !== "stack-event" || event.event.type !== "diagnostic") continue;
    for (const [, urn] of event.event.message.matchAll(/^ {2}\w+ (urn:\S+)$/gm)) named.add(urn!);
  }
  const again = await run.result();
  const recovered: string[] = [];
  for (const stack of tutti.stacks.keys()) {
    if (!isDeployed(tutti, stack)) continue;
    const findings = await tutti.examine(stack);
    if (findings.pending.length + findings.orphans.length === 0) continue;
    recovered.push(...told(findings));
    const left = await tutti.settle(findings);
    if (left.pending.length + left.orphans.length > 0)
      throw new Error(`${stack} is not settled: ${told(left).join(", ")}`);
  }
  let last = again;
  if (again.exitCode !== 0) last = await tutti.up({ environment: "local" }).result();
  if (twice) last = await tutti.up({ environment: "local" }).result();
  return {
    dead: { status, exitCode, totals },
    pending,
    lost,
    again: {
      exitCode: again.exitCode,
      statuses: Object.fromEntries(
        again.stacks.map((stack) => [stack.id, `${stack.status} ${stack.reason ?? ""}`.trim()]),
      ),
    },
    named: [...named].sort(),
    skipped: again.stacks.filter((stack) => stack.status === "skipped").map((stack) => stack.id),
    recovered,
    last: { exitCode: last.exitCode, totals: last.totals },
    leftPending: pendingOf(tutti),
    orphans: await orphansOf(tutti),
    states: Object.fromEntries([...tutti.stacks.keys()].map((stack) => [stack, stateOf(tutti, stack)])),
  };
}

function told({ pending, orphans }: Findings): readonly string[] {
  return [
    ...pending.map(({ proposal, urn }) => `${proposal.type} ${urn}`),
    ...orphans.map(({ urn }) => `delete ${urn}`),
  ];
}

function stateFile({ root }: Tutti, stack: string): string {
  return path.join(root, `.tutti/sandbox/local/state/.pulumi/stacks/six/${stack}.json`);
}

function stateOf(tutti: Tutti, stack: string): unknown {
  return (JSON.parse(readFileSync(stateFile(tutti, stack), "utf8")) as StateFile).checkpoint.latest?.resources ?? [];
}

function isDeployed(tutti: Tutti, stack: string): boolean {
  try {
    stateOf(tutti, stack);
    return true;
  } catch {
    return false;
  }
}

function pendingOf(tutti: Tutti): readonly string[] {
  return [...tutti.stacks.keys()]
    .filter((stack) => isDeployed(tutti, stack))
    .flatMap((stack) => {
      const { checkpoint } = JSON.parse(readFileSync(stateFile(tutti, stack), "utf8")) as StateFile;
      return (checkpoint.latest?.pending_operations ?? []).map(({ type, resource }) => `${type} ${resource.urn}`);
    });
}

async function orphansOf({ root }: Tutti): Promise<readonly string[]> {
  return (await listCloud(path.join(root, ".tutti"), "local", true)).map(({ urn, id }) => `${urn} ${id}`);
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await repair(JSON.parse(line) as Order).then(
    (repaired) => ({ repaired }),
    (error: unknown) => ({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
