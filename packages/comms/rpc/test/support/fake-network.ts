import type { CallHandler, ParleyError, Reply } from "@parley/core";
import { ParleyError as Failure } from "@parley/core";
import type { Connect, Connection, ConnectionEnd, ConnectOptions } from "../../src/connection/connection.ts";
import { formatAddress } from "../../src/resolver/address.ts";

/** A server of the fake network: what it answers, and how it can be disturbed. */
export interface FakeServer {
  /** Dials that came, and connections that are open. */
  readonly dials: number;
  readonly open: number;
  /** Accepts no dial and drops every connection. */
  stop(error?: ParleyError): void;
  start(): void;
  /** Accepts no further call on the connections that are open. */
  goAway(): void;
}

/** Connections between objects: a `Connect` whose servers do as they are told. It carries calls by reference. */
export function createFakeNetwork() {
  const servers = new Map<string, { accept: Connect }>();

  const connect: Connect = (options, signal) => {
    const server = servers.get(formatAddress(options.address));
    if (!server) return Promise.reject(unreachable(options));
    return server.accept(options, signal);
  };

  const serve = (address: string, handler: CallHandler, { limit = Number.POSITIVE_INFINITY } = {}): FakeServer => {
    let running = true;
    let dials = 0;
    const ends = new Set<(end: ConnectionEnd) => void>();
    servers.set(address, {
      accept: async (options) => {
        dials += 1;
        if (!running) throw unreachable(options);
        return fakeConnection(options, handler, limit, ends);
      },
    });
    const endAll = (end: ConnectionEnd): void => {
      for (const endOne of ends) endOne(end);
    };
    return {
      get dials() {
        return dials;
      },
      get open() {
        return ends.size;
      },
      stop(error = new Failure("UNAVAILABLE", "the connection was lost")) {
        running = false;
        endAll({ reason: error.message, error });
      },
      start() {
        running = true;
      },
      goAway: () => endAll({ reason: "the server is going away" }),
    };
  };

  return { connect, serve };
}

function unreachable({ address }: ConnectOptions): ParleyError {
  return new Failure("UNAVAILABLE", `cannot connect to ${formatAddress(address)}: ECONNREFUSED`, {
    progress: "refused",
  });
}

function fakeConnection(
  options: ConnectOptions,
  handler: CallHandler,
  limit: number,
  ends: Set<(end: ConnectionEnd) => void>,
): Connection {
  const { promise: closed, resolve } = Promise.withResolvers<ConnectionEnd>();
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => {});
  let active = 0;
  let ended = false;
  const end = (how: ConnectionEnd): void => {
    ended = true;
    ends.delete(end);
    resolve(how);
    if (how.error) lost.reject(how.error);
  };
  ends.add(end);
  return {
    address: formatAddress(options.address),
    closed,
    load: {
      get active() {
        return active;
      },
      limit,
    },
    carry(call, receiver) {
      const attempt = async (): Promise<Reply> => {
        if (ended || active >= limit) throw new Failure("UNAVAILABLE", "refused", { progress: "refused" });
        active += 1;
        try {
          return await Promise.race([handler(call), lost.promise]);
        } finally {
          active -= 1;
          options.onCapacity();
        }
      };
      attempt().then(
        (reply) => receiver.resolve(reply),
        (error: unknown) => receiver.reject(error),
      );
    },
    close: async () => end({ reason: "closed" }),
  };
}
