// One request and what is wrong with its answer.

export interface Expected {
  readonly status: number;
  readonly contains: string;
  readonly budgetMs: number;
}

/**
 * Asks once; `wrong` is a sentence to put behind the address, undefined when all is as expected. Redirects are not followed: a
 * page that is somewhere else is another answer.
 *
 * @throws what the signal was aborted with.
 */
export async function ask(
  url: URL,
  { status, contains, budgetMs }: Expected,
  signal: AbortSignal,
  now: () => number = () => performance.now(),
): Promise<{ readonly wrong: string | undefined; readonly tookMs: number }> {
  signal.throwIfAborted();
  const begun = now();
  const took = (): number => Math.round(now() - begun);
  // Whoever answers late is told apart from whoever does not answer: the whole answer is read, within three times the budget.
  const limit = AbortSignal.any([signal, AbortSignal.timeout(budgetMs * 3)]);
  try {
    const response = await fetch(url, { redirect: "manual", signal: limit, headers: { "user-agent": "tutti-smoke" } });
    const body = await response.text();
    const tookMs = took();
    const wrong =
      response.status !== status
        ? `answered with status ${response.status} instead of ${status}`
        : !body.includes(contains)
          ? `answered without "${contains}"`
          : tookMs > budgetMs
            ? `answered in ${tookMs} ms; the budget is ${budgetMs} ms`
            : undefined;
    return { wrong, tookMs };
  } catch (error) {
    signal.throwIfAborted();
    const tookMs = took();
    if (limit.aborted) return { wrong: `did not answer within ${budgetMs * 3} ms`, tookMs };
    const { cause, message } = error as Error & {
      readonly cause?: { readonly code?: string; readonly message?: string };
    };
    return { wrong: `cannot be reached: ${cause?.code ?? cause?.message ?? message}`, tookMs };
  }
}
