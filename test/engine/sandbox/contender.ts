// A process of races.test.ts: waits for attempts, makes them one after the other, answers what came of each.
import { World } from "./world.ts";

const world = new World(process.argv[2]!);
process.once("message", async (attempts: { type: string; name: string; inputs: Record<string, string> }[]) => {
  const answers = [];
  for (const { type, name, inputs } of attempts) {
    answers.push(
      await world.create(type, name, inputs).then(
        ({ id }) => ({ id }),
        (error: Error) => ({ refusal: error.message }),
      ),
    );
  }
  process.send?.(answers, undefined, {}, () => process.exit(0));
});
process.send?.("ready");
