import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** Does its worst to the gateway until the signal aborts. Whatever becomes of its own requests is no failure. */
export type BadClient = (place: { readonly host: string; readonly port: number }, signal: AbortSignal) => Promise<void>;

/** The good client has another: what one address uses up is that address's own. On other systems only 127.0.0.1 is there. */
const ADDRESS = "127.0.0.2";
const PIPELINED = 100_000;
const UNFINISHED = 300;
const MEBIBYTE = 1024 * 1024;
const IDLE = 2_000;
const LEAVING_PER_SECOND = 1_000;
const TICK_MS = 10;
const SLOW_READERS = 50;
const FAT_VALUES = [7_000, 17_000, 60_000] as const;

/** A connection of its own, which the server may end at any time. */
async function open({ host, port }: { readonly host: string; readonly port: number }): Promise<Socket | undefined> {
  const socket = connect({ port, host, ...(process.platform === "linux" && { localAddress: ADDRESS }) });
  socket.on("error", () => {});
  await Promise.race([once(socket, "connect").catch(() => {}), once(socket, "close")]);
  return socket.destroyed ? undefined : socket;
}

const ended = (socket: Socket, signal: AbortSignal): Promise<unknown> =>
  Promise.race([once(socket, "close"), once(signal, "abort")]).finally(() => socket.destroy());

/** Writes a text on a new connection, again and again, and waits each time until the server has answered or ended it. */
const repeats =
  (texts: readonly string[]): BadClient =>
  async (place, signal) => {
    for (let turn = 0; !signal.aborted; turn++) {
      const socket = await open(place);
      socket?.end(texts[turn % texts.length] ?? "");
      socket?.resume();
      if (socket) await ended(socket, signal);
      else await delay(TICK_MS);
    }
  };

const get = (fields: readonly string[], path = "/users/1"): string =>
  [`GET ${path} HTTP/1.1`, "Host: localhost", "Connection: close", ...fields, "", ""].join("\r\n");

export const BAD_CLIENTS: Readonly<Record<string, BadClient>> = {
  /** 100,000 requests in one write. */
  pipelined: async (place, signal) => {
    const text = "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(PIPELINED);
    while (!signal.aborted) {
      const socket = await open(place);
      socket?.write(text);
      socket?.resume();
      if (socket) await Promise.race([ended(socket, signal), delay(2_000)]);
      socket?.destroy();
    }
  },

  /** Bodies of 1 MiB that never end. */
  unfinished: async (place, signal) => {
    const head = `POST /users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${MEBIBYTE}\r\n\r\n`;
    const body = Buffer.alloc(MEBIBYTE - 1, " ");
    const sockets = await Promise.all(Array.from({ length: UNFINISHED }, () => open(place)));
    for (const socket of sockets) {
      socket?.write(head);
      socket?.write(body);
    }
    await once(signal, "abort");
    for (const socket of sockets) socket?.destroy();
  },

  /** Connections that send nothing. */
  idle: async (place, signal) => {
    const sockets: (Socket | undefined)[] = [];
    while (!signal.aborted && sockets.length < IDLE) {
      sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => open(place)))));
    }
    if (!signal.aborted) await once(signal, "abort");
    for (const socket of sockets) socket?.destroy();
  },

  /** Clients that ask and leave at once, a thousand a second. */
  leaving: async (place, signal) => {
    const request = get([], "/users");
    while (!signal.aborted) {
      for (let each = 0; each < (LEAVING_PER_SECOND * TICK_MS) / 1_000; each++) {
        void open(place).then((socket) => {
          socket?.write(request, () => setTimeout(() => socket.destroy(), each % 5));
        });
      }
      await delay(TICK_MS);
    }
  },

  /** Fields that join to what HTTP/2 does not carry, and values that hold what no header may. */
  headers: repeats([
    get(["Accept-Language: en", "Accept-Language:"]),
    get(["Accept-Language:", "Accept-Language: en"]),
    get(["Idempotency-Key: a", "Idempotency-Key:"]),
    get(["traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate: a=1", "tracestate:"]),
    get(["baggage: a=1", "baggage:", "baggage: b=\u00fc"]),
    get(["X-Request-Id: a b", "X-Request-Id:"]),
  ]),

  /** Headers near every limit on the way. */
  fat: repeats(FAT_VALUES.map((length) => get([`baggage: a=${"/".repeat(length)}`]))),

  /** Tokens that no key fits, each with a key id of its own. */
  tokens: repeats(
    Array.from({ length: 100 }, (_, id) => {
      const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
      return get([`Authorization: Bearer ${part({ alg: "RS256", kid: String(id) })}.${part({ sub: "x" })}.c2ln`]);
    }),
  ),

  /** Clients that ask for much and read nothing. */
  "slow-readers": async (place, signal) => {
    const request = "GET /users HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1_000);
    const sockets = await Promise.all(Array.from({ length: SLOW_READERS }, () => open(place)));
    for (const socket of sockets) socket?.pause().write(request);
    if (!signal.aborted) await once(signal, "abort");
    for (const socket of sockets) socket?.destroy();
  },

  /** What is no HTTP, and hosts that are none. */
  garbage: repeats([
    "\u0000\u0001\u0002\u0003\r\n\r\n",
    "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
    "POST /users HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    `POST /users HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 200000\r\n\r\n${"[".repeat(200_000)}`,
  ]),
};
