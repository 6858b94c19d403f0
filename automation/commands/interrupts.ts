// Signals to whoever runs a run --> the ladder of cancelling it. Every SIGINT asks harder: stop, interrupt, kill. SIGTERM and
// SIGHUP start at interrupting, and kill when their grace is over. A run that was killed and is not over soon is left as it
// is: its journal says what needs a look.
import type { Run } from "../index.ts";
import { isCi } from "../variables.ts";
import type { World } from "./world.ts";

/**
 * How long engines may take to end after SIGTERM. A CI system that cancels a job kills it some seconds later (GitHub: 7.5 s
 * after an interrupt, then 2.5 s more); an init system waits longer.
 */
export const terminationGraceMs = { ci: 5_000, elsewhere: 20_000 };
/** How long a killed run may take to say how it ended. */
export const lastGraceMs = 3_000;

/** Listens from now on; `giveUp` ends the process with a code. Returns how to stop that, which the end of the run must do. */
export function cancelOnInterrupts(
  run: Pick<Run, "cancel" | "state">,
  world: Pick<World, "onInterrupt" | "after" | "variables">,
  giveUp: (code: number) => void,
): () => void {
  const stops: (() => void)[] = [];
  const after = (ms: number, then: () => void): void => void stops.push(world.after(ms, then));
  const level = (): number => run.state.cancel?.level ?? 0;
  stops.push(
    world.onInterrupt((signal) => {
      if (signal === "SIGINT") {
        run.cancel("interrupt");
        if (level() === 3) after(lastGraceMs, () => giveUp(130));
        return;
      }
      // What needs a look is in the journal before anything is waited for.
      run.cancel("terminate", level() >= 2 ? 3 : 2);
      after(isCi(world.variables) ? terminationGraceMs.ci : terminationGraceMs.elsewhere, () => {
        run.cancel("terminate", 3);
        after(lastGraceMs, () => giveUp(143));
      });
    }),
  );
  return () => {
    for (const stop of stops.splice(0)) stop();
  };
}
