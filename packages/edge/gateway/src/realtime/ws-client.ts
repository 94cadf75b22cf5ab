import { type CallContext, invalidArgument, ParleyError } from "@parley/core";
import { WebSocket } from "ws";
import { toProblem } from "../kernel/problem.ts";
import type { ResolvedGatewayOptions } from "../options.ts";
import { type ClientEnd, OVERTAKEN, STALLED } from "./client-end.ts";
import { createLiveFilter } from "./live-filter.ts";
import type { ConnectionSlot, LiveClient, LiveHub } from "./live-hub.ts";
import { LiveReader, type ResetCode } from "./live-reader.ts";
import { createStallWatch, type StallWatch } from "./stall-watch.ts";
import { type ClientMessage, idOfMessage, parseClientMessage, type SubscriptionId } from "./ws-messages.ts";
import { WsSubscription } from "./ws-subscription.ts";

export interface WsClientOptions {
  readonly socket: WebSocket;
  readonly hub: LiveHub;
  readonly slot: ConnectionSlot;
  readonly listener: CallContext;
  readonly options: ResolvedGatewayOptions;
  readonly onClosed: (code: number, reason: string) => void;
}

/** Bytes that wait in a connection before nothing more is written to it. */
const MAX_BUFFERED_BYTES = 65_536;
const MAX_SUBSCRIPTIONS = 16;
/** Messages of a client between two heartbeats. */
const MAX_MESSAGES = 200;
/** How long the closing handshake may take. */
const CLOSE_MS = 1_000;

/** RFC 6455 section 7.4: 1001, 1008 and 1013 as registered, 4401 for what HTTP calls 401. */
const CLOSE_CODES: Readonly<Record<ClientEnd["code"], number>> = {
  TOKEN_EXPIRED: 4401,
  TOO_SLOW: 1013,
  PROTOCOL: 1008,
  SHUTDOWN: 1001,
};

/** One WebSocket, with its subscriptions. */
export class WsClient implements LiveClient {
  readonly kind = "websocket";
  readonly #socket: WebSocket;
  readonly #parts: WsClientOptions;
  readonly #stall: StallWatch;
  readonly #subscriptions = new Map<SubscriptionId, LiveReader>();
  #messages = 0;
  #answersPing = true;
  #ended: ClientEnd | "closed" | undefined;

  constructor(parts: WsClientOptions) {
    const { socket, slot, listener, options, onClosed } = parts;
    this.#socket = socket;
    this.#parts = parts;
    this.#stall = createStallWatch(options.stallTimeoutMs, options.clock, () => this.end(STALLED));
    socket.on("message", (data, isBinary) => this.#receive(String(data), isBinary));
    socket.on("pong", () => {
      this.#answersPing = true;
    });
    socket.on("ping", (data) => {
      if (this.#count() && socket.bufferedAmount < MAX_BUFFERED_BYTES) socket.pong(data);
    });
    socket.on("error", () => {}); // what follows is the close
    socket.once("close", (code, reason) => {
      const end = this.#ended;
      this.#ended = "closed";
      this.#stall.end();
      slot.leave();
      if (end && end !== "closed") onClosed(CLOSE_CODES[end.code], end.message);
      else onClosed(code, String(reason));
    });
    slot.join(this, listener);
  }

  get readers(): Iterable<LiveReader> {
    return this.#subscriptions.values();
  }

  room(): Promise<void> | undefined {
    return this.#hasRoom() && !this.#ended ? undefined : this.#stall.wait();
  }

  send(text: string): void {
    if (this.#ended || this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(text, () => {
      if (this.#hasRoom()) this.#stall.moved();
    });
  }

  countReset(code: ResetCode): void {
    this.#parts.hub.countReset(code);
  }

  beat(): void {
    if (this.#ended) return;
    this.#messages = 0;
    if (!this.#answersPing) return this.end(STALLED);
    this.#answersPing = false;
    this.#socket.ping();
    for (const reader of this.readers) reader.beat();
  }

  end(end: ClientEnd): void {
    if (this.#ended) return;
    this.#ended = end;
    for (const reader of this.readers) reader.end();
    this.#stall.end();
    this.#socket.close(CLOSE_CODES[end.code], end.message);
    const timer = this.#parts.options.clock.setTimer(CLOSE_MS, () => this.#socket.terminate());
    this.#socket.once("close", () => timer.cancel());
  }

  #hasRoom(): boolean {
    return this.#socket.bufferedAmount < MAX_BUFFERED_BYTES;
  }

  /** Whether the client may say something more; if not, it is ended. */
  #count(): boolean {
    this.#messages++;
    if (this.#messages <= MAX_MESSAGES && !this.#ended) return true;
    this.end({ code: "PROTOCOL", message: `more than ${MAX_MESSAGES} messages in a short time` });
    return false;
  }

  #receive(text: string, isBinary: boolean): void {
    if (!this.#count()) return;
    try {
      if (isBinary) throw invalidArgument({ field: "", description: "a message must be text" });
      this.#act(parseClientMessage(text));
    } catch (error) {
      const { code, message } = toProblem(error);
      this.send(JSON.stringify({ type: "error", id: idOfMessage(text), code, message }));
    }
  }

  #act(message: ClientMessage): void {
    switch (message.type) {
      case "subscribe":
        return this.#subscribe(message);
      case "unsubscribe": {
        const reader = this.#subscriptions.get(message.id);
        if (!reader) throw new ParleyError("NOT_FOUND", `there is no subscription ${JSON.stringify(message.id)}`);
        reader.end();
        this.#subscriptions.delete(message.id);
        return this.send(JSON.stringify({ type: "unsubscribed", id: message.id }));
      }
      case "ping":
        return this.send(JSON.stringify({ type: "pong", id: message.id }));
      default:
        return message satisfies never;
    }
  }

  #subscribe({ id, events, resources, after }: Extract<ClientMessage, { type: "subscribe" }>): void {
    if (this.#subscriptions.has(id)) {
      throw new ParleyError(
        "ALREADY_EXISTS",
        `there is a subscription ${JSON.stringify(id)} already: unsubscribe it first`,
      );
    }
    if (this.#subscriptions.size >= MAX_SUBSCRIPTIONS) {
      throw new ParleyError("RESOURCE_EXHAUSTED", `a connection has at most ${MAX_SUBSCRIPTIONS} subscriptions`);
    }
    const { hub, slot, listener, options } = this.#parts;
    const filter = createLiveFilter({ events, resources }, hub.names);
    this.send(JSON.stringify({ type: "subscribed", id, events: events.length > 0 ? events : hub.names, resources }));
    const reader = new LiveReader({
      log: slot.log,
      filter,
      sink: new WsSubscription(this, id),
      listener,
      maySee: hub.maySee,
      after,
      logger: options.logger,
      onOvertaken: () => this.end(OVERTAKEN),
    });
    this.#subscriptions.set(id, reader);
  }
}
