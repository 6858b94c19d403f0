// Hands events from whoever tells them (synchronously, never waiting) to one reader who takes them at its own pace. Written
// out rather than as a generator, which would cost several times the event itself for each.

/** One writer, one reader; what was pushed before the reader came is kept for it, what it took is let go. */
export class EventStream<E> implements AsyncIterable<E> {
  #buffer: (E | undefined)[] = [];
  #next = 0;
  #ended = false;
  #error: unknown;
  #wake: (() => void) | undefined;
  #dropping = false;
  /** The reader has got the end, or went before it. */
  #over = false;
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

  [Symbol.asyncIterator](): AsyncIterator<E, void, undefined> {
    return { next: () => this.#take(), return: () => this.#leave() };
  }

  async #take(): Promise<IteratorResult<E, void>> {
    while (this.#next === this.#buffer.length && !this.#ended && !this.#over)
      await new Promise<void>((resolve) => {
        const others = this.#wake;
        this.#wake = () => {
          others?.();
          resolve();
        };
      });
    this.#wake = undefined;
    if (this.#next < this.#buffer.length) return { done: false, value: this.#shift() };
    if (!this.#over) {
      this.#over = true;
      if (this.#error !== undefined) throw this.#error;
    }
    return { done: true, value: undefined };
  }

  #shift(): E {
    const event = this.#buffer[this.#next] as E;
    this.#buffer[this.#next++] = undefined;
    // The places go when the reader has caught up, or half of them at a time: no event is moved more than once on average.
    if (this.#next === this.#buffer.length || (this.#next >= 1024 && this.#next * 2 >= this.#buffer.length)) {
      this.#buffer = this.#buffer.slice(this.#next);
      this.#next = 0;
    }
    return event;
  }

  async #leave(): Promise<IteratorResult<E, void>> {
    if (!this.#over) {
      this.#over = true;
      this.drop();
      this.#wake?.();
      await this.#onReturn();
    }
    return { done: true, value: undefined };
  }
}
