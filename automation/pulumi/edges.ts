// The data edges of an existing project. Its program reads other stacks by itself, so what a contract says of them is
// checked here, before it runs: the outputs are there, and fit.
//
// Values come from where no secret is in plain: what the run's own events said of the needed stack, where secrets are
// blinded, or `stack output` without secrets. A secret is there or not; its value is not looked at. What is not known yet
// (a preview) passes.

import { TuttiError } from "../errors.ts";
import type { StackId } from "../events.ts";
import { complaint } from "../schema.ts";
import type { NeedTarget, ResolvedNeed, ResolvedStack } from "../workspace.ts";
import { commandFailed } from "./environment.ts";
import type { Places } from "./places.ts";

// The signatures of Pulumi's wire format (pulumi/pulumi: sdk/go/common/resource/properties.go and plugin/rpc.go).
const unknownSentinel = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const signatureKey = "4dabf18193072939515e22adb298388d";
/** What `stack output` shows instead of a secret. */
const blinded = "[secret]";

type Outputs = Readonly<Record<string, unknown>>;

export interface Edges {
  /** Takes what an operation that went well said of a stack's outputs. */
  keep(stack: StackId, outputs: Outputs): void;
  /** @throws TuttiError naming the project, the stack it needs, the output, and what to do. */
  check(stack: Pick<ResolvedStack, "id" | "needs">): Promise<void>;
}

export function createEdges(stacks: ReadonlyMap<StackId, ResolvedStack>, places: Places): Edges {
  const kept = new Map<StackId, Outputs>();
  const projects = [...stacks.values()].filter(({ contract }) => contract.folder !== undefined);
  const needed = new Set(projects.flatMap(({ needs }) => needs.flatMap(({ targets }) => targets.map(({ id }) => id))));
  const outputsOf = async (reader: StackId, { id, stackName }: NeedTarget): Promise<Outputs> => {
    const told = kept.get(id);
    if (told !== undefined) return told;
    const environment = await places.of(stacks.get(id)!);
    if (!(await environment.held()).has(stackName))
      throw new TuttiError("not-found", `${reader} needs ${id}, which is not deployed`, { hint: `tutti up ${id}` });
    const command = ["stack", "output", "--json", "--stack", stackName];
    const { code, stdout, stderr } = await environment.command().run(command, environment.root, {});
    if (code !== 0) throw commandFailed(`stack output of ${id}`, code, environment.mask(stderr));
    return JSON.parse(stdout) as Outputs;
  };
  return {
    keep(stack, outputs) {
      if (needed.has(stack)) kept.set(stack, outputs);
    },
    async check({ id, needs }) {
      for (const need of needs)
        for (const target of need.targets) checkOutputs(id, need, target.id, await outputsOf(id, target));
    },
  };
}

function checkOutputs(reader: StackId, { contract }: ResolvedNeed, stack: StackId, outputs: Outputs): void {
  const hint = `bring it up to date: tutti up ${stack}; or change what the contract of ${contract.name} declares`;
  for (const [name, schema] of Object.entries(contract.outputs)) {
    if (!Object.hasOwn(outputs, name)) {
      if (schema.safeParse(undefined).success) continue;
      const there = Object.keys(outputs).sort().join(", ") || "none";
      throw new TuttiError("not-found", `${reader} needs "${name}" of ${stack}, whose outputs are: ${there}`, { hint });
    }
    const wrong = isPlain(outputs[name]) ? complaint(schema, outputs[name]) : undefined;
    if (wrong !== undefined) throw new TuttiError("usage", `${reader} needs "${name}" of ${stack}: ${wrong}`, { hint });
  }
}

/** Whether all of a value is known and may be looked at. */
function isPlain(value: unknown): boolean {
  if (value === unknownSentinel || value === blinded) return false;
  if (typeof value !== "object" || value === null) return true;
  return !(signatureKey in value) && Object.values(value).every(isPlain);
}
