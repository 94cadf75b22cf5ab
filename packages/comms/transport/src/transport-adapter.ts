import type { TransportCapabilities } from "./capabilities.ts";
import type { ConnectTransport } from "./event-transport.ts";

/**
 * The adapter of one broker, as a value that a system lists. Making and importing one is cheap: `connect` loads the client library
 * of the broker.
 */
export interface TransportAdapter {
  /** Names the broker in messages, logs and metrics: `nats`. Equals the name of the transports that it connects. */
  readonly name: string;
  /** The schemes of its addresses in lower case, each with the port of an address that names none: `{ nats: 4222, tls: 4222 }`. */
  readonly schemes: Readonly<Record<string, number>>;
  /** What its transports can do on a broker with default settings: known before there is a connection to ask. */
  readonly capabilities: TransportCapabilities;
  /** Connects, checks the server's durability settings (warns by name), makes topics. */
  readonly connect: ConnectTransport;
}

/** What a refusal needs to know of a transport that would fit. */
export type TransportSummary = Pick<TransportAdapter, "name" | "capabilities">;
