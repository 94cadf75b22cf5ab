import { type Clock, type Logger, sleep } from "@parley/core";
import { firstWord } from "./errors.ts";
import type { Link } from "./link.ts";
import type { Reader } from "./reader.ts";

/** Sends acknowledgements, many at once; what a lost connection swallowed is sent again. */
export interface Acknowledger {
  /** Something of this reader is done. */
  wake(reader: Reader): void;
  /** Resolves when all that is done is acknowledged, or the signal aborts. */
  flush(reader: Reader): Promise<void>;
}

const BATCH = 500;
const RETRY_MS = 50;

export function createAcknowledger(options: {
  readonly link: Link;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Ends all sending. */
  readonly signal: AbortSignal;
}): Acknowledger {
  const { link, logger, clock, signal } = options;
  const busy = new Map<Reader, Promise<void>>();

  async function send(reader: Reader): Promise<void> {
    // What is done in the same turn goes in one command.
    await new Promise<void>((resolve) => setImmediate(resolve));
    for (;;) {
      const claims = reader.holdings.unacknowledged(BATCH);
      if (claims.length === 0 || signal.aborted) return;
      try {
        const session = await link.session(signal);
        await reader.acknowledge(session, claims);
      } catch (error) {
        if (signal.aborted) return;
        // The group is gone, and with it what it held; it is made anew by the one who reads.
        if (firstWord(error) === "NOGROUP") reader.holdings.settle(claims);
        else logger.debug({ err: error, topic: reader.topic }, "acknowledgements are sent again");
        await sleep(RETRY_MS, { signal, clock }).catch(() => {});
      }
    }
  }

  const flush = (reader: Reader): Promise<void> => {
    let work = busy.get(reader);
    if (!work) {
      work = send(reader).finally(() => busy.delete(reader));
      busy.set(reader, work);
    }
    return work;
  };
  return { wake: (reader) => void flush(reader), flush };
}
