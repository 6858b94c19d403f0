// Tests of users' programs in one line: runs a program under Pulumi's mocks, without an engine, and returns what came out
// and what was registered.
import * as pulumi from "@pulumi/pulumi";
import type * as z from "zod";
import type { AnyContract, DeepInput, Need, SettingsOf, StackInfo } from "../define.ts";
import { problemLine } from "../problems.ts";
import { parseSettings, stackId } from "../workspace.ts";
import { checkRead } from "./check.ts";
import { look } from "./inside.ts";
import { runProgram } from "./runProgram.ts";

/** One resource that the program registered, in the order of registration. */
export interface TestResource {
  readonly type: string;
  readonly name: string;
  /** Plain values; secrets are revealed, a test wants to see them. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly custom: boolean;
}

export interface TestedProgram<C extends AnyContract = AnyContract> {
  /** The program's outputs, plain. */
  readonly outputs: { readonly [K in keyof C["outputs"]]: z.output<C["outputs"][K]> };
  /** Names of outputs that are secret, whole or in part, sorted. */
  readonly secretOutputs: readonly string[];
  readonly resources: readonly TestResource[];
}

/** What a need is given as in a test: plain values or Outputs; those the contract declares secret become secret. */
type Given<C extends AnyContract> = { readonly [K in keyof C["outputs"]]: DeepInput<z.output<C["outputs"][K]>> };
type GivenNeed<N> =
  N extends Need<infer C, infer All>
    ? All extends true
      ? Readonly<Record<string, Given<C>>>
      : Given<C>
    : N extends AnyContract
      ? Given<N>
      : never;

type Keys<T> = T extends unknown ? keyof T : never;
export type TestOptions<C extends AnyContract> = {
  /** `test` when absent. */
  readonly environment?: string;
  readonly instance?: string;
  /** The outputs a resource has beside its inputs, and its id; by default `<name>-id` and the inputs alone. */
  readonly resource?: (resource: TestResource) => {
    readonly id?: string;
    readonly state?: Readonly<Record<string, unknown>>;
  };
  /** Answers invokes (`getX`); by default the arguments. */
  readonly call?: (token: string, args: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
} & (Record<never, never> extends SettingsOf<C>
  ? { readonly settings?: SettingsOf<C> }
  : { readonly settings: SettingsOf<C> }) &
  ([Keys<C["needs"]>] extends [never]
    ? { readonly needs?: Record<never, never> }
    : { readonly needs: { readonly [K in keyof C["needs"]]: GivenNeed<C["needs"][K]> } });

/**
 * Runs the program of a contract under mocks and waits for every registration. Settings and needs are checked as in a real
 * run. Tests of one file run one after the other: the SDK's mocks are global.
 *
 * @throws RunError as a real run would: wrong settings, wrong needs, wrong outputs.
 */
export async function testProgram<C extends AnyContract>(
  contract: C,
  options: TestOptions<C>,
): Promise<TestedProgram<C>> {
  const { environment = "test", instance, resource: answer, call } = options;
  const resources: TestResource[] = [];
  const id = stackId(contract.name, environment, instance);
  await pulumi.runtime.setMocks(
    {
      newResource({ type, name, inputs, custom }) {
        const resource: TestResource = {
          type,
          name,
          inputs: inputs as Record<string, unknown>,
          custom: custom ?? true,
        };
        resources.push(resource);
        const { id: given, state } = answer?.(resource) ?? {};
        return { id: given ?? `${name}-id`, state: { ...resource.inputs, ...state } };
      },
      call: ({ token, inputs }) => ({ ...(call?.(token, inputs as Record<string, unknown>) ?? inputs) }),
    },
    "test",
    id,
    false,
    "organization",
  );
  const stack: StackInfo = { id, name: contract.name, environment, instance };
  const settings = parseSettings(contract, options.settings ?? {}, "settings");
  if (!settings.ok) throw new pulumi.RunError(settings.error.map(problemLine).join("\n"));
  const needs = await givenNeeds(id, contract, (options.needs ?? {}) as Record<string, unknown>);
  const returned = await runProgram(contract, { stack, settings: settings.value, needs });
  await pulumi.runtime.disconnect();
  const looks = await Promise.all(
    Object.entries(returned).map(async ([name, value]) => [name, await look(value)] as const),
  );
  return {
    outputs: Object.fromEntries(looks.map(([name, { value }]) => [name, value])) as TestedProgram<C>["outputs"],
    secretOutputs: looks
      .filter(([, { secret }]) => secret)
      .map(([name]) => name)
      .sort(),
    resources,
  };
}

async function givenNeeds(
  reader: string,
  contract: AnyContract,
  given: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const read = async (key: string, upstream: AnyContract, values: unknown): Promise<Record<string, unknown>> => {
    if (typeof values !== "object" || values === null) {
      throw new pulumi.RunError(
        `${reader} needs "${key}": give its outputs: ${Object.keys(upstream.outputs).join(", ")}`,
      );
    }
    const all = values as Record<string, unknown>;
    const entries = Object.entries(upstream.outputs).map(
      async ([name, schema]) =>
        [name, await checkRead(`${reader} needs "${name}" of ${upstream.name}`, schema, all[name])] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  };
  const entries = Object.entries(contract.needs).map(async ([key, need]) => {
    const upstream = need.kind === "need" ? need.contract : need;
    const values = given[key];
    if (need.kind !== "need" || !need.every) return [key, await read(key, upstream, values)] as const;
    const every = Object.entries((values ?? {}) as Record<string, unknown>).map(
      async ([one, outputs]) => [one, await read(key, upstream, outputs)] as const,
    );
    return [key, Object.fromEntries(await Promise.all(every))] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
