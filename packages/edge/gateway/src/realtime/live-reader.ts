import { type Backoff, type CallContext, type ErrorCode, type Logger, type Random, toParleyError } from "@parley/core";
import { backoffDelayMs, loopBudget, systemRandom } from "@parley/core/internal";
import { type Cursor, decodeCursor, encodeCursor, mergeCursors, reaches } from "./cursor.ts";
import type { LiveEntry } from "./live-entry.ts";
import type { LiveFilter } from "./live-filter.ts";
import type { LiveLog } from "./live-log.ts";
import type { Visibility } from "./visibility.ts";

/** Why events may be missing. */
export type ResetCode = "CURSOR_UNKNOWN" | "CURSOR_NOT_HELD" | "EVENTS_MISSED" | "RULE_FAILED";

export interface Reset {
  readonly code: ResetCode;
  readonly reason: string;
}

/** Where one subscription is written to. */
export interface LiveSink {
  /** Undefined if there is room for more; else resolves when there is, or when the client has ended. */
  room(): Promise<void> | undefined;
  event(entry: LiveEntry, id: string): void;
  reset(reset: Reset, id: string): void;
  /** Everything up to `id` has been sent or was not for this client. */
  position(id: string): void;
}

export interface LiveReaderOptions {
  readonly log: LiveLog;
  readonly filter: LiveFilter;
  readonly sink: LiveSink;
  readonly listener: CallContext;
  readonly maySee: Visibility;
  /** The id of the last event that the client has; undefined begins at the present. */
  readonly after: string | undefined;
  readonly logger: Logger;
  /** Spreads the questions of many clients. */
  readonly random?: Random | undefined;
  /** The client was too slow: what it was to read next is gone. */
  readonly onOvertaken: () => void;
}

