import { isUtf8 } from "node:buffer";

/** The bytes of an event in one of two columns: text where they are text, so that people and SQL can read it. */
export interface StoredData {
  readonly text: string | null;
  readonly bytes: Uint8Array | null;
}

const BYTE_ORDER_MARK = 0xef;

/**
 * PostgreSQL's text is UTF-8 and holds no U+0000, and a driver may drop a byte order mark; bytes that are not such text
 * are kept as `bytea`.
 */
export function toStoredData(data: Uint8Array): StoredData {
  if (data[0] === BYTE_ORDER_MARK || !isUtf8(data) || data.includes(0)) return { text: null, bytes: data };
  return { text: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("utf8"), bytes: null };
}

export function fromStoredData({ text, bytes }: StoredData): Uint8Array {
  return text === null ? (bytes ?? new Uint8Array()) : Buffer.from(text, "utf8");
}
