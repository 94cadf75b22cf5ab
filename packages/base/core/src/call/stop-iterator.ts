/**
 * Tells an iterator that no more of it is wanted. Not to be waited for: one that is busy with a step ends after it, and what it throws
 * on its way out concerns nobody. Never rejects; one that was written by hand may lack a `return`, answer at once or throw.
 */
export async function stopIterator(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {}
}
