// Asks at a terminal: one line, or nothing when the input ends or is interrupted. What is hidden is not echoed.
import { createInterface } from "node:readline";
import { Writable } from "node:stream";

export function askAt(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): (question: string, hidden?: "hidden") => Promise<string | undefined> {
  return (question, hidden) =>
    new Promise((resolve) => {
      // The interface echoes to what it is given.
      const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
      if (hidden) output.write(question);
      const reader = createInterface({ input, output: hidden ? silent : output, terminal: true });
      reader.once("SIGINT", () => reader.close());
      let answer: string | undefined;
      reader.once("close", () => {
        if (hidden || answer === undefined) output.write("\n");
        resolve(answer);
      });
      reader.question(hidden ? "" : question, (text) => {
        answer = text;
        reader.close();
      });
    });
}
