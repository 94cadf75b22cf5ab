import type { DescService } from "@bufbuild/protobuf";
import type { EventDefinition, QueueDefinition, RequestDefinition } from "@parley/events";
import type { ServiceImplementation } from "@parley/rpc";
import { assertHandlersMatch } from "./assert-handlers.ts";
import type { BatchSubscription, QueueWorker, Responder, Subscription } from "./handlers.ts";
import type { SetupTools } from "./service-tools.ts";

/** The database of one service. No other service reads or writes it. */
export interface DatabaseDefinition {
  /** Its name on a PostgreSQL server; `<NAME>_URL` overrides its whole address. Lower-case letters, digits and `_`. */
  readonly name: string;
  /** The folder of numbered SQL files (`0001_users.sql`), as a URL or relative to the system's folder. */
  readonly migrations: URL | string;
}

/**
 * The `methods` that `setup` returns: for one contract an implementation, for a list of contracts a list of implementations in
 * the same order.
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

/** A list that must be returned if the definition lists what it handles, and cannot be otherwise. */
type ListFor<Listed, Name extends string, Handler> = Listed extends readonly []
  ? { readonly [Key in Name]?: readonly never[] }
  : { readonly [Key in Name]: readonly Handler[] };

/** What `setup` returns: every handler of the service. */
export type ServiceHandlers<
  Contracts,
  Subscribes extends readonly EventDefinition[],
  Queues extends readonly QueueDefinition[],
  Responds extends readonly RequestDefinition[],
> = { readonly methods: Implementations<Contracts> | TupleHint } & ListFor<
  Subscribes,
  "events",
  Subscription<Subscribes[number]> | BatchSubscription<Subscribes[number]>
> &
  ListFor<Queues, "jobs", QueueWorker<Queues[number]>> &
  ListFor<Responds, "responders", Responder<Responds[number]>>;

export interface ServiceOptions<
  Contracts,
  Calls,
  Store,
  Publishes extends readonly EventDefinition[] = readonly EventDefinition[],
  Subscribes extends readonly EventDefinition[] = readonly EventDefinition[],
  Queues extends readonly QueueDefinition[] = readonly QueueDefinition[],
  Requests extends readonly RequestDefinition[] = readonly RequestDefinition[],
  Responds extends readonly RequestDefinition[] = readonly RequestDefinition[],
> {
  /** Lower-case words joined by `-`: `order-service`. Names the part in commands, logs and `ORDER_SERVICE_PORT`. */
  readonly name: string;
  /** Where it listens unless `<NAME>_PORT` or a flag says otherwise. */
  readonly port: number;
  /** The variable that names its address, for callers. Default `<NAME>_URL`: `ORDER_SERVICE_URL`. */
  readonly addressVariable?: string;
  /** The generated contract, or several. */
  readonly implements: Contracts;
  /** Contracts of other services to call, by the names that `setup` finds in `calls`. Their addresses come from the environment. */
  readonly calls?: Calls;
  readonly database?: Store;
  /** The events that the service publishes; no other can be published. Default none. */
  readonly publishes?: Publishes;
  /** The events that the service handles: `setup` returns a handler for each in `events`. Default none. */
  readonly subscribes?: Subscribes;
  /**
   * The queues of the service: it alone enqueues their jobs, which live in its database, and `setup` returns a handler for each in
   * `jobs`. Needs a database. Default none.
   */
  readonly queues?: Queues;
  /** The requests that the service asks over the broker; no other can be asked. Default none. */
  readonly requests?: Requests;
  /** The requests that the service answers over the broker: `setup` returns a handler for each in `responders`. Default none. */
  readonly responds?: Responds;
  /**
   * Makes the handlers. Runs once per process, when the database is open; the clients connect at their first call, and events
   * come once all of it has run.
   */
  readonly setup: (
    tools: SetupTools<Calls, Store, Publishes[number], Queues[number], Requests[number]>,
  ) =>
    | ServiceHandlers<Contracts, Subscribes, Queues, Responds>
    | Promise<ServiceHandlers<Contracts, Subscribes, Queues, Responds>>;
}

/** The handlers of a service as the runtime takes them. */
export interface BuiltHandlers {
  /** One implementation per contract, in the order of `implements`. */
  readonly methods: readonly object[];
  readonly events: readonly (Subscription | BatchSubscription)[];
  readonly jobs: readonly QueueWorker[];
  readonly responders: readonly Responder[];
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
  readonly subscribes: readonly EventDefinition[];
  readonly queues: readonly QueueDefinition[];
  readonly requests: readonly RequestDefinition[];
  readonly responds: readonly RequestDefinition[];
  /** @throws ParleyError FAILED_PRECONDITION for handlers that the lists do not name, and for entries without a handler. */
  readonly setup: (tools: object) => Promise<BuiltHandlers>;
}

/**
 * Describes a service: its contract, what it needs, what it publishes and handles, and how its handlers are made. Nothing runs
 * until a system that holds it is started, and mistakes are reported by {@link defineSystem}, all at once.
 */
export function defineService<
  const Contracts extends DescService | readonly DescService[],
  Calls extends Readonly<Record<string, DescService>> = Record<never, never>,
  Store extends DatabaseDefinition | undefined = undefined,
  const Publishes extends readonly EventDefinition[] = readonly [],
  const Subscribes extends readonly EventDefinition[] = readonly [],
  const Queues extends readonly QueueDefinition[] = readonly [],
  const Requests extends readonly RequestDefinition[] = readonly [],
  const Responds extends readonly RequestDefinition[] = readonly [],
>(
  options: ServiceOptions<Contracts, Calls, Store, Publishes, Subscribes, Queues, Requests, Responds>,
): ServiceDefinition {
  const { name, port, addressVariable, implements: contracts, calls, database, setup } = options;
  const several = isList(contracts);
  const definition = {
    kind: "service",
    name,
    port,
    addressVariable,
    implements: several ? contracts : [contracts as DescService],
    calls: new Map(Object.entries<DescService>(calls ?? {})),
    database,
    publishes: options.publishes ?? [],
    subscribes: options.subscribes ?? [],
    queues: options.queues ?? [],
    requests: options.requests ?? [],
    responds: options.responds ?? [],
  } as const;
  return {
    ...definition,
    async setup(tools) {
      const { methods, events, jobs, responders } = (await setup(
        tools as Parameters<typeof setup>[0],
      )) as HandlersAsGiven;
      const built: BuiltHandlers = {
        methods: (several ? (methods ?? []) : [methods ?? {}]) as readonly object[],
        events: events ?? [],
        jobs: jobs ?? [],
        responders: responders ?? [],
      };
      assertHandlersMatch(definition, built);
      return built;
    },
  };
}

/** What `setup` returned, of which nothing is sure where it was not compiled. */
interface HandlersAsGiven extends Partial<Omit<BuiltHandlers, "methods">> {
  readonly methods?: object | readonly object[];
}

/** `Array.isArray` does not narrow readonly arrays. */
function isList(value: unknown): value is readonly DescService[] {
  return Array.isArray(value);
}
