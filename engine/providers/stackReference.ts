// The provider built into the engine, package `pulumi`: reading other stacks (StackReference and its invokes) and Stash
// (pulumi/pulumi: pkg/resource/deploy/builtins.go). Its function getResource is the deployment's own, which knows them.
//
// In a preview the outputs that another preview of the same run predicted answer before the backend does, exactly: each
// output known, unknown, secret, or secret and unknown. An update never looks at predictions.
import { randomUUID } from "node:crypto";
import { deepEquals } from "../deployment/diff.ts";
import type { Predictions } from "../index.ts";
import { type PropertyMap, type PropertyValue, Secret, Unknown, unknown } from "../values.ts";
import { containsSecret } from "./lowering.ts";
import type { CheckResult, DiffResult, Provider, Target } from "./provider.ts";
import type { StackReader } from "./stackReader.ts";

export const STACK_REFERENCE = "pulumi:pulumi:StackReference";
const STASH = "pulumi:index:Stash";

export interface BuiltinOptions {
  readonly stacks: StackReader;
  readonly dryRun: boolean;
  readonly predictions?: Predictions;
}

const UNCHANGED: DiffResult = { changes: "none", replaces: [], stables: [], deleteBeforeReplace: false, diffs: [] };

export function createBuiltinProvider(options: BuiltinOptions): Provider {
  /** Outputs of another stack. @throws Error `unknown stack "<name>"`, as the CLI says it. */
  const outputsOf = async (name: string): Promise<PropertyMap> => {
    const fullName = options.stacks.fullName(name);
    const predicted = options.dryRun ? options.predictions?.get(fullName) : undefined;
    const outputs = predicted ?? (await options.stacks.outputs(fullName));
    if (outputs === undefined) throw new Error(`unknown stack "${name}"`);
    return outputs;
  };

  const readReference = async (name: PropertyValue | undefined): Promise<PropertyMap> => {
    const plain = name instanceof Secret ? name.element : name;
    if (plain instanceof Unknown) return { name: plain, outputs: unknown, secretOutputNames: unknown };
    if (typeof plain !== "string") throw new Error('a stack reference needs the property "name", a string');
    const outputs = await outputsOf(plain);
    const secretOutputNames = Object.keys(outputs)
      .filter((key) => containsSecret(outputs[key] as PropertyValue))
      .sort();
    return { name: name as PropertyValue, outputs, secretOutputNames };
  };

  return {
    package: "pulumi",
    version: undefined,
    checkConfig: async ({ newInputs }) => ({ inputs: newInputs, failures: [] }),
    diffConfig: async () => UNCHANGED,
    configure: async () => {},

    async check({ type, newInputs }) {
      const wanted = wantedProperty(type);
      const extra = Object.keys(newInputs).find((key) => key !== wanted);
      if (extra !== undefined) return failed(newInputs, extra, `unknown property "${extra}"`);
      if (!Object.hasOwn(newInputs, wanted)) return failed(newInputs, wanted, `missing required property "${wanted}"`);
      const value = newInputs[wanted];
      if (type === STACK_REFERENCE && typeof value !== "string" && !(value instanceof Unknown)) {
        return failed(newInputs, wanted, `property "${wanted}" must be a string`);
      }
      return { inputs: newInputs, failures: [] };
    },

    async diff({ type, oldInputs, newInputs }) {
      const key = wantedProperty(type);
      if (deepEquals(newInputs[key] ?? null, oldInputs[key] ?? null)) return UNCHANGED;
      if (type === STACK_REFERENCE) return { ...UNCHANGED, changes: "some", replaces: [key] };
      return { ...UNCHANGED, changes: "some", diffs: [key] };
    },

    async create({ type, inputs, preview }) {
      const key = wantedProperty(type);
      const value = inputs[key] ?? null;
      const outputs = type === STACK_REFERENCE ? await readReference(value) : { input: value, output: value };
      return { id: preview ? "" : randomUUID(), outputs };
    },

    async read({ type, id, inputs, outputs }) {
      if (type === STACK_REFERENCE) {
        // The SDK reads a reference with the stack's name as id and as property.
        const name = inputs["name"] ?? outputs["name"];
        if (name === undefined) throw new Error("stack reference can not be imported");
        const known = Object.fromEntries([["name", name]]);
        return { id, inputs: known, outputs: await readReference(name) };
      }
      wantedProperty(type);
      if (Object.keys(inputs).length === 0) throw new Error("stash can not be imported");
      return { id, inputs, outputs };
    },

    async update({ type, newInputs, oldOutputs }) {
      if (type !== STASH) throw unrecognized({ type });
      return { input: newInputs["input"] ?? null, output: oldOutputs["output"] ?? null };
    },

    delete: async () => {},

    async invoke(token, args) {
      return { result: await answer(token, args), failures: [] };
    },
    cancel: async () => {},
    close: async () => {},
  };

  async function answer(token: string, args: PropertyMap): Promise<PropertyMap> {
    switch (token) {
      case "pulumi:pulumi:readStackOutputs":
        return readReference(args["name"]);
      case "pulumi:pulumi:readStackResourceOutputs": {
        const name = args["stackName"];
        if (typeof name !== "string") throw new Error(`${token} needs the argument "stackName", a string`);
        const outputs = await options.stacks.resourceOutputs(options.stacks.fullName(name));
        if (outputs === undefined) throw new Error(`unknown stack "${name}"`);
        return { name, outputs };
      }
      default:
        throw new Error(`unrecognized function name: '${token}'`);
    }
  }
}

/** The one input that the type has. */
function wantedProperty(type: string): "name" | "input" {
  if (type === STACK_REFERENCE) return "name";
  if (type === STASH) return "input";
  throw unrecognized({ type });
}

function unrecognized({ type }: Pick<Target, "type">): Error {
  return new Error(`unrecognized resource type '${type}'`);
}

function failed(inputs: PropertyMap, property: string, reason: string): CheckResult {
  return { inputs, failures: [{ property, reason }] };
}
