import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Runs what serves many callers, a loop or a shared batch, outside of whichever call happens to start it: that call's
 * deadline and signal are not those of the others.
 */
export const detachContext: <T>(work: () => T) => T = AsyncLocalStorage.snapshot();
