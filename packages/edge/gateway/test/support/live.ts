import { once } from "node:events";
import { defineEvent } from "@parley/events";
import { createGateway, type Gateway, type GatewayOptions, liveEvent, type RealtimeOptions } from "@parley/gateway";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { AuthorSchema, BookSchema } from "../gen/everything_pb.ts";
import type { EventLogs } from "./event-logs.ts";
import { libraryBackend } from "./library.ts";

export const BookAdded = defineEvent({ name: "books.added", schema: BookSchema });
export const AuthorAdded = defineEvent({ name: "authors.added", schema: AuthorSchema });

export interface LiveGateway {
  readonly gateway: Gateway;
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
}

/** A gateway with live events on a port of its own. */
export async function openLive(
  logs: EventLogs,
  realtime: Partial<RealtimeOptions> = {},
  options: Partial<GatewayOptions> = {},
): Promise<LiveGateway> {
  const gateway = createGateway({
    backends: [libraryBackend()],
    realtime: {
      transport: logs.transport,
      events: [liveEvent(BookAdded, "everyone"), liveEvent(AuthorAdded, "everyone")],
      ...realtime,
    },
    ...options,
  });
  const { port } = await gateway.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(async () => void (await gateway.drain({ graceMs: 0, signal: AbortSignal.abort() })));
  return { gateway, port, origin: `http://127.0.0.1:${port}` };
}

/** One message of an event stream. */
export interface SseMessage {
  readonly event: string;
  readonly id: string;
  readonly data: unknown;
}

export interface SseReader {
  readonly response: Response;
  /** The id that a reconnect would send. */
  lastId(): string | undefined;
  /** What `retry` said last. */
  retryMs(): number | undefined;
  next(): Promise<SseMessage>;
  take(count: number): Promise<SseMessage[]>;
  /** What has been dispatched and not been taken. */
  rest(): SseMessage[];
  /** Resolves when the server has ended the stream. */
  ended(): Promise<void>;
  close(): void;
}

/** An event stream as the HTML standard reads it: a message without data is not dispatched but moves the last id. */
export async function openSse(url: string, headers: Record<string, string> = {}): Promise<SseReader> {
  const controller = new AbortController();
  const response = await fetch(url, {
    headers: { accept: "text/event-stream", ...headers },
    signal: controller.signal,
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  const messages: SseMessage[] = [];
  let lastId: string | undefined;
  let retryMs: number | undefined;
  let moved = Promise.withResolvers<void>();
  const { promise: end, resolve: onEnd } = Promise.withResolvers<void>();
  let over = false;
  void (async () => {
    let text = "";
    try {
      for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        text += chunk;
        for (let at = text.indexOf("\n\n"); at >= 0; at = text.indexOf("\n\n")) {
          dispatch(text.slice(0, at));
          text = text.slice(at + 2);
        }
        moved.resolve();
        moved = Promise.withResolvers();
      }
    } catch {
      // cut off: an end as well
    }
    over = true;
    moved.resolve();
    onEnd();
  })();

  function dispatch(block: string): void {
    const fields = new Map(
      block.split("\n").map((line) => {
        const at = line.indexOf(":");
        return [line.slice(0, at), line.slice(at + 1).trimStart()] as const;
      }),
    );
    lastId = fields.get("id") ?? lastId;
    retryMs = fields.has("retry") ? Number(fields.get("retry")) : retryMs;
    const data = fields.get("data");
    if (data !== undefined) {
      messages.push({ event: fields.get("event") ?? "message", id: fields.get("id") ?? "", data: JSON.parse(data) });
    }
  }

  const next = async (): Promise<SseMessage> => {
    for (;;) {
      const message = messages.shift();
      if (message) return message;
      if (over) throw new Error("the stream has ended");
      await moved.promise;
    }
  };
  return {
    response,
    lastId: () => lastId,
    retryMs: () => retryMs,
    next,
    async take(count) {
      const taken: SseMessage[] = [];
      while (taken.length < count) taken.push(await next());
      return taken;
    },
    rest: () => messages.splice(0),
    ended: () => end,
    close: () => controller.abort(),
  };
}

export type WsMessage = Readonly<Record<string, unknown>> & { readonly type: string };

export interface WsReader {
  readonly socket: WebSocket;
  send(message: object | string): void;
  /** The next message that is not a sign of life. */
  next(): Promise<WsMessage>;
  take(count: number): Promise<WsMessage[]>;
  /** What has come and has not been taken. */
  rest(): WsMessage[];
  /** The last id of a subscription, from events, resets and positions. */
  lastId(): string | undefined;
  closed(): Promise<{ readonly code: number; readonly reason: string }>;
}

export async function openWs(
  origin: string,
  options: { readonly protocols?: string[]; readonly headers?: Record<string, string>; readonly path?: string } = {},
): Promise<WsReader> {
  const { protocols = [], headers = {}, path = "/ws" } = options;
  const socket = new WebSocket(origin.replace("http", "ws") + path, protocols, { headers });
  const messages: WsMessage[] = [];
  let lastId: string | undefined;
  let moved = Promise.withResolvers<void>();
  const tell = (): void => {
    moved.resolve();
    moved = Promise.withResolvers();
  };
  let over = false;
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.once("close", (code, reason) => {
      over = true;
      tell();
      resolve({ code, reason: String(reason) });
    }),
  );
  socket.on("message", (data) => {
    const message = JSON.parse(String(data)) as WsMessage;
    if (typeof message.id === "string" && message.type !== "subscribed") lastId = message.id;
    if (message.type !== "position") messages.push(message);
    tell();
  });
  const refused = new Promise<never>((_, reject) => {
    socket.once("unexpected-response", (_request, response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        body += chunk;
      });
      response.on("end", () => reject(new Error(`${response.statusCode} ${body}`)));
    });
    socket.on("error", reject);
  });
  await Promise.race([once(socket, "open"), refused]);
  const next = async (): Promise<WsMessage> => {
    for (;;) {
      const message = messages.shift();
      if (message) return message;
      if (over) throw new Error("the WebSocket has closed");
      await moved.promise;
    }
  };
  return {
    socket,
    send: (message) => socket.send(typeof message === "string" ? message : JSON.stringify(message)),
    next,
    async take(count) {
      const taken: WsMessage[] = [];
      while (taken.length < count) taken.push(await next());
      return taken;
    },
    rest: () => messages.splice(0),
    lastId: () => lastId,
    closed: () => closed,
  };
}
