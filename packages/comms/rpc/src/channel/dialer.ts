import type { Address, Connection } from "../connection/connection.ts";
import { formatAddress } from "../resolver/address.ts";
import type { Target } from "../resolver/target.ts";
import type { ResolvedChannelOptions } from "./options.ts";

export type Dial = (address: Address, onCapacity: () => void, signal: AbortSignal) => Promise<Connection>;

/** A server that is still pinged too often at this interval will not be pleased by a longer one. */
const MAX_KEEPALIVE_INTERVAL_MS = 3_600_000;

/** Opens the connections of a channel, and pings less often once a server has asked for that. */
export function createDialer(options: ResolvedChannelOptions): Dial {
  const authority = authorityOf(options.parsedTarget);
  let { keepalive } = options;
  return async (address, onCapacity, signal) => {
    const connection = await options.connect({ ...options, keepalive, address, authority, onCapacity }, signal);
    void connection.closed.then(({ advice }) => {
      if (advice !== "slower_keepalive") return;
      keepalive = { ...keepalive, intervalMs: Math.min(2 * keepalive.intervalMs, MAX_KEEPALIVE_INTERVAL_MS) };
    });
    return connection;
  };
}

/** A name that stands for several addresses is what its servers call themselves; a list has no such name. */
function authorityOf(target: Target): string | undefined {
  return target.kind === "static" ? undefined : formatAddress(target.address);
}
