// How long a stack may take, and which of its failures are tried again: the keys `timeout` and `retry` of a contract or an
// environment, checked and resolved. Pure; stepPolicy.ts acts on it.
import type { Failure } from "./events.ts";
import { suggest } from "./suggest.ts";

/** `90s`, `10m`, `1.5h`, `500ms`. */
export type Duration = `${number}${"ms" | "s" | "m" | "h"}`;

/**
 * Kinds of failure that a second attempt may get past.
 * - `rate-limit`: the cloud asked for fewer calls (429, quota per minute)
 * - `unavailable`: the cloud did not answer as it should (5xx)
 * - `network`: the answer never came (connection reset, name not found, TLS time-out)
 * - `crash`: a provider or the program was ended by a signal
 */
export const failureKinds = ["rate-limit", "unavailable", "network", "crash"] as const;
export type FailureKind = (typeof failureKinds)[number];

/** Tries a stack again when it failed in a way that may pass. The stack runs anew; what was done is in its state. */
export interface Retry {
  /** Attempts in all, the first one included: 2 to 10. */
  readonly attempts: number;
  /** Default: `rate-limit`, `unavailable` and `network`; a crash is seldom a matter of patience. */
  readonly on?: readonly FailureKind[];
  /**
   * Wait before the second attempt, doubled for each one after it; a random part of up to half is taken off, so that stacks
   * that failed together do not come back together. Default by kind: rate-limit 10s, unavailable 2s, network and crash 1s.
   */
  readonly delay?: Duration;
  /** The longest wait. Default: 2m. */
  readonly maxDelay?: Duration;
}

/** What a contract or an environment says of patience. A contract's word goes before its environment's. */
export interface Patience {
  /** How long an operation on the stack may take, all attempts together. Default: as long as it takes. */
  readonly timeout?: Duration | undefined;
  readonly retry?: Retry | undefined;
}

/** What holds for one stack. */
export interface StepPolicy {
  readonly timeoutMs: number | undefined;
  readonly attempts: number;
  readonly on: ReadonlySet<FailureKind>;
  /** Undefined: by the kind of failure. */
  readonly delayMs: number | undefined;
  readonly maxDelayMs: number;
}

export const retryKeys = ["attempts", "on", "delay", "maxDelay"] as const;

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
/** Timers of JavaScript hold no more. */
const longestMs = 2 ** 31 - 1;

/** Milliseconds; undefined for what is no duration, is none at all, or is longer than 24 days. */
export function durationMs(text: unknown): number | undefined {
  const parts = typeof text === "string" ? /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) : null;
  if (parts === null) return undefined;
  const ms = Number(parts[1]) * unitMs[parts[2] as keyof typeof unitMs];
  return ms >= 1 && ms <= longestMs ? ms : undefined;
}

/** What holds for a stack, from its contract and its environment. Wrong values were reported before (patienceMistakes). */
export function stepPolicy(contract: Patience, environment: Patience): StepPolicy {
  const retry = contract.retry ?? environment.retry;
  return {
    timeoutMs: durationMs(contract.timeout ?? environment.timeout),
    attempts: retry?.attempts ?? 1,
    on: new Set(retry?.on ?? ["rate-limit", "unavailable", "network"]),
    delayMs: durationMs(retry?.delay),
    maxDelayMs: durationMs(retry?.maxDelay) ?? 120_000,
  };
}

/** What is wrong with `timeout` and `retry`, in sentences. */
export function patienceMistakes({
  timeout,
  retry,
}: {
  readonly timeout?: unknown;
  readonly retry?: unknown;
}): string[] {
  const mistakes: string[] = [];
  const check = (name: string, value: unknown): void => {
    if (value !== undefined && durationMs(value) === undefined)
      mistakes.push(`"${name}" is no duration, got ${text(value)}; write 90s, 10m or 2h`);
  };
  check("timeout", timeout);
  if (retry === undefined) return mistakes;
  if (typeof retry !== "object" || retry === null || Array.isArray(retry))
    return [...mistakes, `"retry" must be an object, got ${text(retry)}; write retry: { attempts: 3 }`];
  const { attempts, on, delay, maxDelay } = retry as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(retry)) {
    if ((retryKeys as readonly string[]).includes(key)) continue;
    const meant = suggest(key, retryKeys);
    mistakes.push(
      `"retry" has an unknown key "${key}"; ${meant === undefined ? `known: ${retryKeys.join(", ")}` : `did you mean "${meant}"?`}`,
    );
  }
  if (!(Number.isInteger(attempts) && (attempts as number) >= 2 && (attempts as number) <= 10))
    mistakes.push(
      `"retry.attempts" must be a whole number from 2 to 10, the first attempt included, got ${text(attempts)}`,
    );
  check("retry.delay", delay);
  check("retry.maxDelay", maxDelay);
  if (on !== undefined && (!Array.isArray(on) || on.length === 0))
    mistakes.push(
      `"retry.on" must be a list of kinds of failure, got ${text(on)}; there are: ${failureKinds.join(", ")}`,
    );
  for (const kind of Array.isArray(on) ? on : [])
    if (!(failureKinds as readonly unknown[]).includes(kind))
      mistakes.push(`"retry.on" has ${text(kind)}, which is no kind of failure; there are: ${failureKinds.join(", ")}`);
  return mistakes;
}

const text = (value: unknown): string => JSON.stringify(value) ?? String(value);

/** Wait before attempt `next` (2 or more). `random` is like Math.random. */
export function backoffMs(policy: StepPolicy, kind: FailureKind, next: number, random: () => number): number {
  const first = policy.delayMs ?? firstDelayMs[kind];
  const whole = Math.min(first * 2 ** (next - 2), policy.maxDelayMs);
  return Math.round(whole * (1 - random() / 2));
}

const firstDelayMs: Readonly<Record<FailureKind, number>> = {
  "rate-limit": 10_000,
  unavailable: 2_000,
  network: 1_000,
  crash: 1_000,
};

// Providers pass on what clouds say; the words are those of googleapi errors ("googleapi: Error 503: ..."), of gRPC status
// codes, of Kubernetes' API server and of Go's and Node's networking. A limit on how many there may be of something
// ("Quota 'NETWORKS' exceeded") does not pass by waiting, so a bare "quota exceeded" is not in the first row.
const signs: readonly (readonly [FailureKind, RegExp])[] = [
  [
    "rate-limit",
    /\b(?:Error|status|code|HTTP)[ :=]*429\b|rate.?limit|too many requests|quota exceeded for quota metric|RESOURCE_EXHAUSTED|throttl/i,
  ],
  [
    "network",
    /ECONNRESET|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|EPIPE|connection (?:reset|refused|timed out)|no such host|i\/o timeout|TLS handshake timeout|unexpected EOF|socket hang up|context deadline exceeded|DEADLINE_EXCEEDED/i,
  ],
  [
    "unavailable",
    /\b(?:Error|status|code|HTTP)[ :=]*50[0234]\b|backend error|service (?:is )?(?:currently )?unavailable|\bUNAVAILABLE\b|bad gateway|gateway time-?out|internal server error|try again later|transport is closing/i,
  ],
  ["crash", /\bended by SIG[A-Z]+|signal: (?:killed|segmentation fault|aborted)|plugin .*(?:crashed|exited)/i],
];

/** The kind of a failure by what it says; undefined for one that another attempt would only repeat. */
export function failureKind({ message }: Pick<Failure, "message">): FailureKind | undefined {
  return signs.find(([, sign]) => sign.test(message))?.[0];
}
