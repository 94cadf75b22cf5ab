import type { ContentDecoder } from "./content-decoder.ts";

/** Content whose length was told (RFC 9112 section 6.2). */
export class LengthDecoder implements ContentDecoder {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  get done(): boolean {
    return this.#left === 0;
  }

  decode(bytes: Buffer, sink: (content: Buffer) => void): number {
    const used = Math.min(this.#left, bytes.length);
    this.#left -= used;
    sink(used === bytes.length ? bytes : bytes.subarray(0, used));
    return used;
  }
}
