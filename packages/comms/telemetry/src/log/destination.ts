import { type DestinationStream, destination } from "pino";
import { type ByteStream, LineBatch } from "./line-batch.ts";

/** When a reader stalls, lines past this many waiting bytes are dropped: a log must not eat the process. */
const MAX_WAITING = 8 * 1024 * 1024;

export type FileDestination = DestinationStream & { flush(done: (error?: Error) => void): void };

/**
 * A buffered file or descriptor. What is buffered is written when the process exits, also by an uncaught exception; only a kill
 * or a crash of the machine can lose the last 100 ms.
 *
 * @param finish what becomes of the lines before they are written, many at a time.
 */
export function openBuffered(target: string | number, finish: (lines: string) => string): FileDestination {
  // It writes whatever it is given at once, as with a length of 0, where it would not wait when flushed.
  const stream = open(target, { sync: false, minLength: 1, contentMode: "buffer", maxLength: MAX_WAITING });
  return new LineBatch(stream as unknown as ByteStream, finish); // its types do not know the content mode
}

/** A file or descriptor that each line is written to at once: what a person at a terminal wants. */
export function openImmediate(target: string | number): FileDestination {
  return open(target, { sync: true });
}

function open(target: string | number, options: object) {
  const stream = destination({ dest: target, mkdir: typeof target === "string", ...options });
  // A full disk must not take the service down with it, and there is no log to tell it to.
  stream.on("error", () => {});
  return stream;
}
