import { AsyncLocalStorage } from "node:async_hooks";

/** Knows which event is being handled, so that what its handler publishes can name its cause. One for each bus. */
export interface Causation {
  /** The id of the event that is being handled here, if one is. */
  current(): string | undefined;
  run<T>(eventId: string, work: () => T): T;
}

export function createCausation(): Causation {
  const storage = new AsyncLocalStorage<string>();
  return { current: () => storage.getStore(), run: (eventId, work) => storage.run(eventId, work) };
}
