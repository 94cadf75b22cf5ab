import { gunzipSync, gzipSync } from "node:zlib";
import { ParleyError } from "@parley/core";

/** How messages are packed. */
export type Encoding = "identity" | "gzip";

/** What we read, as `grpc-accept-encoding` says it. */
export const ACCEPTED_ENCODINGS = "identity,gzip";

/** A shorter message is sent as it is: packing it costs more than it saves. */
const WORTHWHILE_BYTES = 1_024;

/** Level 1: on JSON-like messages it packs within a few percent of level 6 in a third of the time. */
const LEVEL = 1;

export function isEncoding(name: string): name is Encoding {
  return name === "identity" || name === "gzip";
}

/** Whether the peer reads gzip, by its `grpc-accept-encoding`. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  return acceptEncoding?.split(",").some((name) => name.trim() === "gzip") ?? false;
}

/** Packs a message if that is worth it; the answer is undefined if not. */
export function compress(message: Uint8Array, encoding: Encoding): Uint8Array | undefined {
  if (encoding === "identity" || message.length < WORTHWHILE_BYTES) return undefined;
  return gzipSync(message, { level: LEVEL });
}

/**
 * Unpacks a message, at most `maxBytes` of it: a megabyte of gzip can hold a gigabyte.
 * In place, not on the thread pool: 4 MiB take about 10 ms, the usual few KiB less than the way to a thread and back.
 */
export function decompress(message: Uint8Array, encoding: Encoding, maxBytes: number): Uint8Array {
  if (encoding === "identity") {
    throw new ParleyError("INTERNAL", "a message is marked as compressed, but grpc-encoding names no compression");
  }
  try {
    return gunzipSync(message, { maxOutputLength: Math.max(1, maxBytes) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      throw new ParleyError("RESOURCE_EXHAUSTED", `a message is over the limit of ${maxBytes} bytes when decompressed`);
    }
    throw new ParleyError("INTERNAL", "a compressed message cannot be decompressed", { cause: error });
  }
}
