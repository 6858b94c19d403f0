// Whether ports are closed to strangers. A port that does not answer is as closed as one that refuses.
import net from "node:net";
import { bad, type Endpoint, type Finding, good } from "./endpoint.ts";

/** How long a port may take to answer, milliseconds: firewalls drop what they do not let through. */
const answerMs = 3000;

export async function checkPorts({ host, signal }: Endpoint, closed: readonly number[]): Promise<readonly Finding[]> {
  if (closed.length === 0) return [];
  const open = await Promise.all(closed.map((port) => isOpen(host, port, signal)));
  const found = closed.filter((_, at) => open[at]);
  return found.length > 0
    ? found.map((port) => bad(`port ${port} is open`))
    : [good(`ports ${closed.join(", ")} are closed`)];
}

function isOpen(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, signal, timeout: answerMs });
    const end = (open: boolean) => (): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once("connect", end(true)).once("timeout", end(false)).once("error", end(false));
  });
}
