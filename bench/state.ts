// Benchmarks of the embedded engine's state. What it costs to write the state of 10,000 random resources while a program
// creates them, against the same update that writes nothing (aim: under a second), and how often and how much is written;
// the same where program and providers answer at once, so that nothing hides the waiting for the disk, and beside it 1,000
// resources written whole at every step. What an overhead is: the median of three rounds, less that of three without any
// writing, in turn with them. Then whole stacks beside the official CLI (stacks.ts).
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { emptyGoal } from "../engine/deployment/defaultProviders.ts";
import { deploy, type RunProgram } from "../engine/deployment/deployment.ts";
import { EventStream } from "../engine/deployment/events.ts";
import { Resource } from "../engine/deployment/resource.ts";
import type { WriteSnapshot } from "../engine/deployment/snapshot.ts";
import { UrnTargets } from "../engine/deployment/targets.ts";
import { locateProgram, runAgainst } from "../engine/language/run.ts";
import type { DiffResult, Provider } from "../engine/providers/provider.ts";
import { createRandomProvider } from "../engine/providers/random/index.ts";
import { SecretValues } from "../engine/secretValues.ts";
import { newManifest } from "../engine/state/deployment.ts";
import { FileBackend } from "../engine/state/fileBackend.ts";
import { journalsOf } from "../engine/state/journal.ts";
import { newSalt, passphraseSecrets } from "../engine/state/passphrase.ts";
import type { ResourceState } from "../engine/state/resource.ts";
import type { SecretsManager } from "../engine/state/secrets.ts";
import { Secret } from "../engine/values.ts";
import { benchStacks } from "./stacks.ts";
import { type Sample, show, sideBySide, summary } from "./support/measure.ts";
import { petsWorkspace } from "./support/workspaces.ts";

const rounds = 3;
const name = { project: "bench", stack: "dev" };

export async function benchState(): Promise<void> {
  const secrets = await passphraseSecrets(await newSalt("bench"), "bench");
  console.log(`a flush of 8 KiB takes ${show(await flushes())} on this disk, with all that uses it now`);
  await programWriting(10_000, secrets);
  await writing(10_000, secrets, false);
  await writing(1_000, secrets, true);
  await benchStacks();
}

/** What writing waits for: a disk that others keep busy makes an overhead of its own. */
async function flushes(): Promise<Sample> {
  const root = mkdtempSync(path.join(tmpdir(), "tutti-bench-flush-"));
  const file = await open(path.join(root, "file"), "a");
  const flush = async () => {
    await file.write(Buffer.alloc(2 ** 13));
    await file.datasync();
  };
  const time = await sideBySide({ flush }, 100);
  await file.close();
  rmSync(root, { recursive: true });
  return time["flush"]!;
}

/** Where a deployment's state goes, and what came there. */
interface Store {
  readonly write: WriteSnapshot;
  close(): Promise<void>;
}

type Way = () => Promise<Store>;

/** What changes is taken and forgotten. */
const nowhere: Way = async () => ({ write: async () => async () => true, close: async () => {} });

/** Runs a deployment with each way to write, side by side, and prints what each costs more than writing nothing. */
async function compareWays(
  what: string,
  ways: Readonly<Record<string, Way>>,
  run: (store: Store) => Promise<unknown>,
): Promise<void> {
  const all = { nowhere, ...ways };
  const cpuMs: Record<string, number[]> = Object.fromEntries(Object.keys(all).map((way) => [way, []]));
  const time = await sideBySide(
    Object.fromEntries(
      Object.entries(all).map(([way, open]) => [
        way,
        async () => {
          const store = await open();
          const before = process.cpuUsage();
          await run(store);
          const { user, system } = process.cpuUsage(before);
          cpuMs[way]!.push((user + system) / 1000);
          await store.close();
        },
      ]),
    ),
    rounds,
  );
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
  const cpuOf = (way: string): number => summary(cpuMs[way]!.slice(1)).medianMs;
  for (const [way, sample] of Object.entries(time)) {
    const more = seconds(sample.medianMs - time["nowhere"]!.medianMs);
    const cpu = seconds(cpuOf(way) - cpuOf("nowhere"));
    const overhead = way === "nowhere" ? "" : `   overhead ${more} (CPU ${cpu}), ${written.get(way)}`;
    console.log(`${what}, state written ${way.padEnd(15)} ${show(sample).padEnd(24)}${overhead}`);
  }
}

/** What each way wrote in its last round. */
const written = new Map<string, string>();

const journal = (secrets: SecretsManager): Record<string, Way> => ({
  "as a journal": () => store(secrets, undefined, "as a journal"),
});

/** Creates and then updates that many resources of a program and a provider that answer at once. */
async function writing(count: number, secrets: SecretsManager, whole: boolean): Promise<void> {
  const each = "whole each time";
  const ways = {
    ...journal(secrets),
    ...(whole && { [each]: () => store(secrets, Number.POSITIVE_INFINITY, each) }),
  };
  const create = (store: Store, turn = 0, base: readonly ResourceState[] = []) =>
    deployed(base, program(count, turn), provider, store);
  await compareWays(`${count} resources created`, ways, create);
  const base = await create(await nowhere());
  await compareWays(`${count} resources updated`, ways, (store) => create(store, 1, base));
}

