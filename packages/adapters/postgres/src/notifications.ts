import type { Logger } from "@parley/core";

/** Who is told of the notifications on a channel. */
export interface Notifications {
  /** @returns a function that ends it, and says whether it was the last one on its channel. */
  add(channel: string, onNotify: (payload: string | undefined) => void): () => "last" | "others listen";
  channels(): readonly string[];
  /** Tells everybody on a channel. A callback that throws is logged and keeps nobody else from being told. */
  tell(channel: string, payload: string | undefined): void;
}

export function createNotifications(logger: Logger): Notifications {
  const byChannel = new Map<string, Set<{ readonly onNotify: (payload: string | undefined) => void }>>();
  return {
    add(channel, onNotify) {
      const entry = { onNotify };
      const entries = byChannel.get(channel) ?? new Set();
      byChannel.set(channel, entries.add(entry));
      return () => {
        entries.delete(entry);
        if (entries.size > 0) return "others listen";
        if (byChannel.get(channel) === entries) byChannel.delete(channel);
        return "last";
      };
    },
    channels: () => [...byChannel.keys()],
    tell(channel, payload) {
      for (const { onNotify } of byChannel.get(channel) ?? []) {
        try {
          onNotify(payload);
        } catch (error) {
          logger.error({ err: error, channel }, "a listener of database notifications failed");
        }
      }
    },
  };
}
