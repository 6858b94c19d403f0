// Holds the run leases of the environments that a run changes: all of them or none, waited for where that was asked, kept
// alive by beats, and given back when the run is over. Environments are taken in the order of their names, so that two runs
// never wait for each other.
import { setTimeout as delay } from "node:timers/promises";
import { TuttiError } from "../errors.ts";
import {
  beatEveryMs,
  type Lease,
  LeaseLost,
  type LeaseOptions,
  type LeaseStore,
  leaseHolder,
  takeLease,
} from "./lease.ts";

export interface HoldOptions extends LeaseOptions {
  /** How long to wait for others, milliseconds; 0: not at all. */
  readonly lockTimeoutMs: number;
  /** Aborted: waits no longer. */
  readonly signal?: AbortSignal;
  /** Says whom it waits for, and whose lease was taken over. */
  readonly tell?: (text: string) => void;
  /** Somebody else has taken an environment over, because this driver was silent for too long. */
  readonly onLost?: (error: LeaseLost) => void;
}

export interface Held {
  /** @throws LeaseLost when the environment is not held any more. */
  check(environment: string): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes the leases.
 *
 * @throws TuttiError `locked`, with nothing held, when somebody else holds one of them and the time is over; `cancelled`
 * when the signal was aborted while it waited.
 */
export async function holdEnvironments(stores: ReadonlyMap<string, LeaseStore>, options: HoldOptions): Promise<Held> {
  const held = new Map<string, Lease>();
  const release = async (): Promise<void> => {
    await Promise.all([...held.values()].map((lease) => lease.release()));
  };
  try {
    for (const name of [...stores.keys()].sort()) held.set(name, await waitFor(name, stores.get(name)!, options));
  } catch (error) {
    await release();
    throw error;
  }
  const timer = setInterval(() => {
    for (const lease of held.values())
      lease.beat().catch((error: unknown) => {
        // A beat that cannot be written is not yet a lease that is lost: the next one may get through.
        if (error instanceof LeaseLost) options.onLost?.(error);
      });
  }, beatEveryMs);
  timer.unref();
  return {
    check: async (name) => held.get(name)?.check(),
    async release() {
      clearInterval(timer);
      await release();
    },
  };
}

async function waitFor(name: string, store: LeaseStore, options: HoldOptions): Promise<Lease> {
  const { lockTimeoutMs, signal, tell } = options;
  const until = performance.now() + lockTimeoutMs;
  for (let told: string | undefined; ; ) {
    const answer = await takeLease(store, options);
    if (answer.type === "taken") {
      if (answer.from) tell?.(`environment ${name}: the driver of ${leaseHolder(answer.from)} is dead; going on`);
      return answer.lease;
    }
    const holder = leaseHolder(answer.by);
    const left = until - performance.now();
    if (left <= 0) {
      const waited = lockTimeoutMs > 0 ? ` (waited ${Math.round(lockTimeoutMs / 1000)} s)` : "";
      throw new TuttiError("locked", `environment ${name} is in use${waited}: ${holder}`, {
        hint: `wait for it: --lock-timeout 10m. If its driver is dead on another machine: tutti unlock -e ${name}`,
      });
    }
    if (told !== holder) tell?.(`waiting for environment ${name}, in use by ${holder}`);
    told = holder;
    // Jitter: of many that wait, not all look at the same moment.
    await delay(Math.min(left, 200 + Math.random() * 400), undefined, signal === undefined ? {} : { signal }).catch(
      () => {
        throw new TuttiError("cancelled", `stopped waiting for environment ${name}, in use by ${holder}`);
      },
    );
  }
}
