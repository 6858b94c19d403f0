// A request to stop a run, in three levels that only rise:
// 1 nothing new starts, what runs ends by itself; 2 what runs is interrupted; 3 what runs is killed.
// Whoever hears the user (signals, a library caller) requests; the executor and the running steps listen.

export type CancelLevel = 0 | 1 | 2 | 3;
export type CancelledBy = "interrupt" | "terminate" | "caller";

export class Cancellation {
  #level: CancelLevel = 0;
  #by: CancelledBy | undefined;
  readonly #listeners = new Set<(by: CancelledBy, level: 1 | 2 | 3) => void>();
  readonly #stop = new AbortController();
  readonly #interrupt = new AbortController();
  readonly #kill = new AbortController();

  /** 0: nobody asked to stop. */
  get level(): CancelLevel {
    return this.#level;
  }
  /** Who asked last; undefined at level 0. */
  get by(): CancelledBy | undefined {
    return this.#by;
  }
  /** Aborted from level 1 on: whatever only waits need not wait any longer. */
  get stop(): AbortSignal {
    return this.#stop.signal;
  }
  /** Aborted from level 2 on: end now, leaving state readable. */
  get interrupt(): AbortSignal {
    return this.#interrupt.signal;
  }
  /** Aborted at level 3: end at once. */
  get kill(): AbortSignal {
    return this.#kill.signal;
  }

  /** Rises to a level, by default the next one; a level already reached changes nothing and tells nobody. */
  request(by: CancelledBy, level: 1 | 2 | 3 = Math.min(this.#level + 1, 3) as 1 | 2 | 3): void {
    if (level <= this.#level) return;
    this.#level = level;
    this.#by = by;
    // Listeners first: the request is journalled before anything that it causes.
    for (const listener of this.#listeners) listener(by, level);
    this.#stop.abort();
    if (level >= 2) this.#interrupt.abort();
    if (level >= 3) this.#kill.abort();
  }

  /** Calls back at every rise from now on; returns how to stop that. */
  onRequest(listener: (by: CancelledBy, level: 1 | 2 | 3) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/**
 * Lets an AbortSignal request level 2: a caller that aborts wants to have the run back soon, with its state readable.
 * Also when it was aborted before. Returns how to stop listening.
 */
export function cancelOnAbort(cancellation: Cancellation, signal: AbortSignal): () => void {
  const request = (): void => cancellation.request("caller", 2);
  if (signal.aborted) request();
  else signal.addEventListener("abort", request, { once: true });
  return () => signal.removeEventListener("abort", request);
}
