import { Readable } from "node:stream";
import { ChunkedDecoder } from "./chunked-decoder.ts";
import type { ContentDecoder } from "./content-decoder.ts";
import type { ContentFraming } from "./content-framing.ts";
import { LengthDecoder } from "./length-decoder.ts";

/** What a body asks of its connection. */
export interface BodySource {
  /** Somebody reads: let more come. */
  wanted(): void;
  /** Nobody reads fast enough: let no more come. */
  full(): void;
}

/** The content of a request, as it comes. Who reads it sets the pace; who does not want it need not read it. */
export class RequestBody extends Readable {
  readonly #source: BodySource;
  readonly #decoder: ContentDecoder;

  constructor(framing: Exclude<ContentFraming, { kind: "none" }>, source: BodySource) {
    super();
    this.#source = source;
    this.#decoder = framing.kind === "chunked" ? new ChunkedDecoder() : new LengthDecoder(framing.bytes);
    this.on("error", () => {}); // it may fail before, or after, anybody reads it
  }

  /** True once all of it has come. */
  get complete(): boolean {
    return this.#decoder.done;
  }

  /**
   * Takes what has come, and returns how many bytes of it are content.
   *
   * @throws EdgeError 400 for what is none.
   */
  accept(bytes: Buffer): number {
    const pieces: Buffer[] = [];
    const used = this.#decoder.decode(bytes, (content) => pieces.push(content));
    if (this.destroyed) return used;
    // As one, however small the chunks: a client could else make its reader keep an object for each byte.
    const content = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
    if (!this.push(content)) this.#source.full();
    if (this.complete) this.push(null);
    return used;
  }

  override _read(): void {
    this.#source.wanted();
  }
}
