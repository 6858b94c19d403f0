// Splits streamed chunks into lines.

/** Calls `onLine` for each complete line, without its end; `end` passes on what is left. CRLF and LF end a line. */
export interface LineSplitter {
  add(chunk: string): void;
  end(): void;
}

export function splitLines(onLine: (line: string) => void): LineSplitter {
  let rest = "";
  return {
    add(chunk) {
      rest += chunk;
      let from = 0;
      for (let at = rest.indexOf("\n", from); at !== -1; at = rest.indexOf("\n", from)) {
        onLine(rest.slice(from, rest[at - 1] === "\r" && at > from ? at - 1 : at));
        from = at + 1;
      }
      rest = rest.slice(from);
    },
    end() {
      if (rest !== "") onLine(rest);
      rest = "";
    },
  };
}
