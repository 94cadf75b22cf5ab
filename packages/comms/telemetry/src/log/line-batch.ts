/** Lines are handed on once this many characters are waiting: some hundred lines of calls, for one system call. */
const BATCH = 32_768;
/** No line waits longer to be handed on. */
const HAND_ON_EVERY_MS = 100;

/** What takes the lines in the end, as bytes. */
export interface ByteStream {
  write(bytes: Buffer): unknown;
  flush(done: (error?: Error) => void): void;
  flushSync(): void;
}

/**
 * Gathers lines and hands them on many at a time: what each costs is then little more than its characters. Given to pino's stream
 * one by one, each line is measured, and so is all that waits with it: 2.5 µs a line, 5 with 16 KiB waiting.
 */
export class LineBatch {
  readonly #stream: ByteStream;
  readonly #finish: (lines: string) => string;
  #lines = "";

  constructor(stream: ByteStream, finish: (lines: string) => string) {
    this.#stream = stream;
    this.#finish = finish;
    setInterval(() => this.#handOn(), HAND_ON_EVERY_MS).unref();
    beforeExit(this);
  }

  write(line: string): void {
    this.#lines += line;
    if (this.#lines.length >= BATCH) this.#handOn();
  }

  flush(done: (error?: Error) => void): void {
    this.#handOn();
    this.#stream.flush(done);
  }

  /** What waits is written before this returns; for a process that ends. */
  flushSync(): void {
    this.#handOn();
    this.#stream.flushSync();
  }

  #handOn(): void {
    if (this.#lines === "") return;
    const bytes = Buffer.from(this.#finish(this.#lines));
    this.#lines = "";
    this.#stream.write(bytes);
  }
}

/** All of this process: one listener for them, as loggers may be many. */
const batches: LineBatch[] = [];

function beforeExit(batch: LineBatch): void {
  if (batches.push(batch) === 1) process.on("exit", () => batches.forEach(writeOut));
}

function writeOut(batch: LineBatch): void {
  try {
    batch.flushSync();
  } catch {
    // A full disk, or a descriptor that is closed by now: the other logs are still to be written.
  }
}