/** Everything from before the client came is here, and yet it has more: what it has is of a log that is no more. */
const LOG_ANEW: Reset = { code: "CURSOR_NOT_HELD", reason: "a log that the id names was removed and begins anew" };
/** Failures of a rule that end by themselves: a service that it asks is away, slow or busy. */
const PASSING: ReadonlySet<ErrorCode> = new Set(["UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "ABORTED"]);
/** How a rule is asked again: within 5 s after a service is back. */
const RULE_BACKOFF: Backoff = { initialMs: 250, maxMs: 4_000, multiplier: 2, jitter: "equal" };

const RULE_FAILED: Reset = { code: "RULE_FAILED", reason: "whether you may see an event could not be told" };

/** Reads the log for one subscription, at the pace of its client. */
export class LiveReader {
  readonly #options: LiveReaderOptions;
  #next: number;
  /** What the client had when it came, until the log has passed all of it. */
  #had: Cursor | undefined;
  #cameMs = 0;
  #state: "idle" | "reading" | "ended" = "idle";
  /** Ends the wait before a rule is asked again. */
  #endPause: (() => void) | undefined;

  constructor(options: LiveReaderOptions) {
    this.#options = options;
    this.#next = options.log.end;
    if (options.after === undefined) this.beat();
    else this.#resume(options.after);
    this.wake();
  }

  /** There is more to read. */
  wake(): void {
    if (this.#state !== "idle") return;
    this.#state = "reading";
    this.#read().catch((error: unknown) => {
      this.#options.logger.error({ err: error }, "live events of a client broke off");
      this.#options.onOvertaken();
    });
  }

  /** Tells the client where it is, if it has everything. */
  beat(): void {
    const { log, sink } = this.#options;
    if (this.#had && log.position.asOfMs > this.#cameMs && log.isBehind(this.#had)) this.#reset(LOG_ANEW);
    if (this.#state !== "idle" || this.#next !== log.end || sink.room()) return;
    sink.position(this.#idAt(log.position));
  }

  /** The log has begun anew. */
  missed(reason: string): void {
    this.#reset({ code: "EVENTS_MISSED", reason });
  }

  end(): void {
    this.#state = "ended";
    this.#endPause?.();
  }

  #resume(after: string): void {
    const { log, sink } = this.#options;
    const cursor = decodeCursor(after);
    if (!cursor) return this.#reset({ code: "CURSOR_UNKNOWN", reason: "the id was not made by this system" });
    if (!log.covers(cursor)) {
      return this.#reset({ code: "CURSOR_NOT_HELD", reason: "events after the id are no longer held here" });
    }
    this.#next = log.first;
    this.#had = cursor;
    this.#cameMs = log.nowMs;
    sink.position(after);
  }

  #reset(reset: Reset): void {
    if (this.#isEnded()) return;
    const { log, sink } = this.#options;
    this.#next = log.end;
    this.#had = undefined;
    this.#endPause?.();
    sink.reset(reset, encodeCursor(log.position));
  }

  async #read(): Promise<void> {
    const { log, sink, onOvertaken } = this.#options;
    while (this.#next < log.end) {
      // An event goes to thousands of clients: not all of them in one turn of the event loop.
      if (!loopBudget.admit()) {
        await loopBudget.nextTurn();
        if (this.#isEnded()) return;
        if (this.#next >= log.end) break; // the log began anew meanwhile
      }
      const place = this.#next;
      const entry = log.at(place);
      if (!entry) return onOvertaken();
      if (this.#wants(entry)) {
        const first = await this.#ask(entry, 1);
        const seen = first === "unavailable" ? await this.#askAgain(entry, place) : first;
        if (this.#isEnded()) return;
        if (this.#next !== place) continue; // the log began anew meanwhile
        if (seen === "given up") {
          this.#reset(RULE_FAILED);
          continue;
        }
        if (seen === "yes") sink.event(entry, this.#idOf(entry));
        if (seen === "failed") sink.reset(RULE_FAILED, this.#idOf(entry));
      }
      this.#next++;
      const room = sink.room();
      if (room) await room;
      if (this.#isEnded()) return;
    }
    this.#state = "idle";
  }

  #wants(entry: LiveEntry): boolean {
    const has = (this.#had?.offsets.get(entry.logKey) ?? -1n) >= entry.offset;
    return !has && this.#options.filter.matches(entry);
  }

  /**
   * Asks the rule again while what it needs is unavailable. The client waits at this event and loses nothing: what comes after
   * stays in the log. Given up only when the event has been held for as long as events are kept.
   */
  async #askAgain(entry: LiveEntry, place: number): Promise<"yes" | "no" | "failed" | "given up"> {
    const { log } = this.#options;
    const sinceMs = log.nowMs;
    for (let failures = 1; ; failures++) {
      if (this.#isEnded() || this.#next !== place) return "no";
      if (!log.at(place) || log.nowMs - sinceMs >= log.keepMs) return "given up";
      await this.#pause(failures);
      const seen = await this.#ask(entry, failures + 1);
      if (seen !== "unavailable") return seen;
    }
  }

  async #ask(entry: LiveEntry, failures: number): Promise<"yes" | "no" | "failed" | "unavailable"> {
    const { maySee, listener, logger } = this.#options;
    try {
      return (await maySee(listener, entry)) ? "yes" : "no";
    } catch (error) {
      const { code } = toParleyError(error);
      const fields = { err: error, code, event: entry.name, id: entry.envelope.id, failures };
      logger[failures === 1 ? "warn" : "debug"](fields, "the rule of a live event failed");
      return PASSING.has(code) ? "unavailable" : "failed";
    }
  }

  #pause(failures: number): Promise<void> {
    const { log, random = systemRandom } = this.#options;
    return new Promise((resolve) => {
      const timer = log.clock.setTimer(backoffDelayMs(RULE_BACKOFF, failures, random), () => this.#endPause?.());
      this.#endPause = () => {
        this.#endPause = undefined;
        timer.cancel();
        resolve();
      };
    });
  }

  /** The place after an entry, for who had more than this instance's log has passed by then. */
  #idOf(entry: LiveEntry): string {
    const cursor = this.#had && decodeCursor(entry.id);
    return cursor ? this.#idAt(cursor) : entry.id;
  }

  #idAt(cursor: Cursor): string {
    if (this.#had && reaches(cursor, this.#had)) this.#had = undefined;
    return encodeCursor(this.#had ? mergeCursors(cursor, this.#had) : cursor);
  }

  #isEnded(): boolean {
    return this.#state === "ended";
  }
}
