// Requests to services outside: each with a time limit, tried again where that is safe, and with errors that say what the
// service answered and nothing of what was sent.
import { setTimeout as delay } from "node:timers/promises";

/** A service that did not do what it was asked. */
export class ServiceError extends Error {}

export interface HttpOptions {
  /** For one attempt, milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Attempts in all; 3 when absent. */
  readonly attempts?: number;
  /** Wait before the second attempt, milliseconds; doubled for the third. 500 when absent. */
  readonly delayMs?: number;
}

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PATCH";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as it is. */
  readonly body?: string;
  /** Twice is as good as once: also tried again when nobody knows whether it arrived. */
  readonly repeatable: boolean;
}

/** The longest wait that a service may ask for with Retry-After. */
const longestWaitMs = 5_000;
/** More than this of an answer is not read. */
const mostBytes = 10 * 1024 * 1024;

/**
 * Sends a request and gives the answer's text.
 *
 * Tried again: what never arrived (no connection) and what was turned away (429, 503); where it is repeatable, also
 * time-outs, broken connections and other 5xx.
 *
 * @throws ServiceError with the last answer, without anything that was sent.
 */
export async function send(request: HttpRequest, options: HttpOptions): Promise<string> {
  const { attempts = 3, delayMs = 500, signal } = options;
  for (let attempt = 1; ; attempt++) {
    const answer = await tryOnce(request, options);
    if (answer.type === "ok") return answer.text;
    const again = answer.arrived === "no" || request.repeatable;
    if (!answer.mayPass || !again || attempt >= attempts || signal.aborted) {
      const times = attempt === 1 ? "" : ` (${attempt} attempts)`;
      throw new ServiceError(`${request.method} ${placeOf(request.url)}: ${answer.message}${times}`);
    }
    const waitMs = Math.min(
      longestWaitMs,
      answer.retryAfterMs ?? delayMs * 2 ** (attempt - 1) * (0.5 + Math.random() / 2),
    );
    await delay(waitMs, undefined, { signal }).catch(() => undefined);
  }
}

type Answer =
  | { readonly type: "ok"; readonly text: string }
  | {
      readonly type: "error";
      readonly message: string;
      readonly mayPass: boolean;
      /** `no`: the service did nothing. */
      readonly arrived: "no" | "unknown";
      readonly retryAfterMs?: number;
    };

async function tryOnce(
  { method, url, headers, body }: HttpRequest,
  { timeoutMs, signal }: HttpOptions,
): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method,
      headers,
      redirect: "error",
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      ...(body === undefined ? {} : { body }),
    });
    const text = await readText(response);
    if (response.ok) return { type: "ok", text };
    const { status } = response;
    const turnedAway = status === 429 || status === 503;
    const after = Number(response.headers.get("retry-after"));
    return {
      type: "error",
      message: `${status}${saidIn(text)}`,
      mayPass: turnedAway || status >= 500,
      arrived: turnedAway ? "no" : "unknown",
      ...(after > 0 ? { retryAfterMs: after * 1000 } : {}),
    };
  } catch (error) {
    if (signal.aborted) return { type: "error", message: "stopped", mayPass: false, arrived: "unknown" };
    const name = error instanceof Error ? error.name : "";
    const { code, message } = ((error as Error).cause ?? {}) as { readonly code?: string; readonly message?: string };
    const never = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"].includes(code ?? "");
    const what = name === "TimeoutError" ? `no answer in ${timeoutMs} ms` : (code ?? message ?? "no answer");
    return { type: "error", message: what, mayPass: true, arrived: never ? "no" : "unknown" };
  }
}

async function readText(response: Response): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > mostBytes) throw new Error("the answer is too long");
  }
  return text;
}

/** The message in an error's JSON, as GitHub (`message`) and ServiceNow (`error.message`) write it. */
function saidIn(text: string): string {
  try {
    const { message, error } = JSON.parse(text) as { message?: unknown; error?: { message?: unknown } };
    const said = message ?? error?.message;
    return typeof said === "string" ? ` ${said.slice(0, 200)}` : "";
  } catch {
    return "";
  }
}

/** Host and path: what else is in a URL may be a credential. Paths of webhooks are one, too. */
function placeOf(url: string): string {
  try {
    const { host } = new URL(url);
    return host;
  } catch {
    return "a URL that is none";
  }
}
