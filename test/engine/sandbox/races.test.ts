// Several processes and one cloud: exactly one creates each name, and no rule that holds between resources is broken, however
// the calls fall. Processes are real; the order in which they try is drawn from a seed.
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findResource, listResources } from "../../../engine/providers/sandbox/cloud.ts";
import { overlaps, parseRange } from "../../../engine/providers/sandbox/ranges.ts";
import type { PropertyMap } from "../../../engine/values.ts";
import { at, types, World, withNetwork } from "./world.ts";

interface Attempt {
  readonly type: string;
  readonly name: string;
  readonly inputs: PropertyMap;
}
type Answer = { readonly id: string } | { readonly refusal: string };

let contenders: ChildProcess[] = [];

const next = (child: ChildProcess) =>
  new Promise<unknown>((resolve, reject) => {
    child.once("message", resolve);
    child.once("exit", (code) => reject(new Error(`a contender ended with ${code}`)));
  });

beforeAll(async () => {
  const program = join(import.meta.dirname, "contender.ts");
  contenders = [0, 1, 2].map(() => fork(program, { stdio: ["ignore", "inherit", "inherit", "ipc"] }));
  await Promise.all(contenders.map(next));
});
afterAll(() => {
  for (const child of contenders) child.disconnect();
});

/** Lets each process make its attempts, all beginning at the same moment; answers by process. */
async function race(directory: string, attempts: readonly (readonly Attempt[])[]): Promise<Answer[][]> {
  const answers = attempts.map(async (mine, index) => {
    const child = contenders[index]!;
    child.removeAllListeners("exit");
    const answer = next(child);
    child.send({ directory, attempts: mine });
    return (await answer) as Answer[];
  });
  return await Promise.all(answers);
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

it("gives each its own address, in one process and in several", async () => {
  const world = await World.open();
  const { network } = await withNetwork(world);
  const numbers = Array.from({ length: 6 }, (_, index) => index);
  const ofProcess = (process: string): Attempt[] => [
    ...numbers.map((n) => ({
      type: types.kubernetesService,
      name: `s${process}${n}`,
      inputs: { metadata: { name: `s${process}${n}` }, spec: { ports: [{ port: 80 }] } },
    })),
    ...numbers.map((n) => ({
      type: types.globalAddress,
      name: `g${process}${n}`,
      inputs: { name: `g${process}${n}` },
    })),
    ...numbers.map((n) => ({
      type: types.globalAddress,
      name: `r${process}${n}`,
      inputs: {
        name: `r${process}${n}`,
        purpose: "VPC_PEERING",
        addressType: "INTERNAL",
        prefixLength: 20 + (n % 3),
        network: network.id,
      },
    })),
  ];
  const others = [new World(world.directory), new World(world.directory)];
  const here = others.map(
    async (other, process) =>
      await Promise.all(ofProcess(`h${process}`).map(({ type, name, inputs }) => other.create(type, name, inputs))),
  );
  const answers = (await race(world.directory, ["a", "b"].map(ofProcess))).flat();
  await Promise.all(here);
  expect(answers.filter((answer) => "refusal" in answer)).toEqual([]);

  const all = await Promise.all(
    (await listResources(world.directory)).map(async (row) => await findResource(world.directory, row.urn)),
  );
  const properties = (type: string) =>
    all.filter((row) => row.type === type).map((row) => row.properties as PropertyMap);
  const services = properties(types.kubernetesService).map((service) => at(service, "spec.clusterIP"));
  expect([services.length, new Set(services).size]).toEqual([24, 24]);
  const addresses = properties(types.globalAddress);
  expect([addresses.length, new Set(addresses.map(({ address }) => address)).size]).toEqual([48, 48]);
  const ranges = addresses
    .filter(({ purpose }) => purpose === "VPC_PEERING")
    .map(({ address, prefixLength }) => parseRange(`${address}/${prefixLength}`)!);
  const clashes = ranges.flatMap((a, index) => ranges.slice(index + 1).filter((b) => overlaps(a, b)));
  expect(clashes).toEqual([]);
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
