import { createHash } from "node:crypto";

/**
 * A place in the stream of events that means the same at every instance: for each log of the transport, up to which offset
 * everything has been heard. Instances hear the logs in different turns, so one number would not do.
 */
export interface Cursor {
  /** Everything published before this (Unix epoch, milliseconds) lies before the cursor, also in logs that it does not name. */
  readonly asOfMs: number;
  /** By {@link logKey}. */
  readonly offsets: ReadonlyMap<string, bigint>;
}

/** Longer than a cursor over some hundred logs; what is longer was not made here. */
const MAX_LENGTH = 8_192;
const KEY_LENGTH = 8;

/** A short name for a log: 48 bits of its SHA-256. */
export function logKey(log: string): string {
  return createHash("sha256").update(log).digest("base64url").slice(0, KEY_LENGTH);
}

/** Text that may stand in a header, a URL and JSON: `1-<asOf>` and `.<key><offset>` per log, numbers in hexadecimal. */
export function encodeCursor({ asOfMs, offsets }: Cursor): string {
  let text = `1-${Math.max(0, Math.floor(asOfMs)).toString(16)}`;
  for (const [key, offset] of offsets) text += `.${key}${offset.toString(16)}`;
  return text;
}

/** Undefined for text that is no cursor. */
export function decodeCursor(text: string): Cursor | undefined {
  if (text.length > MAX_LENGTH || !/^1-[\da-f]{1,12}(?:\.[\w-]{8}[\da-f]{1,32})*$/.test(text)) return undefined;
  const [head = "", ...logs] = text.split(".");
  return {
    asOfMs: Number.parseInt(head.slice(2), 16),
    offsets: new Map(logs.map((log) => [log.slice(0, KEY_LENGTH), BigInt(`0x${log.slice(KEY_LENGTH)}`)])),
  };
}

/** The cursor after both: what was heard up to the one or the other. */
export function mergeCursors(a: Cursor, b: Cursor): Cursor {
  const offsets = new Map(a.offsets);
  for (const [key, offset] of b.offsets) {
    const other = offsets.get(key);
    if (other === undefined || other < offset) offsets.set(key, offset);
  }
  return { asOfMs: Math.max(a.asOfMs, b.asOfMs), offsets };
}

/** Whether `a` is at or past `b` in every log. */
export function reaches(a: Cursor, b: Cursor): boolean {
  return [...b.offsets].every(([key, offset]) => (a.offsets.get(key) ?? -1n) >= offset);
}
