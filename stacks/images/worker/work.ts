// Messages about new images --> rows about what they show. Guarantees:
//
// 1. A message is acknowledged only after its row has been published: an image is looked at once or more, never not at all.
// 2. While an image is looked at, its message's deadline is extended, so that no other worker gets it meanwhile.
// 3. What no worker can read gives a row too (`unreadable`); what another try may mend is given back, and after five tries goes
//    to the dead letters of the subscription.
// 4. When `signal` aborts, nothing new is taken, what was begun is finished, and the rest is given back at once.
import { classify } from "./classify.ts";
import { Unreadable } from "./decode.ts";
import { type Google, type Message, Refused } from "./google.ts";

export interface WorkOptions {
  readonly google: Google;
  readonly signal: AbortSignal;
  /** One line of what happened. */
  readonly log: (line: Readonly<Record<string, unknown>>) => void;
  /** Messages taken at once; 10 by default. */
  readonly batch?: number;
  /** Seconds a message is kept from others, as in the subscription; 120 by default. */
  readonly deadlineSeconds?: number;
  readonly now?: () => Date;
  /** Waits, and returns early when `signal` aborts. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** A row of the table: see the columns in ../program.ts. */
export interface Row {
  readonly at: string;
  readonly object: string;
  readonly generation: string;
  readonly label: string;
  readonly confidence: number | null;
}

/**
 * Works until `signal` aborts.
 *
 * @throws Refused when Google refuses a pull for good (a wrong name, no permission): the pod ends, and its restarts are seen.
 */
export async function work({
  google,
  signal,
  log,
  batch = 10,
  deadlineSeconds = 120,
  now = () => new Date(),
  pause = sleep,
}: WorkOptions): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    let messages: readonly Message[];
    try {
      messages = await google.pull(batch, signal);
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refused && !error.mayPass) throw error;
      // Longer each time, up to half a minute, never two workers alike.
      const waitMs = Math.min(30_000, 500 * 2 ** failures++) * (0.5 + Math.random() / 2);
      log({ severity: "WARNING", message: `pull failed: ${(error as Error).message}`, retryInMs: Math.round(waitMs) });
      await pause(waitMs, signal);
      continue;
    }
    const open = new Set(messages.map(({ ackId }) => ackId));
    const extending = setInterval(
      () => {
        if (open.size > 0)
          google.extend([...open], deadlineSeconds).catch((error: Error) => log(warning("extend", error)));
      },
      (deadlineSeconds * 1000) / 2,
    );
    try {
      for (const message of messages) {
        if (signal.aborted) break;
        await settle(message);
        open.delete(message.ackId);
      }
      if (open.size > 0) await google.extend([...open], 0).catch((error: Error) => log(warning("give back", error)));
    } finally {
      clearInterval(extending);
    }
  }

  async function settle({ ackId, attributes }: Message): Promise<void> {
    const { bucketId, objectId, objectGeneration, eventType } = attributes;
    try {
      if (bucketId === undefined || objectId === undefined || objectGeneration === undefined) {
        // Somebody else's message: no number of tries makes an image of it.
        log({ severity: "ERROR", message: "not a notification of Cloud Storage", attributes: Object.keys(attributes) });
      } else if (eventType === undefined || eventType === "OBJECT_FINALIZE") {
        const started = performance.now();
        const bytes = await google.read(bucketId, objectId, objectGeneration);
        // Deleted or overwritten since: the message of the new generation is on its way.
        if (bytes === undefined)
          log({ severity: "INFO", message: "gone", object: objectId, generation: objectGeneration });
        else {
          const row = { at: now().toISOString(), object: objectId, generation: objectGeneration, ...look(bytes) };
          await google.publish([row satisfies Row]);
          log({ severity: "INFO", message: "classified", ...row, durationMs: Math.round(performance.now() - started) });
        }
      }
      await google.acknowledge([ackId]);
    } catch (error) {
      log({ severity: "ERROR", message: (error as Error).message, object: objectId });
      await google.extend([ackId], 0).catch((late: Error) => log(warning("give back", late)));
    }
  }
}

function look(bytes: Uint8Array): Pick<Row, "label" | "confidence"> {
  try {
    return classify(bytes);
  } catch (error) {
    if (error instanceof Unreadable) return { label: "unreadable", confidence: null };
    throw error;
  }
}

const warning = (what: string, error: Error): Readonly<Record<string, unknown>> => ({
  severity: "WARNING",
  message: `${what}: ${error.message}`,
});

const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
