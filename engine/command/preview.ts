// `preview`: says what `up` would do. Takes no lock and writes nothing.
import type { CommandContext } from "./context.ts";
import { refreshAsked, runOperation } from "./operation.ts";

export async function preview(context: CommandContext): Promise<number> {
  const { flags } = context;
  return runOperation(context, {
    kind: "preview",
    phases: ["preview"],
    program: true,
    ...refreshAsked(flags),
    replace: [...flags.strings("replace"), ...flags.strings("target-replace")],
    target: [...flags.strings("target"), ...flags.strings("target-replace")],
    exclude: flags.strings("exclude"),
  });
}
