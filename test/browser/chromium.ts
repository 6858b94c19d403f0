// A headless Chromium driven over two pipes (the DevTools protocol, one JSON document after the other, each ended by a zero
// byte). It reaches no network: names do not resolve, and every request it makes is recorded.
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Readable, Writable } from "node:stream";

/** The browser's file, of Debian's package or of others; undefined where there is none. */
export function findChromium(): string | undefined {
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const folders = (process.env["PATH"] ?? "").split(":");
  return folders
    .flatMap((folder) => names.map((name) => path.join(folder, name)))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** One page of a browser. */
export interface Page {
  /** Calls a method of the protocol. */
  send(method: string, params?: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** Opens an address and resolves when it has loaded. */
  open(url: string): Promise<void>;
  /** The value of an expression in the page. */
  evaluate<T>(expression: string): Promise<T>;
  /** A picture of what is seen, as PNG. */
  screenshot(): Promise<Buffer>;
  /** Addresses that the page asked for. */
  readonly requests: readonly string[];
  /** What the page complained about: exceptions, console errors, refusals of its policy. */
  readonly complaints: readonly string[];
}

/** Starts a browser with one page of a size. `close` ends it and removes what it wrote. */
export async function startChromium(
  file: string,
  size: { readonly width: number; readonly height: number },
): Promise<Page & { close(): Promise<void> }> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "tutti-chromium-"));
  const flags = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    `--user-data-dir=${folder}`,
    `--window-size=${size.width},${size.height}`,
    "--remote-debugging-pipe",
    "about:blank",
  ];
  const child: ChildProcess = spawn(file, flags, {
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], HOME: folder, LANG: "C.UTF-8" },
  });
  const input = child.stdio[3] as Writable;
  const output = child.stdio[4] as unknown as Readable;
  const calls = new Map<number, { resolve(result: Record<string, unknown>): void; reject(error: Error): void }>();
  const listeners = new Map<string, Set<(params: Record<string, unknown>) => void>>();
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  void gone.then(() => {
    for (const { reject } of calls.values()) reject(new Error("the browser has ended"));
  });
  let rest = "";
  output.setEncoding("utf8").on("data", (text: string) => {
    const parts = (rest + text).split("\0");
    rest = parts.pop()!;
    for (const part of parts) {
      const { id, method, params, result, error } = JSON.parse(part) as Message;
      if (id !== undefined) {
        const call = calls.get(id);
        calls.delete(id);
        if (error) call?.reject(new Error(error.message));
        else call?.resolve(result ?? {});
      } else for (const listener of listeners.get(method!) ?? []) listener(params ?? {});
    }
  });
  let last = 0;
  const call = (method: string, params: Record<string, unknown>, sessionId?: string) =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      const id = ++last;
      calls.set(id, { resolve, reject });
      input.write(`${JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) })}\0`);
    });
  const on = (method: string, listener: (params: Record<string, unknown>) => void): void => {
    listeners.set(method, (listeners.get(method) ?? new Set()).add(listener));
  };

  const { targetInfos } = (await call("Target.getTargets", {})) as {
    targetInfos: { type: string; targetId: string }[];
  };
  const { targetId } = targetInfos.find(({ type }) => type === "page")!;
  const { sessionId } = (await call("Target.attachToTarget", { targetId, flatten: true })) as { sessionId: string };
  const send = (method: string, params: Record<string, unknown> = {}) => call(method, params, sessionId);
  const requests: string[] = [];
  const complaints: string[] = [];
  on("Network.requestWillBeSent", ({ request }) => requests.push((request as { url: string }).url));
  on("Runtime.exceptionThrown", ({ exceptionDetails }) => complaints.push(JSON.stringify(exceptionDetails)));
  on("Log.entryAdded", ({ entry }) => complaints.push((entry as { text: string }).text));
  for (const domain of ["Page", "Runtime", "Network", "Log"]) await send(`${domain}.enable`);
  // As if somebody looked at the page: without, nothing gets the focus.
  await send("Emulation.setFocusEmulationEnabled", { enabled: true });
  return {
    send,
    requests,
    complaints,
    async open(url) {
      const loaded = new Promise<void>((resolve) => on("Page.loadEventFired", () => resolve()));
      await send("Page.navigate", { url });
      await loaded;
    },
    async evaluate<T>(expression: string) {
      const { result, exceptionDetails } = await send("Runtime.evaluate", {
        expression,
        returnByValue: true,
        awaitPromise: true,
      });
      if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
      return (result as { value: T }).value;
    },
    async screenshot() {
      const { data } = await send("Page.captureScreenshot", { format: "png" });
      return Buffer.from(data as string, "base64");
    },
    async close() {
      input.end();
      child.kill();
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
