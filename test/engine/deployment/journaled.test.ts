// The tests of a deployment once more, with every state written as a checkpoint and a journal beside it: each time what
// both make must be what a whole write would have held (journal.ts).
import { TestStack } from "./support.ts";

TestStack.journaled = true;

await Promise.all(["basics", "failure", "refresh", "rules", "semantics"].map((name) => import(`./${name}.test.ts`)));
