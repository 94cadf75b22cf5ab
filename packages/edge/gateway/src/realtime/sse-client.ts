import type { Writable } from "node:stream";
import type { CallContext } from "@parley/core";
import { renderProblem } from "../kernel/problem.ts";
import type { ResolvedGatewayOptions } from "../options.ts";
import { type ClientEnd, OVERTAKEN, STALLED } from "./client-end.ts";
import type { LiveEntry } from "./live-entry.ts";
import type { LiveFilter } from "./live-filter.ts";
import type { ConnectionSlot, LiveClient, LiveHub } from "./live-hub.ts";
import { LiveReader, type LiveSink, type Reset } from "./live-reader.ts";
import { createStallWatch, type StallWatch } from "./stall-watch.ts";

export interface SseClientOptions {
  readonly raw: Writable;
  readonly hub: LiveHub;
  readonly slot: ConnectionSlot;
  readonly filter: LiveFilter;
  readonly listener: CallContext;
  /** `Last-Event-ID`. */
  readonly after: string | undefined;
  readonly options: ResolvedGatewayOptions;
}

/** What a client is told to wait before it comes back. */
const RETRY_MS = 1_000;
/** Clients of an instance that stops come back spread over this time. */
const RETRY_SPREAD_MS = 4_000;
/** How long the last words may take to leave. */
const LAST_WORDS_MS = 1_000;

/**
 * Server-sent events (the HTML standard, section 9.2). A message without data sets the last event id and is not
 * dispatched: so a client knows where it is before its first event, and while there are none.
 */
export class SseClient implements LiveClient, LiveSink {
  readonly kind = "sse";
  readonly #raw: Writable;
  readonly #hub: LiveHub;
  readonly #options: ResolvedGatewayOptions;
  readonly #stall: StallWatch;
  readonly readers: readonly LiveReader[];
  #ended = false;

  constructor({ raw, hub, slot, filter, listener, after, options }: SseClientOptions) {
    this.#raw = raw;
    this.#hub = hub;
    this.#options = options;
    this.#stall = createStallWatch(options.stallTimeoutMs, options.clock, () => this.end(STALLED));
    raw.on("drain", () => this.#stall.moved());
    raw.once("close", () => {
      this.#ended = true;
      this.#stall.end();
      slot.leave();
    });
    raw.write(`retry: ${RETRY_MS}\n\n`);
    const { maySee } = hub;
    const { log } = slot;
    const onOvertaken = (): void => this.end(OVERTAKEN);
    const { logger } = options;
    this.readers = [new LiveReader({ log, filter, sink: this, listener, maySee, after, logger, onOvertaken })];
    slot.join(this, listener);
  }

  room(): Promise<void> | undefined {
    return this.#raw.writableNeedDrain || this.#ended ? this.#stall.wait() : undefined;
  }

  event({ name, members }: LiveEntry, id: string): void {
    this.#write(`event: ${name}\nid: ${id}\ndata: {${members}}\n\n`);
  }

  reset(reset: Reset, id: string): void {
    this.#hub.countReset(reset.code);
    this.#write(`event: reset\nid: ${id}\ndata: ${JSON.stringify(reset)}\n\n`);
  }

  position(id: string): void {
    this.#write(`id: ${id}\n\n`);
  }

  beat(): void {
    if (this.#raw.writableNeedDrain) return;
    this.#write(":\n\n");
    for (const reader of this.readers) reader.beat();
  }

  end(end: ClientEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const reader of this.readers) reader.end();
    const { clock, json, realtime, logger } = this.#options;
    const raw = this.#raw;
    if (end.code !== "SHUTDOWN") logger.info({ ...end }, "a live client was ended");
    const problem = { ...end, status: 200, violations: [], headers: {} };
    const lastWords =
      end.code === "SHUTDOWN"
        ? `retry: ${RETRY_MS + Math.floor((realtime?.random.next() ?? 0) * RETRY_SPREAD_MS)}\n\n`
        : `event: error\ndata: ${renderProblem(problem, json.errors)}\n\n`;
    const timer = clock.setTimer(LAST_WORDS_MS, () => raw.destroy());
    raw.once("close", () => timer.cancel());
    raw.end(lastWords);
    this.#stall.end();
  }

  #write(text: string): void {
    if (!this.#ended) this.#raw.write(text);
  }
}
