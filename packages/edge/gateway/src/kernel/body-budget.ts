import type { HttpRequest } from "@parley/wire/internal/http1";
import { addressKey, EdgeError, ShareLimit } from "@parley/wire/internal/http1";
import type { ClientAddress } from "./request/client-address.ts";

/** What a piece of a body costs beside its bytes: a client may send a byte at a time. */
const PIECE_BYTES = 128;

/** The part of the budget that one client may use, so that none can use all of it. */
const ADDRESS_SHARE = 4;

export interface BodyBudgetOptions {
  /** Bytes of bodies that have not come as a whole yet. */
  readonly maxUnfinishedBytes: number;
  readonly maxBodyBytes: number;
  readonly clientAddress: ClientAddress;
}

/** Bounds the memory of bodies that are still being sent, in all and of one client. */
export class BodyBudget {
  readonly limit: ShareLimit;
  readonly #clientAddress: ClientAddress;
  #unfinished = 0;

  constructor({ maxUnfinishedBytes, maxBodyBytes, clientAddress }: BodyBudgetOptions) {
    // One body of the largest size always has room, also if it comes in small pieces.
    const maxPerAddress = Math.max(maxUnfinishedBytes / ADDRESS_SHARE, 2 * maxBodyBytes);
    this.limit = new ShareLimit({ max: maxUnfinishedBytes, maxPerAddress });
    this.#clientAddress = clientAddress;
  }

  /** Bodies that are being received. */
  get unfinished(): number {
    return this.#unfinished;
  }

  /** Begins a body. */
  open(request: HttpRequest): UnfinishedBody {
    this.#unfinished += 1;
    const onEnd = (): void => {
      this.#unfinished -= 1;
    };
    return new UnfinishedBody(this.limit, addressKey(this.#clientAddress(request)), onEnd);
  }
}

/** What one body holds of the budget. */
export class UnfinishedBody {
  readonly #limit: ShareLimit;
  readonly #address: string;
  readonly #onEnd: () => void;
  #bytes = 0;
  #isOver = false;

  constructor(limit: ShareLimit, address: string, onEnd: () => void) {
    this.#limit = limit;
    this.#address = address;
    this.#onEnd = onEnd;
  }

  /** @throws EdgeError 503 if the piece does not fit any more. */
  take(piece: Uint8Array): void {
    const bytes = piece.length + PIECE_BYTES;
    const exceeded = this.#limit.take(bytes, this.#address);
    if (exceeded === undefined) {
      this.#bytes += bytes;
      return;
    }
    const whose = exceeded === "address" ? "your address" : "all clients";
    const message = `the unfinished bodies of ${whose} are as large as they may be: try again`;
    throw new EdgeError(503, "UNAVAILABLE", message, { "retry-after": "1", connection: "close" });
  }

  /** Gives everything back. Idempotent. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#limit.release(this.#bytes, this.#address);
    this.#onEnd();
  }
}
