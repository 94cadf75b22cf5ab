import type { LimitOwner } from "@parley/wire/internal/http1";

/** What a gateway holds and has refused, at the moment at which metrics are read. */
export interface GatewayReadings {
  /** Open connections of clients, WebSockets included. */
  readonly connections: number;
  /** Connections that were one too many, by whose limit: the gateway's, or that of the address. */
  readonly refusedConnections: Readonly<Record<LimitOwner, number>>;
  /** Bodies of which a part has come. */
  readonly unfinishedBodies: number;
  readonly unfinishedBodyBytes: number;
  /** Bodies that found no room. */
  readonly refusedBodies: Readonly<Record<LimitOwner, number>>;
  /** Clients of live events. */
  readonly liveClients: Readonly<Record<"sse" | "websocket", number>>;
  /** Live clients that got a reset, by reason: events may be missing. */
  readonly liveResets: ReadonlyMap<string, number>;
  /** When the certificate in use expires (Unix epoch, milliseconds); undefined without TLS. */
  readonly certificateExpiresMs: number | undefined;
}
