import { type Clock, type ParleyError, type Random, toParleyError } from "@parley/core";
import type { ConnectivityState } from "@parley/core/internal";
import type { Connection } from "../connection/connection.ts";
import { connectionBackoffMs } from "./connection-backoff.ts";

/**
 * One address and the connections to it.
 *
 * - *idle*: no connection, and free to dial: at first, after the last connection went, and when a rest is over.
 * - *connecting*: the first connection is being dialled.
 * - *ready*: there is a connection. When all are full, one more is dialled, up to the bound.
 * - *transient_failure*: the dial failed, and the address rests (see {@link connectionBackoffMs}).
 * - *shutdown*: closed.
 *
 * No timer ends a rest: whoever needs the address next finds it idle. So an unused channel does nothing at all.
 */
export interface Endpoint {
  readonly address: string;
  readonly state: ConnectivityState;
  /** Why the last dial failed, until one succeeds. */
  readonly error: ParleyError | undefined;
  /** Dials if idle; else does nothing. */
  connect(): void;
  /** A connection with room for one more call, if there is one. */
  acquire(): Connection | undefined;
  /** Ends pending dials, lets calls finish for `graceMs`, then cancels them. Idempotent. */
  close(graceMs: number): Promise<void>;
}

export interface EndpointOptions {
  readonly address: string;
  readonly dial: (onCapacity: () => void, signal: AbortSignal) => Promise<Connection>;
  readonly maxConnections: number;
  readonly clock: Clock;
  readonly random: Random;
  /** A dial, a connection or the endpoint itself has begun or ended. */
  readonly onChange: () => void;
  /** A call has ended, or a server allows more of them. Said for every call. */
  readonly onCapacity: () => void;
  /** For observers: the state is another one. */
  readonly onState: (state: ConnectivityState, reason?: string) => void;
}

export function createEndpoint(options: EndpointOptions): Endpoint {
  const { address, clock, random } = options;
  const connections: Connection[] = [];
  /** Connections that take no more calls, while their last ones finish. */
  const leaving = new Set<Connection>();
  let dialling: AbortController | undefined;
  let failures = 0;
  let restsUntilMs = 0;
  let error: ParleyError | undefined;
  let closing: Promise<void> | undefined;
  let told: ConnectivityState = "idle";

  const state = (): ConnectivityState => {
    if (closing) return "shutdown";
    if (connections.length > 0) return "ready";
    if (dialling) return "connecting";
    return failures > 0 && clock.now() < restsUntilMs ? "transient_failure" : "idle";
  };

  const changed = (reason?: string): void => {
    const now = state();
    if (now !== told) {
      told = now;
      options.onState(now, reason);
    }
    options.onChange();
  };

  const onCapacity = (): void => {
    for (const connection of leaving) if (connection.load.active === 0) leaving.delete(connection);
    options.onCapacity();
  };

  const add = (connection: Connection): void => {
    connections.push(connection);
    void connection.closed.then((end) => {
      connections.splice(connections.indexOf(connection), 1);
      if (connection.load.active > 0) leaving.add(connection);
      changed(end.reason);
    });
  };

  const mayDial = (): boolean => !closing && !dialling && (failures === 0 || clock.now() >= restsUntilMs);

  const dial = async (): Promise<void> => {
    const controller = new AbortController();
    dialling = controller;
    changed();
    try {
      const connection = await options.dial(onCapacity, controller.signal);
      dialling = undefined;
      if (closing) return await connection.close({ graceMs: 0 });
      failures = 0;
      error = undefined;
      add(connection);
    } catch (thrown) {
      dialling = undefined;
      error = toParleyError(thrown);
      failures += 1;
      restsUntilMs = clock.now() + connectionBackoffMs(failures, random);
    }
    changed(error?.message);
  };

  const close = async (graceMs: number): Promise<void> => {
    dialling?.abort();
    await Promise.all([...connections, ...leaving].map((connection) => connection.close({ graceMs })));
  };

  return {
    address,
    get state() {
      return state();
    },
    get error() {
      return error;
    },
    connect() {
      if (connections.length === 0 && mayDial()) void dial();
    },
    acquire() {
      for (const connection of connections) {
        if (connection.load.active < connection.load.limit) return connection;
      }
      if (connections.length > 0 && connections.length < options.maxConnections && mayDial()) void dial();
      return undefined;
    },
    close(graceMs) {
      if (!closing) {
        closing = close(graceMs);
        changed("the channel closed it");
      }
      return closing;
    },
  };
}
