// Several processes and one cloud: exactly one creates each name, and no rule that holds between resources is broken, however
// the calls fall. Processes are real; the order in which they try is drawn from a seed.
import { fork } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { listResources } from "../../../engine/providers/sandbox/cloud.ts";
import type { PropertyMap } from "../../../engine/values.ts";
import { types, World, withNetwork } from "./world.ts";

interface Attempt {
  readonly type: string;
  readonly name: string;
  readonly inputs: PropertyMap;
}
type Answer = { readonly id: string } | { readonly refusal: string };

/** Lets each process make its attempts, all beginning at the same moment; answers by process. */
async function race(directory: string, attempts: readonly (readonly Attempt[])[]): Promise<Answer[][]> {
  const children = attempts.map(() =>
    fork(join(import.meta.dirname, "contender.ts"), [directory], { stdio: ["ignore", "inherit", "inherit", "ipc"] }),
  );
  const next = (child: (typeof children)[number]) =>
    new Promise<unknown>((resolve, reject) => {
      child.once("message", resolve);
      child.once("exit", (code) => reject(new Error(`a contender ended with ${code}`)));
    });
  await Promise.all(children.map(next));
  const answers = children.map(async (child, index) => {
    const answer = next(child);
    child.send(attempts[index]!);
    return (await answer) as Answer[];
  });
  const all = await Promise.all(answers);
  for (const child of children) if (child.connected) child.disconnect();
  return all;
}

/** Orders that differ by process, the same for a seed (a linear congruential generator). */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed >>> 0;
  const draw = (limit: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % limit;
  };
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = draw(i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}

it("lets exactly one process create each name", async () => {
  const world = await World.open();
  const names = Array.from({ length: 40 }, (_, index) => `n${index}`);
  const orders = [1, 2, 3].map((seed) => (seed === 1 ? names : shuffled(names, seed)));
  const answers = await race(
    world.directory,
    orders.map((order) => order.map((name) => ({ type: types.network, name, inputs: { name } }))),
  );
  for (const name of names) {
    const id = `projects/sandbox/global/networks/${name}`;
    const mine = answers.map((all, process) => all[orders[process]!.indexOf(name)]!);
    expect(
      mine.filter((answer) => "id" in answer),
      name,
    ).toEqual([{ id }]);
    for (const answer of mine) if ("refusal" in answer) expect(answer.refusal).toContain("Error 409");
  }
  expect((await listResources(world.directory)).map(({ name }) => name).sort()).toEqual([...names].sort());
});

it("numbers versions of a secret without gap or repetition", async () => {
  const world = await World.open();
  const secret = await world.create(types.secret, "s", { secretId: "s", replication: { auto: {} } });
  const attempts = [0, 1, 2].map((process) =>
    Array.from({ length: 8 }, (_, index) => ({
      type: types.secretVersion,
      name: `v${process}-${index}`,
      inputs: { secret: secret.id, secretData: `${process}-${index}` },
    })),
  );
  const answers = (await race(world.directory, attempts)).flat();
  const numbers = answers.map((answer) =>
    "id" in answer ? Number(answer.id.slice(answer.id.lastIndexOf("/") + 1)) : answer.refusal,
  );
  expect(numbers.sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 24 }, (_, index) => index + 1));
});

it("never lets two overlapping ranges be, whoever comes first", async () => {
  const world = await World.open();
  const { network } = await withNetwork(world);
  const ranges = Array.from({ length: 12 }, (_, index) => index);
  const attempts = [0, 1, 2].map((process) =>
    shuffled(ranges, 7 + process).map((index) => ({
      type: types.subnetwork,
      name: `s${process}-${index}`,
      inputs: {
        name: `s${process}-${index}`,
        network: network.id,
        ipCidrRange: `10.1${process}.${index}.0/24`.replace(/^10\.1\d/, "10.10"),
      },
    })),
  );
  await race(world.directory, attempts);
  const held = (await listResources(world.directory))
    .filter(({ type, name }) => type === types.subnetwork && name !== "nodes")
    .map(({ name }) => name.split("-")[1]);
  expect(new Set(held).size).toBe(held.length);
});
