/** Which limit a client met: that of the whole gateway, or its own. */
export type LimitOwner = "gateway" | "address";

export interface ShareLimitOptions {
  /** The most in all. */
  readonly max: number;
  /** The most of one client. */
  readonly maxPerAddress: number;
}

/** An amount of which there is so much in all, and so much for one client. Counts what it grants and what it refuses. */
export class ShareLimit {
  readonly #options: ShareLimitOptions;
  readonly #byAddress = new Map<string, number>();
  readonly refused: Record<LimitOwner, number> = { gateway: 0, address: 0 };
  #used = 0;

  constructor(options: ShareLimitOptions) {
    this.#options = options;
  }

  get used(): number {
    return this.#used;
  }

  /**
   * Takes an amount, until {@link ShareLimit.release}. Undefined if it was granted, else the limit that it would exceed.
   *
   * @param address undefined for a client that has no limit of its own.
   */
  take(amount: number, address: string | undefined): LimitOwner | undefined {
    const own = address === undefined ? 0 : (this.#byAddress.get(address) ?? 0);
    const exceeded = this.#exceeded(amount, own);
    if (exceeded) {
      this.refused[exceeded] += 1;
      return exceeded;
    }
    this.#used += amount;
    if (address !== undefined) this.#byAddress.set(address, own + amount);
    return undefined;
  }

  release(amount: number, address: string | undefined): void {
    this.#used -= amount;
    if (address === undefined) return;
    const left = (this.#byAddress.get(address) ?? amount) - amount;
    if (left > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
  }

  #exceeded(amount: number, own: number): LimitOwner | undefined {
    if (own + amount > this.#options.maxPerAddress) return "address";
    return this.#used + amount > this.#options.max ? "gateway" : undefined;
  }
}
