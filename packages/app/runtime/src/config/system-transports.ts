import { postgres } from "@parley/postgres/adapter";
import type { TransportAdapter } from "@parley/transport";
import type { SystemDefinition } from "parleyjs";

/** The log in PostgreSQL, embedded or on a server: it comes with the runtime. */
export const EVENT_LOG: TransportAdapter = postgres();

/** What events of a system may go over: the log in PostgreSQL, and the transports that the system lists. */
export function transportsOf({ transports = [] }: Pick<SystemDefinition, "transports">): readonly TransportAdapter[] {
  return [EVENT_LOG, ...transports];
}

/** The transport that an address with the scheme is for. One that the system lists is preferred to the runtime's own. */
export function transportOfScheme(definition: SystemDefinition, scheme: string): TransportAdapter | undefined {
  return transportsOf(definition).findLast(({ schemes }) => Object.hasOwn(schemes, scheme));
}
