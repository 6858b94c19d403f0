// A process of races.test.ts: told of attempts, makes them one after the other and answers what came of each; ends with its
// parent.
import { World } from "./world.ts";

interface Task {
  readonly directory: string;
  readonly attempts: readonly {
    readonly type: string;
    readonly name: string;
    readonly inputs: Record<string, string>;
  }[];
}

process.on("message", async ({ directory, attempts }: Task) => {
  const world = new World(directory);
  const answers = [];
  for (const { type, name, inputs } of attempts) {
    answers.push(
      await world.create(type, name, inputs).then(
        ({ id }) => ({ id }),
        (error: Error) => ({ refusal: error.message }),
      ),
    );
  }
  process.send?.(answers);
});
process.once("disconnect", () => process.exit(0));
process.send?.("ready");
