import { connect, type NatsConnection } from "@nats-io/transport-node";
import { type Logger, ParleyError } from "@parley/core";
import { settleWithin } from "@parley/core/internal";
import { type ConnectionState, reportChanges, type TransportOptions } from "@parley/transport";
import { toNatsError } from "./errors.ts";

/** The connection, and what happens to it. */
export interface Connection {
  readonly nats: NatsConnection;
  readonly isUp: boolean;
  /** Called at each loss and each return, until the returned function is called. */
  watch(listener: (isUp: boolean) => void): () => void;
  /** Resolves when the broker is connected. Rejects with the signal's reason. */
  whenUp(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

const RECONNECT_EVERY_MS = 2_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** A peer that is gone without a word is found after three of these: half of what a handler usually has. */
const PING_EVERY_MS = 3_000;
const UNANSWERED_PINGS = 2;
const CLOSE_LIMIT_MS = 2_000;

export interface ConnectionSettings {
  readonly url: string;
  readonly clientName: string;
  readonly logger: Logger;
  readonly onConnection?: TransportOptions["onConnection"];
}

/** @throws ParleyError UNAVAILABLE when no server answers, INVALID_ARGUMENT for an address that is none. */
export async function openConnection({
  url,
  clientName,
  logger,
  onConnection,
}: ConnectionSettings): Promise<Connection> {
  const { servers, ...secrets } = parseServers(url);
  let nats: NatsConnection;
  try {
    nats = await connect({
      servers: [...servers],
      ...secrets,
      name: clientName,
      timeout: CONNECT_TIMEOUT_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_EVERY_MS,
      pingInterval: PING_EVERY_MS,
      maxPingOut: UNANSWERED_PINGS,
      // A password that is being rotated must not end a service that would be right a minute later.
      ignoreAuthErrorAbort: true,
    });
  } catch (error) {
    throw toNatsError(error, `cannot connect to NATS at ${servers.join(", ")}`);
  }
  return follow(nats, logger, reportChanges(onConnection));
}

function follow(nats: NatsConnection, logger: Logger, onConnection: (state: ConnectionState) => void): Connection {
  const listeners = new Set<(isUp: boolean) => void>();
  let isUp = true;
  const tell = (nowUp: boolean): void => {
    if (isUp === nowUp) return;
    isUp = nowUp;
    logger[nowUp ? "info" : "warn"]({ transport: "nats", isUp }, nowUp ? "NATS is back" : "NATS is gone, trying again");
    onConnection(nowUp ? "connected" : "away");
    for (const listener of [...listeners]) listener(nowUp);
  };
  const read = async (): Promise<void> => {
    for await (const status of nats.status()) {
      if (status.type === "reconnect") tell(true);
      else if (status.type === "disconnect") tell(false);
      else if (status.type === "error")
        logger.warn({ transport: "nats", error: status.error }, "NATS reports an error");
    }
  };
  const reading = read();
  const watch: Connection["watch"] = (listener) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  return {
    nats,
    watch,
    get isUp() {
      return isUp;
    },
    whenUp(signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      if (isUp) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const settle = (): void => {
          stop();
          signal.removeEventListener("abort", onAbort);
        };
        const stop = watch((nowUp) => {
          if (!nowUp) return;
          settle();
          resolve();
        });
        const onAbort = (): void => {
          settle();
          reject(signal.reason);
        };
        signal.addEventListener("abort", onAbort, { once: true });
      });
    },
    async close() {
      // A server that is silent is not waited for: what was to be said has been, or is lost with the connection.
      await settleWithin(nats.close(), CLOSE_LIMIT_MS);
      await settleWithin(reading, CLOSE_LIMIT_MS);
      listeners.clear();
    },
  };
}

interface Servers {
  readonly servers: readonly string[];
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
  readonly tls?: Record<string, never>;
}

/** The client reads neither user nor scheme of an address, so they are taken out here. */
function parseServers(url: string): Servers {
  const parsed = url.split(",").map((part) => {
    const text = part.trim();
    const address = URL.parse(text.includes("://") ? text : `nats://${text}`);
    if (!address?.hostname || !["nats:", "tls:"].includes(address.protocol)) {
      throw new ParleyError(
        "INVALID_ARGUMENT",
        "the address of NATS must look like nats://host:4222, or tls://host:4222; several servers by commas",
      );
    }
    return address;
  });
  const [first] = parsed;
  const user = decodeURIComponent(first?.username ?? "");
  const pass = decodeURIComponent(first?.password ?? "");
  return {
    servers: parsed.map(({ hostname, port }) => `${hostname}:${port || "4222"}`),
    ...(user && pass ? { user, pass } : user ? { token: user } : {}),
    ...(first?.protocol === "tls:" ? { tls: {} } : {}),
  };
}
