// What a command may touch of the process it runs in. Given to every command, so that tests run them in a world of their own.
import { isCi } from "../variables.ts";

/** A stream that a command writes to. */
export interface Out {
  write(text: string): void;
  readonly isTerminal: boolean;
  size(): { readonly columns: number; readonly rows: number } | undefined;
  onResize(listener: () => void): () => void;
  /** Calls back before the process is stopped from the terminal (Ctrl+Z), and after it went on; returns how to stop that. */
  onPause?(before: () => void, after: () => void): () => void;
}

export type Interrupt = "SIGINT" | "SIGTERM" | "SIGHUP";

export interface World {
  readonly cwd: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly stdout: Out;
  readonly stderr: Out;
  /** Whether somebody is there to answer. */
  readonly canAsk: boolean;
  /** Asks on the terminal; the answer without its newline, undefined when the input ended. */
  ask(question: string, hidden?: "hidden"): Promise<string | undefined>;
  /** Everything on standard input. */
  readInput(): Promise<string>;
  /** Calls back at every interrupt from now on; returns how to stop that. */
  onInterrupt(listener: (signal: Interrupt) => void): () => void;
  /** Milliseconds since the epoch. */
  now(): number;
  every(ms: number, run: () => void): () => void;
  /** Calls back once, unless the process has ended by then; returns how to stop that. */
  after(ms: number, run: () => void): () => void;
  /** Ends the process at once; only after a third interrupt. */
  exit(code: number): void;
}

/** The world of the process itself. */
export function processWorld(): World {
  return {
    cwd: process.cwd(),
    variables: process.env,
    stdout: outOf(process.stdout),
    stderr: outOf(process.stderr),
    canAsk: Boolean(process.stdin.isTTY && process.stderr.isTTY) && !isCi(process.env),
    async ask(question, hidden) {
      const { askAt } = await import("./terminal.ts");
      return askAt(process.stdin, process.stderr)(question, hidden);
    },
    async readInput() {
      if (process.stdin.isTTY) return "";
      let text = "";
      for await (const chunk of process.stdin.setEncoding("utf8")) text += chunk;
      return text;
    },
    onInterrupt(listener) {
      const signals: readonly Interrupt[] = ["SIGINT", "SIGTERM", "SIGHUP"];
      const listeners = signals.map((signal) => [signal, () => listener(signal)] as const);
      for (const [signal, one] of listeners) process.on(signal, one);
      return () => {
        for (const [signal, one] of listeners) process.off(signal, one);
      };
    },
    now: Date.now,
    every(ms, run) {
      const timer = setInterval(run, ms);
      timer.unref();
      return () => clearInterval(timer);
    },
    after(ms, run) {
      const timer = setTimeout(run, ms);
      timer.unref();
      return () => clearTimeout(timer);
    },
    exit: (code) => process.exit(code),
  };
}

function outOf(stream: NodeJS.WriteStream): Out {
  // A reader that goes away (`tutti list | head -1`) is no error of ours.
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  return {
    write: (text) => void stream.write(text),
    isTerminal: Boolean(stream.isTTY),
    size: () => (stream.isTTY ? { columns: stream.columns || 80, rows: stream.rows || 24 } : undefined),
    onResize(listener) {
      stream.on("resize", listener);
      return () => stream.off("resize", listener);
    },
    onPause(before, after) {
      const stopped = (): void => {
        before();
        // Listening took away what the signal does by itself.
        process.kill(process.pid, "SIGSTOP");
      };
      process.on("SIGTSTP", stopped).on("SIGCONT", after);
      return () => void process.off("SIGTSTP", stopped).off("SIGCONT", after);
    },
  };
}
