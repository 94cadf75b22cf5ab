/** What is left when the signal of a close has aborted: to say good-bye, not to wait for an answer. */
const FORCED_CLOSE_MS = 1_000;

/**
 * For adapters: waits for a close, and no longer than a moment after its signal has aborted. What is under way then goes on by
 * itself, and its failure is ignored.
 */
export async function withinLimit(closing: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return closing;
  closing.catch(() => {});
  const over = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    timer = setTimeout(over.resolve, FORCED_CLOSE_MS);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([closing, over.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}
