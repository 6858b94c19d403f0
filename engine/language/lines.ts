// Turns a stream of bytes into lines of text as they come. A line ends at a newline (a carriage return before it goes)
// or after 64 KiB, so that a program that prints without end cannot fill the memory.
import { StringDecoder } from "node:string_decoder";

const MAX_LINE = 64 * 1024;

export interface LineReader {
  push(chunk: Buffer): void;
  /** Hands over an unfinished last line. */
  end(): void;
}

/** Calls `line` once for each line, without its end. Bytes that are not UTF-8 become U+FFFD. */
export function lineReader(line: (text: string) => void): LineReader {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  const take = (text: string): void => {
    // What is left of earlier chunks holds no newline: look at the new text only, or many small chunks cost their square.
    let start = 0;
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", start)) {
      const whole = rest + text.slice(start, at);
      rest = "";
      start = at + 1;
      emit(whole.endsWith("\r") ? whole.slice(0, -1) : whole);
    }
    rest += text.slice(start);
    if (rest.length > MAX_LINE) {
      const full = rest.length - (rest.length % MAX_LINE);
      emit(rest.slice(0, full));
      rest = rest.slice(full);
    }
  };
  const emit = (text: string): void => {
    for (let at = 0; at === 0 || at < text.length; at += MAX_LINE) line(text.slice(at, at + MAX_LINE));
  };
  return {
    push: (chunk) => take(decoder.write(chunk)),
    end() {
      take(decoder.end());
      if (rest !== "") emit(rest);
      rest = "";
    },
  };
}
