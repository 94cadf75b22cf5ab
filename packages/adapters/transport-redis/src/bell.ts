import { abortable } from "@parley/core/internal";
import { type LinkOptions, openLink } from "./link.ts";
import { streamOf } from "./topics.ts";

/** Waits for new entries, on a connection of its own: a blocking read holds up all that comes behind it. */
export interface Bell {
  /** Resolves when a topic has an entry after its id, at the latest after `waitMs`; rejects when the connection is lost. */
  wait(after: ReadonlyMap<string, string>, waitMs: number, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** A plain read: it only tells that there is something, and takes nothing. */
export function createBell(options: LinkOptions): Bell {
  const link = openLink(options);
  return {
    async wait(after, waitMs, signal) {
      const session = await link.session(signal);
      const streams = [...after.keys()].map(streamOf);
      const read = session.send(
        "XREAD",
        "COUNT",
        "1",
        "BLOCK",
        String(waitMs),
        "STREAMS",
        ...streams,
        ...after.values(),
      );
      await abortable(read, signal);
    },
    close: () => link.close(),
  };
}
