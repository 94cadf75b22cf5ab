import type { CallContext, Timer } from "@parley/core";
import { loopBudget, settleWithin } from "@parley/core/internal";
import { EdgeError } from "@parley/wire/internal/http1";
import type { ResolvedGatewayOptions } from "../options.ts";
import { type ClientEnd, SHUTDOWN, TOKEN_EXPIRED } from "./client-end.ts";
import { createClientLimits } from "./client-limits.ts";
import { createFeed, type Feed } from "./feed.ts";
import type { LiveReader, ResetCode } from "./live-reader.ts";
import type { ResolvedRealtimeOptions } from "./options.ts";
import { createPayloadReader } from "./payloads.ts";
import { createVisibility, type Visibility } from "./visibility.ts";

/** One connection, as the hub sees it. */
export interface LiveClient {
  readonly kind: "sse" | "websocket";
  /** Its subscriptions. */
  readonly readers: Iterable<LiveReader>;
  /** A sign of life is due. */
  beat(): void;
  end(end: ClientEnd): void;
}

/** What all live clients of an instance share. */
export interface LiveHub {
  /** Names of the events that may be asked for. */
  readonly names: readonly string[];
  readonly maySee: Visibility;
  /** Clients by their kind. */
  count(): Record<LiveClient["kind"], number>;
  /** How many resets clients got, by reason: events may be missing. */
  readonly resets: ReadonlyMap<ResetCode, number>;
  countReset(code: ResetCode): void;
  /**
   * Takes a place for a client, once the hub hears events.
   * @throws EdgeError 503 while it does not, or is full or stopping; 429 if the owner has enough connections.
   */
  enter(owner: string): Promise<ConnectionSlot>;
  /** Begins to hear events. Idempotent. */
  start(): void;
  /** Ends all clients, and then the subscription. Idempotent. */
  close(signal?: AbortSignal): Promise<void>;
}

/** A client's place. */
export interface ConnectionSlot {
  readonly log: Feed["log"];
  /** From here on the client is woken, beaten, and ended with its token. */
  join(client: LiveClient, listener: CallContext): void;
  /** Gives the place back. Idempotent. */
  leave(): void;
}

const READY_TIMEOUT_MS = 5_000;

export function createLiveHub(options: ResolvedGatewayOptions, realtime: ResolvedRealtimeOptions): LiveHub {
  const { clock, logger, heartbeatMs, ids } = options;
  const limits = createClientLimits(realtime);
  const clients = new Set<LiveClient>();
  const resets = new Map<ResetCode, number>();
  const readPayload = createPayloadReader(realtime.events, options.json);
  let feed: Feed | undefined;
  let heartbeat: Timer | undefined;
  let closed: Promise<void> | undefined;

  function start(): void {
    if (feed) return;
    feed = createFeed({
      options: realtime,
      readPayload,
      instance: ids.traceId(),
      clock,
      logger,
      onEvent: () => each((reader) => reader.wake()),
      onMissed: (reason) => each((reader) => reader.missed(reason)),
    });
    beatLater(feed);
  }

  function each(act: (reader: LiveReader) => void): void {
    for (const { readers } of clients) for (const reader of readers) act(reader);
  }

  function beatLater(current: Feed): void {
    heartbeat = clock.setTimer(heartbeatMs, () => {
      void current.look().then(beatAll);
      beatLater(current);
    });
  }

  /** Never rejects. */
  async function beatAll(): Promise<void> {
    for (const client of clients) {
      if (!loopBudget.admit()) await loopBudget.nextTurn();
      client.beat();
    }
  }

  function joined(client: LiveClient, listener: CallContext): () => void {
    clients.add(client);
    const expiresMs = Number(listener.principal?.claims.exp) * 1_000;
    const timer = Number.isFinite(expiresMs)
      ? clock.setTimer(expiresMs - clock.now(), () => client.end(TOKEN_EXPIRED))
      : undefined;
    return () => {
      timer?.cancel();
      clients.delete(client);
      for (const reader of client.readers) reader.end();
    };
  }

  return {
    names: realtime.events.map(({ event }) => event.name),
    maySee: createVisibility(realtime.events, options, realtime.ruleTimeoutMs),
    count() {
      const counts = { sse: 0, websocket: 0 };
      for (const { kind } of clients) counts[kind] += 1;
      return counts;
    },
    resets,
    countReset(code) {
      resets.set(code, (resets.get(code) ?? 0) + 1);
    },
    start,
    async enter(owner) {
      const current = feed;
      const isReady = current && (await settleWithin(current.ready, READY_TIMEOUT_MS, clock)) === "settled";
      if (!isReady || closed) {
        const why = closed ? "this gateway stops" : "live events cannot be heard yet";
        throw new EdgeError(503, "UNAVAILABLE", `${why}: try again soon`, { "retry-after": "1" });
      }
      let leave = limits.enter(owner);
      const release = leave;
      return {
        log: current.log,
        join(client, listener) {
          const part = joined(client, listener);
          leave = () => {
            part();
            release();
          };
          if (closed) client.end(SHUTDOWN);
        },
        leave: () => leave(),
      };
    },
    close(signal) {
      closed ??= (async () => {
        heartbeat?.cancel();
        for (const client of [...clients]) client.end(SHUTDOWN);
        await feed?.close(signal);
      })();
      return closed;
    },
  };
}