/** A program in a process of its own, as users have it, that creates that many random resources. */
async function programWriting(count: number, secrets: SecretsManager): Promise<void> {
  const { root, remove } = petsWorkspace({ lean: true });
  writeFileSync(
    path.join(root, "index.js"),
    `import * as random from "@pulumi/random";
for (let at = 0; at < ${count}; at++) new random.RandomId(\`id-\${at}\`, { byteLength: 8 });
`,
  );
  try {
    const runtimeOptions = { typescript: false };
    const env = { HOME: root, PATH: process.env["PATH"] ?? "" };
    const located = locateProgram(
      { runtime: "nodejs", runtimeOptions, rootDirectory: root, main: "index.js", env },
      "",
    );
    const run = runAgainst(located, {
      ...{ organization: "organization", project: name.project, stack: name.stack, config: {}, secretKeys: [] },
      ...{ dryRun: false, parallel: 16, rootDirectory: root, version: "3.270.0" },
    });
    const log = { log: () => {}, print: () => {} };
    const create = (store: Store) =>
      deployed([], (registrar, signal) => run(registrar, log, signal), createRandomProvider(), store);
    await compareWays(`${count} random resources created by a program`, journal(secrets), create);
  } finally {
    remove();
  }
}

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** A stack's checkpoint on disk. */
async function store(secrets: SecretsManager, wholeLimit: number | undefined, way: string): Promise<Store> {
  const root = mkdtempSync(path.join(tmpdir(), "tutti-bench-state-"));
  const backend = await FileBackend.open(`file://${root}`, {}, root);
  await backend.create(name);
  const file = await backend.stateFile(name);
  const checkpoint = await backend.openCheckpoint(name, {
    ...{ passphrase: async () => "bench", sandbox: false, checkIntegrity: true },
    secrets: new SecretValues(["a secret"]),
    ...(wholeLimit !== undefined && { wholeLimit }),
  });
  const whole = { times: 0, bytes: 0 };
  const lines = { times: 0, bytes: 0 };
  return {
    write: async (contents, final) => {
      for (const journal of await journalsOf(file)) lines.bytes += statSync(journal).size;
      const snapshot = { ...contents, manifest: newManifest("3.0.0"), metadata: {} };
      const append = await checkpoint.write(snapshot, secrets, !final);
      whole.times++;
      whole.bytes += statSync(file).size;
      return (
        append &&
        ((changes) => {
          lines.times++;
          return append(changes);
        })
      );
    },
    close: async () => {
      await checkpoint.close();
      const parts = [`${whole.times} whole writes (${mib(whole.bytes)})`, `${lines.times} lines (${mib(lines.bytes)})`];
      written.set(way, parts.join(", "));
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** One deployment with one provider; what it leaves. */
async function deployed(
  base: readonly ResourceState[],
  program: RunProgram,
  provider: Provider,
  { write }: Store,
): Promise<readonly ResourceState[]> {
  let left = base;
  const { result } = await deploy(
    {
      ...{ project: name.project, stack: name.stack, preview: false, parallel: 16, continueOnError: false },
      ...{
        targets: none(),
        excludes: none(),
        replaceTargets: none(),
        targetDependents: false,
        excludeDependents: false,
      },
      ...{ refresh: "no", program, configuration: { values: {}, secretKeys: [] } },
    },
    {
      base: { resources: base.map((state) => new Resource(state)), pendingOperations: [] },
      host: { load: async () => provider, close: async () => {} },
      events: new EventStream([], []),
      signal: new AbortController().signal,
      write: (contents, final) => {
        if (final) left = contents.resources;
        return write(contents, final);
      },
    },
  );
  if (result !== "succeeded") throw new Error(`the deployment ${result}`);
  return left;
}

const none = () => new UrnTargets([]);

/** Each resource as large as most are, one in ten with a secret. */
function program(count: number, turn: number): RunProgram {
  return async (registrar) => {
    const goal = (type: string, given: object) => ({ ...emptyGoal, type, version: "1.0.0", ...given });
    const stack = await registrar.registerResource(
      goal("pulumi:pulumi:Stack", { name: "bench-dev", custom: false, version: "" }),
    );
    const register = (at: number) => {
      const word = at % 10 === 0 ? new Secret(`word ${at}`) : `word ${at}`;
      const inputs = { turn, word, description: `resource ${at} of many`, labels: { team: "bench", tier: "one" } };
      return registrar.registerResource(
        goal("bench:index:Thing", { name: `thing-${at}`, custom: true, parent: stack.urn, inputs }),
      );
    };
    await Promise.all(Array.from({ length: count }, (_, at) => register(at)));
    return { type: "ok" };
  };
}

const same: DiffResult = { changes: "none", replaces: [], stables: [], deleteBeforeReplace: false, diffs: [] };
const provider: Provider = {
  package: "bench",
  version: "1.0.0",
  checkConfig: async ({ newInputs }) => ({ inputs: newInputs, failures: [] }),
  diffConfig: async () => same,
  configure: async () => {},
  check: async ({ newInputs }) => ({ inputs: newInputs, failures: [] }),
  diff: async ({ oldInputs, newInputs }) =>
    oldInputs["turn"] === newInputs["turn"] ? same : { ...same, changes: "some", diffs: ["turn"] },
  create: async ({ name: id, inputs }) => ({ id, outputs: { ...inputs, endpoint: `https://${id}.example.com/` } }),
  read: async () => undefined,
  update: async ({ newInputs, id }) => ({ ...newInputs, endpoint: `https://${id}.example.com/` }),
  delete: async () => {},
  invoke: async () => ({ result: {}, failures: [] }),
  cancel: async () => {},
  close: async () => {},
};
