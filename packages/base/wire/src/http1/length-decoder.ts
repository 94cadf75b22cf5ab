import type { ContentDecoder } from "./content-decoder.ts";

/** Content whose length was told (RFC 9112 section 6.2). */
export class LengthDecoder implements ContentDecoder {
  #left: number;

  constructor(octets: number) {
    this.#left = octets;
  }

  get done(): boolean {
    return this.#left === 0;
  }

  decode(octets: Buffer, sink: (content: Buffer) => void): number {
    const used = Math.min(this.#left, octets.length);
    this.#left -= used;
    sink(used === octets.length ? octets : octets.subarray(0, used));
    return used;
  }
}
