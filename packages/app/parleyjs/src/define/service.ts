import type { DescService } from "@bufbuild/protobuf";
import type { BusObserver, Clock, Database, Logger } from "@parley/core";
import type { EventDefinition, QueueDefinition } from "@parley/events";
import type { Client, ServiceImplementation } from "@parley/rpc";
import type { HearingTools, StoringTools } from "./event-tools.ts";

/** The database of one service. No other service reads or writes it. */
export interface DatabaseDefinition {
  /** Its name on a PostgreSQL server; `<NAME>_URL` overrides its whole address. Lower-case letters, digits and `_`. */
  readonly name: string;
  /** The folder of numbered SQL files (`0001_users.sql`), as a URL or relative to the system's folder. */
  readonly migrations: URL | string;
}

/** What every service is given, beside its clients and its database. */
export interface ServiceTools {
  /** Writes with the service's name, and with the request id and trace id of the call that is running. */
  readonly log: Logger;
  readonly clock: Clock;
  /**
   * Registers what must end with the service: it runs once the server has finished its calls, before the database
   * closes. The latest registered ends first.
   */
  onStop(close: () => Promise<void> | void): void;
  /** Takes what happens on the service's bus to its metrics; for what reports there by itself, as `createWebhooks` does. */
  readonly observe: BusObserver;
}

/** Names that a client cannot take, because something else has them. */
export const RESERVED_NAMES = [
  "db",
  "log",
  "clock",
  "onStop",
  "observe",
  "subscribe",
  "subscribeBatch",
  "request",
  "respond",
  "publish",
  "enqueue",
  "work",
] as const satisfies readonly (keyof ServiceTools | keyof HearingTools | keyof StoringTools<never, never> | "db")[];

/** The contracts a service calls, by the name under which `setup` gets the client. */
export type CalledContracts = Readonly<Record<string, DescService>> & {
  readonly [Name in (typeof RESERVED_NAMES)[number]]?: never;
};

/**
 * What `setup` is given: a typed client per entry of `calls`, the tools, and if the service has a database `db` and what
 * stores in it.
 */
export type ServiceDependencies<
  Calls,
  Store,
  Event extends EventDefinition = EventDefinition,
  Queue extends QueueDefinition = QueueDefinition,
> = {
  readonly [Name in keyof Calls]: Calls[Name] extends DescService ? Client<Calls[Name]> : never;
} & ServiceTools &
  HearingTools &
  (Store extends DatabaseDefinition ? { readonly db: Database } & StoringTools<Event, Queue> : unknown);

/**
 * What `setup` returns: for one contract its methods, for a list of contracts a list of implementations in the same
 * order.
 */
export type Implementations<Contracts> = Contracts extends DescService
  ? ServiceImplementation<Contracts>
  : {
      readonly [Index in keyof Contracts]: Contracts[Index] extends DescService
        ? ServiceImplementation<Contracts[Index]>
        : never;
    };

/** Nothing can be one; it has the compiler read a list that `setup` returns as a tuple, each place for itself. */
type TupleHint = readonly [never];

export interface ServiceOptions<
  Contracts,
  Calls,
  Store,
  Events extends readonly EventDefinition[] = readonly EventDefinition[],
  Queues extends readonly QueueDefinition[] = readonly QueueDefinition[],
> {
  /** Lower-case words joined by `-`: `order-service`. Names the part in commands, logs and `ORDER_SERVICE_PORT`. */
  readonly name: string;
  /** Where it listens unless `<NAME>_PORT` or a flag says otherwise. */
  readonly port: number;
  /** The variable that names its address, for callers. Default `<NAME>_URL`: `ORDER_SERVICE_URL`. */
  readonly addressVariable?: string;
  /** The generated contract, or several. */
  readonly implements: Contracts;
  /** Contracts of other services to call. Their addresses come from the environment. */
  readonly calls?: Calls;
  readonly database?: Store;
  /** The events that the service tells of; no other can be published. Needs a database. */
  readonly publishes?: Events;
  /** The queues whose jobs the service enqueues and works on; their jobs live in its database. */
  readonly queues?: Queues;
  /**
   * Builds the methods, and says what the service hears and works on. Runs once per process, when the database is open;
   * the clients connect at their first call, and events come once all of it has run.
   */
  readonly setup: (
    dependencies: ServiceDependencies<Calls, Store, Events[number], Queues[number]>,
  ) => Implementations<Contracts> | Promise<Implementations<Contracts>> | TupleHint;
}

/** A service as the runtime sees it. Made by {@link defineService}. */
export interface ServiceDefinition {
  readonly kind: "service";
  readonly name: string;
  readonly port: number;
  /** The variable that names its address, where it is not `<NAME>_URL`. */
  readonly addressVariable?: string | undefined;
  readonly implements: readonly DescService[];
  readonly calls: ReadonlyMap<string, DescService>;
  readonly database: DatabaseDefinition | undefined;
  readonly publishes: readonly EventDefinition[];
  readonly queues: readonly QueueDefinition[];
  /** One implementation per contract, in the order of `implements`. */
  readonly setup: (dependencies: object) => Promise<readonly object[]>;
}

/**
 * Describes a service: its contract, what it needs, and how its methods are made. Nothing runs until a system that
 * holds it is started, and mistakes are reported by {@link defineSystem}, all at once.
 */
export function defineService<
  const Contracts extends DescService | readonly DescService[],
  Calls extends CalledContracts = Record<never, never>,
  Store extends DatabaseDefinition | undefined = undefined,
  const Events extends readonly EventDefinition[] = readonly [],
  const Queues extends readonly QueueDefinition[] = readonly [],
>(options: ServiceOptions<Contracts, Calls, Store, Events, Queues>): ServiceDefinition {
  const { name, port, addressVariable, implements: contracts, calls, database, publishes, queues, setup } = options;
  const several = isList(contracts);
  return {
    kind: "service",
    name,
    port,
    addressVariable,
    implements: several ? contracts : [contracts as DescService],
    calls: new Map(Object.entries<DescService>(calls ?? {})),
    database,
    publishes: publishes ?? [],
    queues: queues ?? [],
    async setup(dependencies) {
      const built = await setup(dependencies as ServiceDependencies<Calls, Store, Events[number], Queues[number]>);
      return (several ? built : [built]) as readonly object[];
    },
  };
}

/** `Array.isArray` does not narrow readonly arrays. */
function isList(value: unknown): value is readonly DescService[] {
  return Array.isArray(value);
}
