import type { EventTransport, TransportOptions } from "../event-transport.ts";
import type { TransportSummary } from "../transport-adapter.ts";

/** What the contract suite needs of a broker. */
export interface TransportHarness {
  /** What the adapter declares before it connects; undefined for a transport that no system lists. */
  readonly adapter?: TransportSummary | undefined;
  /** Opens a transport on the broker; the suite names its topics freshly for each test, so tests may share the broker. */
  connect(options: Omit<TransportOptions, "url" | "clientName">): Promise<EventTransport>;
  /** A plain client of the broker that knows nothing of Parley. */
  readonly foreign: ForeignClient;
  /** Kills and starts the broker (its own child process); undefined skips those tests by name. */
  readonly restartBroker?: (() => Promise<void>) | undefined;
  close(): Promise<void>;
}

export interface ForeignClient {
  /** Publishes a bare JSON body on a topic, without a single CloudEvents attribute. */
  publish(topic: string, body: string): Promise<void>;
  /** The bodies of the next `count` messages of a topic published after the call resolves its `ready`. */
  read(topic: string, count: number): { readonly ready: Promise<void>; readonly bodies: Promise<readonly string[]> };
}
