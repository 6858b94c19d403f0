// Whether to go on with what changes something: by a flag or a variable, else by asking whoever sits at the terminal, else not.
import { diffSink } from "../deployment/diffDisplay.ts";
import type { Emitted } from "../deployment/events.ts";
import { isTrue } from "../state/environment.ts";
import { EngineError, type ExitCode, exitCodes } from "../state/error.ts";
import type { CommandContext } from "./context.ts";

const isConfirmed = ({ flags, env }: CommandContext) =>
  flags.boolean("yes") || isTrue(env["PULUMI_SKIP_CONFIRMATIONS"]);

/** Who is to be asked before an operation changes something; nobody where it is confirmed. */
export function askerFor(context: CommandContext): CommandContext["ask"] {
  return isConfirmed(context) ? undefined : context.ask;
}

/** Before an operation. @throws EngineError when it is not confirmed and nobody can be asked after its preview. */
export function requireConfirmation(context: CommandContext, exitCode: ExitCode = exitCodes.configuration): void {
  if (isConfirmed(context) || context.flags.boolean("skip-preview") || context.ask) return;
  throw new EngineError(
    "--yes or --skip-preview or --preview-only must be passed in to proceed when running in non-interactive mode",
    exitCode,
  );
}

/**
 * Between its preview, whose events are given when there was one, and the operation itself.
 * @throws EngineError when the answer is no
 */
export async function confirmOperation(context: CommandContext, kind: string, previewed?: readonly Emitted[]) {
  const ask = askerFor(context);
  if (!ask) return;
  const choices = previewed ? "yes, no, details" : "yes, no";
  const ofState =
    kind === "refresh"
      ? "No resources will be modified as part of this refresh; just your stack's state will be.\n"
      : "";
  for (;;) {
    const answer = await ask(
      `Do you want to perform this ${kind}${previewed ? "" : " without a preview"}?\n${ofState}(${choices}) [no] `,
    );
    if (/^y(es)?$/i.test(answer.trim())) return;
    if (previewed && /^d(etails)?$/i.test(answer.trim())) showDetails(context, previewed);
    else if (/^(n|no|)$/i.test(answer.trim()))
      throw new EngineError(`confirmation declined, not proceeding with the ${kind}`);
  }
}

function showDetails({ stdout }: CommandContext, events: readonly Emitted[]): void {
  const options = {
    ...{ showSames: false, showReplacementSteps: false, showUrns: false, showConfig: false, showFullOutput: false },
    ...{ suppressOutputs: false, suppressProgress: false, summary: true },
  };
  const sink = diffSink(stdout, () => {}, options);
  for (const emitted of events) if (!("summaryEvent" in emitted.event)) sink.write(emitted);
}

/**
 * Before what cannot be undone: `--yes`, or `word` typed below `warning`.
 * @throws EngineError when neither
 */
export async function requireYes(context: CommandContext, warning: string, word = "yes"): Promise<void> {
  if (isConfirmed(context)) return;
  const { ask } = context;
  if (!ask) throw new EngineError("non-interactive mode requires --yes flag");
  const answer = await ask(`${warning}\nPlease confirm that this is what you'd like to do by typing \`${word}\`: `);
  if (answer.trim() !== word) throw new EngineError("confirmation declined");
}
