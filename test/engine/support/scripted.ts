// A Registrar that keeps what a program asked for and answers by a script, and a ProgramLog that keeps what it said.
import type {
  Goal,
  InvokeAnswer,
  InvokeGoal,
  ProgramLog,
  ReadGoal,
  Registered,
  Registrar,
} from "../../../engine/deployment/source.ts";
import type { PropertyMap } from "../../../engine/values.ts";

export interface Script {
  /** Outputs of a custom resource; default: its inputs. */
  readonly outputs?: (goal: Goal) => PropertyMap | Promise<PropertyMap>;
  readonly read?: (goal: ReadGoal) => PropertyMap;
  readonly invoke?: (goal: InvokeGoal) => InvokeAnswer;
  readonly result?: (goal: Goal) => Registered["result"];
  readonly id?: (goal: Goal) => string;
}

export interface Scripted extends Registrar {
  readonly goals: Goal[];
  readonly reads: ReadGoal[];
  readonly invokes: InvokeGoal[];
  /** What was registered as outputs, by URN. */
  readonly outputs: Map<string, PropertyMap>;
  /** The goal of that name. */
  goal(name: string): Goal;
}

const urnOf = (goal: Pick<Goal, "type" | "name">) => `urn:pulumi:dev::demo::${goal.type}::${goal.name}`;

export function scripted(script: Script = {}): Scripted {
  const goals: Goal[] = [];
  const reads: ReadGoal[] = [];
  const invokes: InvokeGoal[] = [];
  const outputs = new Map<string, PropertyMap>();
  return {
    goals,
    reads,
    invokes,
    outputs,
    goal(name) {
      const found = goals.find((goal) => goal.name === name);
      if (found === undefined) throw new Error(`no goal "${name}" among ${goals.map((goal) => goal.name).join(", ")}`);
      return found;
    },
    async registerResource(goal) {
      goals.push(goal);
      return {
        urn: urnOf(goal),
        id: goal.custom ? (script.id?.(goal) ?? `${goal.name}-id`) : "",
        outputs: (await script.outputs?.(goal)) ?? goal.inputs,
        stable: false,
        stables: [],
        propertyDependencies: {},
        result: script.result?.(goal) ?? "success",
      };
    },
    async registerResourceOutputs(urn, values) {
      outputs.set(urn, values);
    },
    async readResource(goal) {
      reads.push(goal);
      return {
        urn: urnOf(goal),
        id: goal.id,
        outputs: script.read?.(goal) ?? goal.inputs,
        stable: false,
        stables: [],
        propertyDependencies: {},
        result: "success",
      };
    },
    async existsResource({ id }) {
      return id.startsWith("there");
    },
    async invoke(goal) {
      invokes.push(goal);
      return script.invoke?.(goal) ?? { result: {}, failures: [] };
    },
    registerResourceHook() {},
    registerErrorHook() {},
    async programDone() {},
  };
}

export interface KeptLog extends ProgramLog {
  readonly messages: { readonly severity: string; readonly message: string; readonly urn: string }[];
  readonly printed: { readonly stream: string; readonly text: string }[];
  /** Everything said with that severity, in one text. */
  said(severity: string): string;
}

export function keptLog(): KeptLog {
  const messages: KeptLog["messages"] = [];
  const printed: KeptLog["printed"] = [];
  return {
    messages,
    printed,
    log: (severity, message, urn) => messages.push({ severity, message, urn }),
    print: (stream, text) => printed.push({ stream, text }),
    said: (severity) =>
      messages
        .filter((entry) => entry.severity === severity)
        .map((entry) => entry.message)
        .join("\n"),
  };
}
