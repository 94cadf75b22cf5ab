import type { Socket } from "node:net";
import { addressKey } from "./address-key.ts";
import { ShareLimit, type ShareLimitOptions } from "./share-limit.ts";

export interface ConnectionLimitOptions extends ShareLimitOptions {
  /** Whether an address is that of a proxy, whose connections are those of many clients. */
  readonly isProxy: (address: string) => boolean;
}

/** Bounds the open connections of a server, in all and of one address, until their sockets close. */
export class ConnectionLimit {
  readonly limit: ShareLimit;
  readonly #isProxy: (address: string) => boolean;

  constructor(options: ConnectionLimitOptions) {
    this.limit = new ShareLimit(options);
    this.#isProxy = options.isProxy;
  }

  /** Counts a connection that was accepted. False if there are too many. */
  admit(socket: Socket): boolean {
    const { remoteAddress } = socket;
    const counts = remoteAddress !== undefined && !this.#isProxy(remoteAddress);
    const address = counts ? addressKey(remoteAddress) : undefined;
    if (this.limit.take(1, address)) return false;
    socket.once("close", () => this.limit.release(1, address));
    return true;
  }
}
