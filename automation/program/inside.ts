// The inside of the SDK's Outputs, which its public types do not show: the only place that knows it. A test fails when an
// upgrade of the SDK changes what is used here.
import * as pulumi from "@pulumi/pulumi";

/** What every Output has at run time (@pulumi/pulumi: output.js). */
interface Inside {
  readonly isKnown: Promise<boolean>;
  readonly isSecret: Promise<boolean>;
  promise(withUnknowns?: boolean): Promise<unknown>;
  resources(): Set<pulumi.Resource>;
  allResources(): Promise<Set<pulumi.Resource>>;
  apply(run: (value: unknown) => unknown, withUnknowns: boolean): Inside;
}
type OutputConstructor = new (
  resources: Set<pulumi.Resource>,
  value: Promise<unknown>,
  isKnown: Promise<boolean>,
  isSecret: Promise<boolean>,
  allResources: Promise<Set<pulumi.Resource>>,
) => pulumi.Output<unknown>;

const inside = (output: pulumi.Output<unknown>): Inside => output as unknown as Inside;

/** What an Output holds, looked at beside it: the Output itself stays as it is. */
export interface Look {
  /** Whether all of it is known; an update knows everything. */
  readonly known: boolean;
  readonly secret: boolean;
  /** The plain value; parts that are not known are `pulumi.unknown`. */
  readonly value: unknown;
}

/** Waits for a value (Outputs and promises inside it included) and tells what it is. */
export async function look(value: unknown): Promise<Look> {
  const output = inside(pulumi.output(value) as pulumi.Output<unknown>);
  const [known, secret, plain] = await Promise.all([output.isKnown, output.isSecret, output.promise(true)]);
  return { known, secret, value: plain };
}

/**
 * One output of a StackReference with its own knownness and secretness.
 *
 * `requireOutput` is used wherever it is exact. In a preview of several stacks it is not: it runs `apply` over the map of
 * all outputs, so that one unknown output makes every other unknown too (and hides a missing one). There the same
 * Output is built from its parts, with the dependency on the reference kept.
 */
export async function requireExactly(reference: pulumi.StackReference, name: string): Promise<pulumi.Output<unknown>> {
  const all = inside(reference.outputs);
  if (await all.isKnown) return reference.requireOutput(name);
  const one = all.apply((map) => (pulumi.isUnknown(map) ? map : (map as Record<string, unknown>)[name]), true);
  const names = await look(reference.secretOutputNames);
  const secret = names.known && Array.isArray(names.value) ? Promise.resolve(names.value.includes(name)) : all.isSecret;
  const Output = pulumi.Output as unknown as OutputConstructor;
  return new Output(one.resources(), one.promise(true), one.isKnown, secret, one.allResources());
}
