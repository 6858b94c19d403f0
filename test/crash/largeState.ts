// A process that creates, changes, replaces and deletes resources of a stack whose state goes on in a journal, and kills
// itself before or after what it does to the cloud for the nth time. What there is in the cloud stands in a file.
//
//   node largeState.ts <folder> <n>
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { newManifest } from "../../engine/state/deployment.ts";
import { FileBackend } from "../../engine/state/fileBackend.ts";
import type { SecretsManager } from "../../engine/state/secrets.ts";
import { type Program, TestStack } from "../engine/deployment/support.ts";

const [folder = "", cut] = process.argv.slice(2);
let times = 0;
const mayDie = () => {
  if (++times === Number(cut)) process.kill(process.pid, "SIGKILL");
};

const stack = new TestStack();
const { cloud } = stack;
const [set, remove] = [cloud.objects.set.bind(cloud.objects), cloud.objects.delete.bind(cloud.objects)];
const tell = (line: string) => {
  appendFileSync(join(folder, "cloud"), `${line}\n`);
  mayDie();
};
cloud.hold = async () => mayDie();
cloud.objects.set = (id, object) => {
  set(id, object);
  tell(`+ ${id} ${object.inputs["name"]}`);
  return cloud.objects;
};
cloud.objects.delete = (id) => {
  const was = remove(id);
  tell(`- ${id}`);
  return was;
};

const plain: SecretsManager = {
  ...{ type: "passphrase", state: { salt: "s" }, encrypt: (text) => text, decrypt: (text) => text },
};
const program =
  (turn: number): Program =>
  async ({ thing }) => {
    const names = Array.from({ length: 30 }, (_, at) => `thing-${at}`);
    const left = turn === 0 ? names : names.slice(5);
    await Promise.all(
      left.map((name, at) => {
        const change = (["force", "first", "turn"] as const)[at % 3]!;
        return thing(name, { name, [change]: turn });
      }),
    );
  };

const dev = { project: "proj", stack: "dev" };
const backend = await FileBackend.open(`file://${folder}`, {}, "/");
await backend.create(dev);
for (const turn of [0, 1]) {
  const checkpoint = await backend.openCheckpoint(dev, {
    ...{ passphrase: async () => "", sandbox: false, checkIntegrity: true, wholeLimit: 0 },
  });
  const { result } = await stack.up(program(turn), {
    write: (contents, final) =>
      checkpoint.write({ ...contents, manifest: newManifest("3.0.0"), metadata: {} }, plain, !final),
  });
  await checkpoint.close();
  if (result !== "succeeded") throw new Error(`the update ${result}`);
}
process.stdout.write(String(times));
