import { type Backoff, ParleyError, sleep, type Timer } from "@parley/core";
import { backoffDelayMs, settleWithin } from "@parley/core/internal";
import pg from "pg";
import type { Driver } from "../connection.ts";
import { toDatabaseError } from "../database-error.ts";
import { createNotifications } from "../notifications.ts";
import { quoteIdentifier } from "../quote-identifier.ts";
import type { ResolvedDatabaseOptions } from "../resolve-database-options.ts";
import { cut, endClient } from "./client.ts";
import { clientConfig } from "./client-config.ts";

export interface ListenerOptions
  extends Pick<ResolvedDatabaseOptions, "clock" | "logger" | "random" | "connectTimeoutMs"> {
  readonly url: string;
  readonly location: string;
}

/** Hears notifications on a connection of its own, opened when the first channel is listened to. */
export interface Listener {
  readonly listen: Driver["listen"];
  close(): Promise<void>;
}

type State =
  /** Nobody listens. */
  | { readonly name: "idle" }
  /** A connection is being opened for the first listener; others wait for the same. */
  | { readonly name: "connecting"; readonly client: Promise<pg.Client> }
  | { readonly name: "connected"; readonly client: pg.Client }
  /** The connection was lost and is opened again, with every channel, until that succeeds or nobody listens. */
  | { readonly name: "restoring" };

/** A silent connection is asked this often whether it still lives: one that is cut without a word says nothing. */
const HEARTBEAT_MS = 30_000;
const COMMAND_TIMEOUT_MS = 10_000;
const BACKOFF: Backoff = { initialMs: 100, maxMs: 5_000, multiplier: 2, jitter: "equal" };

export function createListener({ url, location, connectTimeoutMs, clock, logger, random }: ListenerOptions): Listener {
  const notifications = createNotifications(logger);
  const closed = new AbortController();
  let state: State = { name: "idle" };
  let heartbeat: Timer | undefined;

  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client(clientConfig({ url, connectTimeoutMs }));
    client.on("error", () => {}); // the end that follows says all
    client.on("notification", ({ channel, payload = "" }) => notifications.tell(channel, payload));
    try {
      await client.connect();
      await command(client, notifications.channels().map(toListen).join("; "));
    } catch (error) {
      cut(client);
      throw toDatabaseError(error);
    }
    client.once("end", () => onEnd(client));
    state = { name: "connected", client };
    beat(client);
    return client;
  };

  /** Runs a command; cuts the connection if no answer comes. */
  const command = async (client: pg.Client, text: string): Promise<void> => {
    const answer = client.query(text);
    if ((await settleWithin(answer, COMMAND_TIMEOUT_MS, clock)) === "timeout") cut(client);
    await answer;
  };

  const beat = (client: pg.Client): void => {
    heartbeat = clock
      .setTimer(HEARTBEAT_MS, () => {
        command(client, "SELECT 1").then(
          () => state.name === "connected" && state.client === client && beat(client),
          () => {}, // the connection is gone, and its end has begun the restoring
        );
      })
      .unref();
  };

  const onEnd = (client: pg.Client): void => {
    if (state.name !== "connected" || state.client !== client) return;
    heartbeat?.cancel();
    state = { name: "restoring" };
    logger.warn({ database: location }, "the connection that listens was lost; notifications may be missed");
    void restore();
  };

  const restore = async (): Promise<void> => {
    for (let failures = 1; ; failures += 1) {
      await sleep(backoffDelayMs(BACKOFF, failures, random), { signal: closed.signal, clock }).catch(() => {});
      if (closed.signal.aborted || notifications.channels().length === 0) {
        state = { name: "idle" };
        return;
      }
      try {
        const client = await connect();
        if (closed.signal.aborted || notifications.channels().length === 0) return await disconnect(client);
        logger.info({ database: location, failures: failures - 1 }, "listening again");
        for (const channel of notifications.channels()) notifications.tell(channel, undefined);
        return;
      } catch (error) {
        logger.warn({ err: error, database: location }, "cannot listen yet");
      }
    }
  };

  const disconnect = async (client: pg.Client): Promise<void> => {
    state = { name: "idle" };
    heartbeat?.cancel();
    await endClient(client, clock);
  };

  /** The client to send a command on; none while the connection is restored, because that sends all commands anew. */
  const ready = async (): Promise<pg.Client | undefined> => {
    if (state.name === "idle") {
      const client = connect();
      state = { name: "connecting", client };
      client.catch(() => {
        state = { name: "idle" };
      });
    }
    return state.name === "restoring" ? undefined : state.client;
  };

  return {
    async listen(channel, onNotify) {
      if (closed.signal.aborted) throw new ParleyError("UNAVAILABLE", "the database is closed");
      const remove = notifications.add(channel, onNotify);
      try {
        const client = await ready();
        if (client) await command(client, toListen(channel));
      } catch (error) {
        remove();
        throw toDatabaseError(error);
      }
      let open = true;
      return {
        async close() {
          if (!open) return;
          open = false;
          if (remove() === "others listen" || state.name !== "connected") return;
          if (notifications.channels().length === 0) await disconnect(state.client);
          else await command(state.client, `UN${toListen(channel)}`).catch(() => {}); // a lost one has forgotten it anyway
        },
      };
    },
    async close() {
      closed.abort();
      if (state.name === "connecting") await state.client.catch(() => {});
      if (state.name === "connected") await disconnect(state.client);
    },
  };
}

const toListen = (channel: string): string => `LISTEN ${quoteIdentifier(channel)}`;
