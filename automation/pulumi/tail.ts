// Keeps the end of a text that may be endless, in bounded memory.

/** The last `limit` characters (UTF-16 units) of what was added; older text is dropped. */
export interface Tail {
  add(text: string): void;
  /** What is kept; begins with a line that says so when something was dropped. */
  text(): string;
}

export function createTail(limit: number): Tail {
  let chunks: string[] = [];
  let length = 0;
  let dropped = 0;
  const compact = (): void => {
    const all = chunks.join("");
    dropped += Math.max(0, all.length - limit);
    chunks = [all.slice(-limit)];
    length = chunks[0]!.length;
  };
  return {
    add(text) {
      chunks.push(text);
      length += text.length;
      // Twice the limit before cutting: each character is then copied once on average.
      if (length > 2 * limit) compact();
    },
    text() {
      compact();
      return dropped > 0 ? `[${dropped} characters dropped]\n${chunks[0]}` : chunks[0]!;
    },
  };
}
