import { ParleyError } from "@parley/core";
import { assertDataSize, assertSubscription } from "./check-subscription.ts";
import type { CloseOptions, Consumer, EventTransport } from "./event-transport.ts";
import { withinLimit } from "./within-limit.ts";

/** What an adapter does itself. */
export interface TransportParts extends Omit<EventTransport, "close"> {
  /** Ends the connections; called once, when all consumers are closed. */
  disconnect(): Promise<void>;
}

/**
 * For adapters: a transport with the part of its life that is the same for all. Checks what is asked for against the
 * capabilities, refuses after close, closes consumers before the connections, all once, and ends soon after the signal of a close
 * has aborted, whatever is silent.
 */
export function createTransport(parts: TransportParts): EventTransport {
  const { name, capabilities, requests } = parts;
  const consumers = new Set<Consumer>();
  let closed: Promise<void> | undefined;
  const assertOpen = (): void => {
    if (closed) throw new ParleyError("UNAVAILABLE", `the transport ${name} is closed`, { progress: "refused" });
  };
  async function close(options: CloseOptions): Promise<void> {
    await Promise.all([...consumers].map((consumer) => consumer.close(options)));
    await parts.disconnect();
  }
  return {
    name,
    capabilities,
    requests,
    async publish(topic, envelopes, options) {
      assertOpen();
      assertDataSize(parts, topic, envelopes);
      if (envelopes.length > 0) await parts.publish(topic, envelopes, options);
    },
    async subscribe(subscription, handler) {
      assertOpen();
      assertSubscription(parts, subscription);
      const consumer = await parts.subscribe(subscription, handler);
      const tracked: Consumer = {
        lag: (options) => consumer.lag(options),
        close: (options) =>
          withinLimit(consumer.close(options), options?.signal).finally(() => consumers.delete(tracked)),
      };
      consumers.add(tracked);
      if (closed) await tracked.close();
      assertOpen();
      return tracked;
    },
    close(options = {}) {
      closed ??= withinLimit(close(options), options.signal);
      return closed;
    },
  };
}
