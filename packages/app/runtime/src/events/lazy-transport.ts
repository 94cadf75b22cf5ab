import { ParleyError } from "@parley/core";
import type { CloseOptions, EventTransport } from "@parley/transport";

/** A transport that connects on demand, so that a part starts, and can be stopped, while its broker is away. */
export interface DeferredTransport {
  readonly transport: EventTransport;
  /** Connects, the first time; a failure is forgotten, so that it can be tried again. To publish or subscribe does so too. */
  connect(): Promise<void>;
}

/**
 * @param assumed What it will be, until it is there.
 */
export function lazyTransport(
  assumed: Pick<EventTransport, "name" | "capabilities">,
  open: () => Promise<EventTransport>,
): DeferredTransport {
  let connecting: Promise<void> | undefined;
  let connected: EventTransport | undefined;
  let closed = false;

  const connectOnce = async (): Promise<void> => {
    const opened = await open();
    if (closed) return opened.close();
    connected = opened;
  };
  const connect = (): Promise<void> => {
    connecting ??= connectOnce().catch((error: unknown) => {
      connecting = undefined;
      throw error;
    });
    return connecting;
  };
  const need = async (): Promise<EventTransport> => {
    if (!connected) await connect();
    if (connected) return connected;
    throw new ParleyError("UNAVAILABLE", "the transport of events is closed");
  };
  return {
    connect,
    transport: {
      get name() {
        return (connected ?? assumed).name;
      },
      get capabilities() {
        return (connected ?? assumed).capabilities;
      },
      get requests() {
        return connected?.requests;
      },
      publish: async (...args) => (await need()).publish(...args),
      subscribe: async (...args) => (await need()).subscribe(...args),
      async close(options?: CloseOptions) {
        // A connection that comes later closes itself; to wait for one might take as long as the broker is away.
        closed = true;
        await connected?.close(options);
      },
    },
  };
}
