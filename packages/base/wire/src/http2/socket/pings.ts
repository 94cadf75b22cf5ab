/** PINGs of ours that may be unanswered at once. */
const MAX_PINGS = 100;

/** The PINGs that we have sent (RFC 9113, section 6.7). Each has its own payload, so that only a true answer counts. */
export class Pings {
  /** Made for the first: an idle connection has none. */
  #waiting: Map<bigint, () => void> | undefined;
  #sent = 0n;

  /** The payload of a new PING; undefined if too many are unanswered. */
  begin(onAck: () => void): Buffer | undefined {
    this.#waiting ??= new Map();
    if (this.#waiting.size >= MAX_PINGS) return undefined;
    this.#sent += 1n;
    this.#waiting.set(this.#sent, onAck);
    const payload = Buffer.alloc(8);
    payload.writeBigUInt64BE(this.#sent);
    return payload;
  }

  /** Answers whether we had asked. */
  settle(payload: Buffer): boolean {
    const number = payload.readBigUInt64BE();
    const onAck = this.#waiting?.get(number);
    this.#waiting?.delete(number);
    onAck?.();
    return onAck !== undefined;
  }
}
