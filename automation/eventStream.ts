// Hands events from whoever tells them (synchronously, never waiting) to one reader who takes them at its own pace.

/** One writer, one reader; what was pushed before the reader came is kept for it. */
export class EventStream<E> implements AsyncIterable<E> {
  #buffer: E[] = [];
  #next = 0;
  #ended = false;
  #error: unknown;
  #wake: (() => void) | undefined;
  #dropping = false;
  readonly #onReturn: () => Promise<void>;

  /** `onReturn` is called, and awaited, when the reader leaves before the end. */
  constructor(onReturn: () => Promise<void>) {
    this.#onReturn = onReturn;
  }

  push(event: E): void {
    if (this.#dropping || this.#ended) return;
    this.#buffer.push(event);
    this.#wake?.();
  }

  /** No more events; with an error, the reader gets it after the last event. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#wake?.();
  }

  /** Nobody will read: nothing more is kept. */
  drop(): void {
    this.#dropping = true;
    this.#buffer = [];
    this.#next = 0;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<E, void, undefined> {
    let done = false;
    try {
      for (;;) {
        while (this.#next < this.#buffer.length) {
          const event = this.#buffer[this.#next]!;
          this.#next++;
          if (this.#next === this.#buffer.length) {
            this.#buffer = [];
            this.#next = 0;
          }
          yield event;
        }
        if (this.#ended) break;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
      done = true;
      if (this.#error !== undefined) throw this.#error;
    } finally {
      if (!done) {
        this.drop();
        await this.#onReturn();
      }
    }
  }
}
