import type { DescMessage, DescService, MessageShape } from "@bufbuild/protobuf";
import type { Principal, Random } from "@parley/core";
import type { EventDefinition } from "@parley/events";
import type { Client } from "@parley/rpc";
import type { Envelope, EventTransport } from "@parley/transport";

/**
 * Live events for clients: server-sent events at `<basePath>/events`, WebSocket at `<basePath>/ws`.
 *
 * - *client*: one open connection of somebody outside.
 * - *rule*: says who may see an event.
 * - *cursor*: the id of an event, and at once the place from which a client goes on, at any instance of the gateway.
 * - *reset*: tells a client that events may be missing, and why; it reads again what it shows.
 */
export interface RealtimeOptions {
  /** Where events come from. Each instance of the gateway hears all of them, in a group of its own. */
  readonly transport: EventTransport;
  /** What clients may ask for; made by `liveEvent`. Nothing else ever leaves. */
  readonly events: readonly RealtimeEvent[];
  /** What rules remember goes by these; made by `onEvent`. Clients cannot ask for them. Default none. */
  readonly listeners?: readonly RealtimeListener[];
  /** Recent events that are kept for clients that come back. Default 10,000, and 16 MiB, and 5 min; the first limit counts. */
  readonly keepEvents?: number;
  readonly keepBytes?: number;
  readonly keepMs?: number;
  /** Clients of this instance. Default 10,000; more are answered with 503. */
  readonly maxClients?: number;
  /** Clients of one principal, or of one address where there are no tokens. Default 20; more are answered with 429. */
  readonly maxClientsPerPrincipal?: number;
  /** How long a rule may take. Default 5 s; then it is asked again, as if it were unavailable. */
  readonly ruleTimeoutMs?: number;
  /** Spreads the return of clients after a shutdown. */
  readonly random?: Random;
}

/** {@link RealtimeOptions} as a definition has them: the transport is decided at start. */
export type RealtimeDefinition = Omit<RealtimeOptions, "transport">;

/** An event that clients may hear, and who. */
export interface RealtimeEvent {
  readonly event: EventDefinition;
  readonly maySee: "everyone" | RealtimeRule;
}

/**
 * Whether this client may see this event. A rule that fails shows nothing. While it fails because something is unavailable it
 * is asked again, and this client waits at the event, for as long as events are kept; at any other failure, and in the end,
 * the client gets a reset instead. Before it
 * runs, an event of a tenant has been withheld from everybody whose token does not name that tenant.
 */
export type RealtimeRule<Desc extends DescMessage = DescMessage> = (
  question: RealtimeQuestion<Desc>,
) => boolean | Promise<boolean>;

export interface RealtimeQuestion<Desc extends DescMessage = DescMessage> {
  /** Undefined where the gateway asks for no tokens. */
  readonly principal: Principal | undefined;
  readonly payload: MessageShape<Desc>;
  readonly envelope: Envelope;
  /** A client of one of the gateway's backends, whose calls are made with the token of who listens. */
  client<S extends DescService>(service: S): Client<S>;
}

/**
 * Lets clients hear an event. `"everyone"` is everyone whom the door lets in; a rule decides for each client and event.
 * There is no default, so that nothing becomes visible by being forgotten.
 */
export function liveEvent<Desc extends DescMessage>(
  event: EventDefinition<Desc>,
  maySee: "everyone" | RealtimeRule<Desc>,
): RealtimeEvent {
  return { event: event as EventDefinition, maySee: maySee as RealtimeEvent["maySee"] };
}

/** An event that this instance of the gateway hears of for its own sake. */
export interface RealtimeListener {
  readonly event: EventDefinition;
  readonly hear: (payload: DescPayload) => void;
}

/** Undefined: events may have been missed, so whatever rests on having heard them must go. */
type DescPayload<Desc extends DescMessage = DescMessage> = MessageShape<Desc> | undefined;

/**
 * Hears an event at each instance of the gateway, so that what a rule remembers can go when it is no longer true. Called before
 * any rule is asked about what came after it in the same log; with nothing where events may have been missed.
 */
export function onEvent<Desc extends DescMessage>(
  event: EventDefinition<Desc>,
  hear: (payload: MessageShape<Desc> | undefined) => void,
): RealtimeListener {
  return { event: event as EventDefinition, hear: hear as RealtimeListener["hear"] };
}

export type ResolvedRealtimeOptions = Required<RealtimeOptions>;

/** Defaults; what is wrong is told by the options' check. */
export function resolveRealtimeOptions(options: RealtimeOptions, random: Random): ResolvedRealtimeOptions {
  return {
    ...options,
    listeners: options.listeners ?? [],
    keepEvents: options.keepEvents ?? 10_000,
    keepBytes: options.keepBytes ?? 16 * 1_048_576,
    keepMs: options.keepMs ?? 300_000,
    maxClients: options.maxClients ?? 10_000,
    maxClientsPerPrincipal: options.maxClientsPerPrincipal ?? 20,
    ruleTimeoutMs: options.ruleTimeoutMs ?? 5_000,
    random: options.random ?? random,
  };
}
