import { ParleyError } from "@parley/core";
import type { CloseOptions, EventTransport, TransportCapabilities } from "@parley/events";

/** A transport that is there before its connection: what a part hears is known only once its `setup` has run. */
export interface DeferredTransport {
  readonly transport: EventTransport;
  /** Connects, the first time; a failure is forgotten, so that it can be tried again. */
  connect(): Promise<void>;
}

/** Before it is known what the broker can. Nothing has been asked of it either. */
const UNKNOWN: TransportCapabilities = {
  ordering: "none",
  durable: false,
  retention: false,
  replay: false,
  priorities: 1,
  requestReply: false,
  maxDataBytes: Number.POSITIVE_INFINITY,
};

export function deferTransport(open: () => Promise<EventTransport>): DeferredTransport {
  let connecting: Promise<void> | undefined;
  let connected: EventTransport | undefined;
  let closed = false;

  const connectOnce = async (): Promise<void> => {
    const opened = await open();
    if (closed) return opened.close();
    connected = opened;
  };
  const need = (): EventTransport => {
    if (connected) return connected;
    throw new ParleyError("UNAVAILABLE", "the transport of events is not connected");
  };
  return {
    connect() {
      connecting ??= connectOnce().catch((error: unknown) => {
        connecting = undefined;
        throw error;
      });
      return connecting;
    },
    transport: {
      get name() {
        return connected?.name ?? "unconnected";
      },
      get capabilities() {
        return connected?.capabilities ?? UNKNOWN;
      },
      get requests() {
        return connected?.requests;
      },
      publish: async (...args) => need().publish(...args),
      subscribe: async (...args) => need().subscribe(...args),
      async close(options?: CloseOptions) {
        closed = true;
        await connecting?.catch(() => {});
        await connected?.close(options);
      },
    },
  };
}
