// `--attach-debugger`: the program waits in its first line, as `node --inspect-brk` does, until a debugger goes on with it.
import { createServer } from "node:net";

/** What a debugger is told to attach to a program, in the words of an editor's launch configuration. */
export interface DebugConfig {
  readonly name: string;
  readonly type: "node";
  readonly request: "attach";
  readonly processId: number;
  readonly continueOnAttach: true;
  readonly skipFiles: readonly string[];
  /** Absent: 9229, where every debugger looks. */
  readonly port?: number;
}

export const usualPort = 9229;

/** The arguments of Node that make a program wait, its address kept out of what the program prints. */
export function waitingArguments(port: number): readonly string[] {
  return [`--inspect-brk=127.0.0.1:${port}`, "--inspect-publish-uid=http"];
}

export function debugConfig(processId: number, port: number): DebugConfig {
  return {
    ...{ continueOnAttach: true, name: "Pulumi: Program (nodejs)", processId, request: "attach" },
    ...{ skipFiles: ["<node_internals>/**"], type: "node" },
    ...(port !== usualPort && { port }),
  };
}

/** The usual port, or any other while that is taken. */
export async function freePort(): Promise<number> {
  return (await bound(usualPort)) ?? (await bound(0))!;
}

function bound(port: number): Promise<number | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : undefined));
    });
  });
}
