import { LinkedQueue, type QueueNode } from "@parley/core/internal";
import {
  type AcceptStream,
  type Caller,
  type ClientConnection,
  type ClientConnectionEvents,
  type HeaderList,
  HTTP2_CODES,
  type ResetLimit,
  type ResponseSink,
} from "../http2.ts";
import { MemoryStream } from "./memory-stream.ts";

/** A server that is reached within the process, by the same calls as one over a socket. */
export interface MemoryServer {
  connect(events: ClientConnectionEvents): ClientConnection;
  /** Tells each connection GOAWAY; resolves when the last stream has ended. */
  drain(): Promise<void>;
  /** Ends every connection now. */
  destroy(): void;
}

/** The name that handlers see as the peer of a call within the process. */
const ADDRESS = "in-process";

export function createMemoryServer(accept: AcceptStream): MemoryServer {
  const connections = new Set<MemoryConnection>();
  let draining: PromiseWithResolvers<void> | undefined;
  const settle = (): void => {
    if (connections.size === 0) draining?.resolve();
  };
  return {
    connect(events) {
      const connection = new MemoryConnection(accept, events, () => {
        connections.delete(connection);
        settle();
      });
      connections.add(connection);
      if (draining) connection.goAway();
      return connection;
    },
    drain() {
      draining ??= Promise.withResolvers();
      for (const connection of connections) connection.goAway();
      settle();
      return draining.promise;
    },
    destroy() {
      for (const connection of connections) connection.destroy("the server is stopping");
    },
  };
}

/** Not counted here. */
const NO_LIMIT: ResetLimit = { burst: Number.POSITIVE_INFINITY, perSecond: Number.POSITIVE_INFINITY };

class MemoryConnection implements ClientConnection {
  readonly maxHeaderListBytes = Number.POSITIVE_INFINITY;
  readonly resetLimit = NO_LIMIT;
  readonly #accept: AcceptStream;
  readonly #events: ClientConnectionEvents;
  readonly #onClose: () => void;
  readonly #streams = new LinkedQueue<MemoryStream>();
  readonly #caller: Caller = { address: ADDRESS, running: 0 };
  #state: "open" | "closing" | "closed" = "open";
  #reason = "the connection is closed";

  constructor(accept: AcceptStream, events: ClientConnectionEvents, onClose: () => void) {
    this.#accept = accept;
    this.#events = events;
    this.#onClose = onClose;
  }

  open(common: HeaderList, own: HeaderList, sink: ResponseSink): MemoryStream["client"] {
    let place: QueueNode | undefined;
    const stream = new MemoryStream(sink, () => {
      place?.remove();
      if (this.#state === "closing" && this.#streams.length === 0) this.#end();
    });
    if (this.#state !== "open") {
      stream.server.reset(HTTP2_CODES.REFUSED_STREAM);
      return stream.client;
    }
    place = this.#streams.push(stream);
    queueMicrotask(() => stream.accepted(this.#accept(stream.server, [...common, ...own], this.#caller)));
    return stream.client;
  }

  ping(onAck: () => void): boolean {
    if (this.#state === "closed") return false;
    queueMicrotask(onAck);
    return true;
  }

  goAway(): void {
    if (this.#state !== "open") return;
    this.#events.onGoaway(HTTP2_CODES.NO_ERROR, "");
    this.close();
  }

  close(): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    if (this.#streams.length === 0) this.#end();
  }

  destroy(reason: string): void {
    if (this.#state === "closed") return;
    this.#state = "closing";
    this.#reason = reason;
    for (const stream of this.#streams.all()) stream.lose(reason);
    this.#end();
  }

  #end(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#onClose();
    this.#events.onClose(this.#reason);
  }
}
