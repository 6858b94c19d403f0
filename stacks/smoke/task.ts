// smoke: one request, again and again until it is answered as it should be or the patience is over.
import { setTimeout as wait } from "node:timers/promises";
import { task } from "../../automation/task.ts";
import { smoke } from "./contract.ts";
import { ask } from "./probe.ts";

/** Between two attempts, milliseconds: doubled up to the last. */
const pauses = { first: 500, last: 15_000 };

export default task(smoke, async ({ settings, needs: { edge }, log, signal }) => {
  const url = new URL(settings.path, edge.url);
  const until = performance.now() + settings.patienceSeconds * 1000;
  for (let pauseMs = pauses.first; ; pauseMs = Math.min(pauseMs * 2, pauses.last)) {
    const { wrong, tookMs } = await ask(url, settings, signal);
    if (wrong === undefined) {
      log(`${url} answered ${settings.status} in ${tookMs} ms`);
      return { tookMs };
    }
    if (performance.now() + pauseMs > until)
      throw new Error(`${url} ${wrong}, also after ${settings.patienceSeconds} s`);
    log(`${url} ${wrong}; asking again`);
    await wait(pauseMs, undefined, { signal });
  }
});
