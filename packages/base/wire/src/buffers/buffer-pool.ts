import { hintYoungCollection } from "./external-memory.ts";

/**
 * From this size on a message is written into a buffer that is used again: the system has to clear the pages of a new one, and V8 to
 * collect it. Measured in calls/s there and back, beside new buffers: 4 MiB one at a time, 110 and 38; 256 KiB, 8 at once, 2,000 and 1,600.
 */
const LARGE_BYTES = 128 * 1_024;

/** What is kept for the next messages: so much at most, for as long as the process lives. */
const SPARE_BYTES = 8 * 1_024 * 1_024;

/** The smallest first. */
const spares: ArrayBuffer[] = [];
const lent = new WeakSet<ArrayBufferLike>();

/** A buffer of this length with anything in it. If it is large it is lent: {@link releaseBuffer} lets another message have it. */
export function acquireBuffer(length: number): Buffer {
  if (length < LARGE_BYTES) return allocate(length);
  const fits = spares.findIndex((spare) => spare.byteLength >= length);
  const [spare] = fits < 0 ? [] : spares.splice(fits, 1);
  const bytes = spare ? Buffer.from(spare, 0, length) : allocate(length);
  lent.add(bytes.buffer);
  return bytes;
}

/**
 * Gives back what a message was written into, once nobody will look at it again; any other buffer is left alone. What is
 * never given back is the garbage collector's, as ever.
 */
export function releaseBuffer(bytes: ArrayBufferLike): void {
  if (bytes.byteLength < LARGE_BYTES || !lent.delete(bytes) || bytes.byteLength > SPARE_BYTES) return;
  spares.push(bytes as ArrayBuffer);
  spares.sort((one, other) => one.byteLength - other.byteLength);
  while (bytesOf(spares) > SPARE_BYTES) spares.shift();
}

function allocate(length: number): Buffer {
  hintYoungCollection(length);
  return Buffer.allocUnsafeSlow(length);
}

function bytesOf(buffers: readonly ArrayBuffer[]): number {
  return buffers.reduce((bytes, { byteLength }) => bytes + byteLength, 0);
}
