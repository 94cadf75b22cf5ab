import type { Clock } from "@parley/core";
import { type Cursor, encodeCursor, logKey } from "./cursor.ts";
import type { LiveEntry } from "./live-entry.ts";

export interface LiveLogOptions {
  readonly keepEvents: number;
  readonly keepBytes: number;
  readonly keepMs: number;
  readonly clock: Clock;
  /** Everything published since then (Unix epoch, milliseconds) is asked of the transport; `Infinity` if it cannot replay. */
  readonly heldSinceMs: number;
}

/** How far the clocks of two instances and the broker may differ. */
export const CLOCK_SKEW_MS = 10_000;

/** What is no longer held of a log: what lies at or before `offset`, and was published before `sinceMs`. */
interface Floor {
  readonly offset: bigint;
  readonly sinceMs: number;
}

/** An entry as it arrives, before its place is known. */
export type ArrivedEntry = Omit<LiveEntry, "id" | "logKey" | "offset" | "arrivedMs">;

/**
 * The recent events of one instance, in the order of their arrival, and what can be said about those that went. All
 * clients read from it at their own pace, so that a slow one costs no memory of its own.
 *
 * A cursor is *covered* if nothing after it has gone. For each log that is so if the cursor stands at or past the last
 * entry that went, or if it was made after everything that went had been published; a log that neither names counts as
 * gone before the oldest moment that was asked of the transport.
 */
export class LiveLog {
  readonly #options: LiveLogOptions;
  #entries: LiveEntry[] = [];
  /** The place of `#entries[0]`. Places count up for as long as the instance lives. */
  #first = 0;
  #bytes = 0;
  #asOfMs = 0;
  #heldSinceMs: number;
  readonly #offsets = new Map<string, bigint>();
  readonly #floors = new Map<string, Floor>();
  readonly #keys = new Map<string, string>();
  /** Events that are held, by source and id: a relay may publish one twice. */
  readonly #held = new Set<string>();

  constructor(options: LiveLogOptions) {
    this.#options = options;
    this.#heldSinceMs = options.heldSinceMs;
  }

  get first(): number {
    return this.#first;
  }

  /** The place of the entry that comes next. */
  get end(): number {
    return this.#first + this.#entries.length;
  }

  at(place: number): LiveEntry | undefined {
    return this.#entries[place - this.#first];
  }

  /** The cursor after everything that has arrived. */
  get position(): Cursor {
    return { asOfMs: this.#asOfMs, offsets: this.#offsets };
  }

  /** Begins a log that the transport does not number: from here on its offsets are all known. */
  open(log: string): void {
    const key = this.#keyOf(log);
    this.#offsets.set(key, 0n);
    this.#floors.set(key, { offset: 0n, sinceMs: this.#heldSinceMs });
  }

  /**
   * Takes an event in. `undefined` as the entry stands for one that nobody can be shown, whose place counts all the same.
   *
   * @returns `repeated` for one that is held; `late` for any other behind a place that cursors have passed already: it came
   *   out of turn, or its log was removed and begins anew.
   */
  append(
    place: { log: string; offset: bigint },
    eventKey: string,
    entry?: ArrivedEntry,
  ): "added" | "repeated" | "late" {
    const key = this.#keyOf(place.log);
    const latest = this.#offsets.get(key);
    if (latest !== undefined && place.offset <= latest) {
      return this.#held.has(eventKey) ? "repeated" : "late";
    }
    if (latest === undefined) this.#floors.set(key, { offset: place.offset - 1n, sinceMs: this.#heldSinceMs });
    this.#offsets.set(key, place.offset);
    if (this.#held.has(eventKey)) return "repeated";
    if (!entry) return "added";
    const id = encodeCursor(this.position);
    const arrivedMs = this.#options.clock.now();
    this.#entries.push({ ...entry, logKey: key, offset: place.offset, id, arrivedMs, bytes: entry.bytes + id.length });
    this.#bytes += entry.bytes + id.length;
    this.#held.add(eventKey);
    this.trim();
    return "added";
  }

  /** Says that everything published before `atMs` has arrived. */
  confirm(atMs: number): void {
    this.#asOfMs = Math.max(this.#asOfMs, atMs);
  }

  /** Begins anew after events may have been missed: no cursor from before is covered. */
  forget(): void {
    this.#first = this.end;
    this.#entries = [];
    this.#bytes = 0;
    this.#held.clear();
    this.#offsets.clear();
    this.#floors.clear();
    this.#asOfMs = 0;
    const { heldSinceMs, clock } = this.#options;
    this.#heldSinceMs = Number.isFinite(heldSinceMs) ? clock.now() + CLOCK_SKEW_MS : heldSinceMs;
  }

  get nowMs(): number {
    return this.#options.clock.now();
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  /** How long an event is kept. */
  get keepMs(): number {
    return this.#options.keepMs;
  }

  /** Whether a log of the cursor has not come as far here. */
  isBehind({ offsets }: Cursor): boolean {
    return [...this.#offsets].some(([key, offset]) => offset < (offsets.get(key) ?? offset));
  }

  covers(cursor: Cursor): boolean {
    for (const key of new Set([...cursor.offsets.keys(), ...this.#offsets.keys()])) {
      const offset = cursor.offsets.get(key);
      const floor = this.#floors.get(key);
      if (offset !== undefined && floor !== undefined && offset >= floor.offset) continue;
      if (cursor.asOfMs < (floor?.sinceMs ?? this.#heldSinceMs) + CLOCK_SKEW_MS) return false;
    }
    return true;
  }

  /** Lets go of what is over a limit; the latest stays. */
  trim(): void {
    const { keepEvents, keepBytes, keepMs, clock } = this.#options;
    const oldestMs = clock.now() - keepMs;
    let gone = 0;
    for (const entry of this.#entries) {
      const left = this.#entries.length - gone;
      const over = left > keepEvents || this.#bytes > keepBytes || entry.arrivedMs < oldestMs;
      if (!over || left === 1) break;
      gone++;
      this.#bytes -= entry.bytes;
      this.#held.delete(eventKeyOf(entry.envelope));
      this.#floors.set(entry.logKey, { offset: entry.offset, sinceMs: entry.arrivedMs });
    }
    if (gone === 0) return;
    this.#entries.splice(0, gone);
    this.#first += gone;
  }

  #keyOf(log: string): string {
    const known = this.#keys.get(log);
    if (known !== undefined) return known;
    const key = logKey(log);
    this.#keys.set(log, key);
    return key;
  }
}

/** CloudEvents 1.0: source and id together name an event. */
export function eventKeyOf({ source, id }: { readonly source: string; readonly id: string }): string {
  return `${source}\n${id}`;
}
