import { AsyncLocalStorage } from "node:async_hooks";

/** Runs a loop outside of whichever call happens to start it: that call's deadline and signal are not the loop's. */
export const detachContext: <T>(work: () => T) => T = AsyncLocalStorage.snapshot();
