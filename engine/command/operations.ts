// The verbs that run an operation. Each reads its flags into an Operation (one file a verb); running one is the same for
// all of them (operation.ts).
import type { CommandContext } from "./context.ts";
import { destroy } from "./destroy.ts";
import { importVerb } from "./import.ts";
import { preview } from "./preview.ts";
import { refresh } from "./refresh.ts";
import { up } from "./up.ts";

/** Each answers its exit code. */
export const operations: Readonly<
  Record<"up" | "preview" | "refresh" | "destroy" | "import", (context: CommandContext) => Promise<number>>
> = {
  up,
  preview,
  refresh,
  destroy,
  import: importVerb,
};
