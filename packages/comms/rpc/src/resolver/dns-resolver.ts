import { lookup as systemLookup } from "node:dns/promises";
import { type Clock, ParleyError, type Timer } from "@parley/core";
import { settleWithin } from "@parley/core/internal";
import type { Address } from "../connection/connection.ts";
import type { Resolver, ResolverListener } from "./resolver.ts";

/** Finds every IP address of a name. */
export type Lookup = (host: string) => Promise<readonly string[]>;

/** The system's resolver, so that `/etc/hosts` counts; IPv4 and IPv6 in the order it gives. */
export const lookupHost: Lookup = async (host) => {
  const found = await systemLookup(host, { all: true, order: "verbatim" });
  return found.map(({ address }) => address);
};

export interface DnsResolverOptions {
  readonly address: Address;
  readonly lookup: Lookup;
  readonly clock: Clock;
}

/** Between two lookups at least; a storm of lost connections asks once. */
const MIN_INTERVAL_MS = 30_000;
/** The same while no address can be reached, so that a service which comes back at another address is found in 5 s. */
const MIN_URGENT_INTERVAL_MS = 3_000;
/** A name is looked up this often, to notice addresses that were added. */
const REFRESH_MS = 60_000;
/** After a lookup that left no address, the next call may ask again this soon. */
const RETRY_MS = 1_000;
const LOOKUP_TIMEOUT_MS = 5_000;

/**
 * Every A and AAAA address of a name. Looked up at the start, each minute, and when a connection is lost, but at most
 * twice a minute; each 3 s while no address can be reached. A failed lookup keeps the addresses of the one before.
 */
export function createDnsResolver({ address, lookup, clock }: DnsResolverOptions): Resolver {
  let listener: ResolverListener | undefined;
  let looking = false;
  let notBeforeMs = 0;
  let urgentNotBeforeMs = 0;
  let known = "";
  let timer: Timer | undefined;

  const find = async (): Promise<readonly string[]> => {
    const work = lookup(address.host);
    if ((await settleWithin(work, LOOKUP_TIMEOUT_MS, clock)) === "timeout") {
      throw new Error(`no answer within ${LOOKUP_TIMEOUT_MS} ms`);
    }
    const hosts = [...new Set(await work)];
    if (hosts.length === 0) throw new Error("the name has no address");
    return hosts;
  };

  const look = async (): Promise<void> => {
    looking = true;
    urgentNotBeforeMs = clock.now() + MIN_URGENT_INTERVAL_MS;
    timer?.cancel();
    try {
      const hosts = await find();
      notBeforeMs = clock.now() + MIN_INTERVAL_MS;
      // Name servers shuffle their answers: another order of the same addresses is no news.
      const found = hosts.toSorted().join();
      if (known !== found) {
        known = found;
        listener?.onAddresses(hosts.map((host) => ({ host, port: address.port })));
      }
    } catch (cause) {
      notBeforeMs = clock.now() + (known ? MIN_INTERVAL_MS : RETRY_MS);
      if (!known) listener?.onError(unresolved(address.host, cause));
    } finally {
      looking = false;
      if (listener) timer = clock.setTimer(REFRESH_MS, () => void look()).unref();
    }
  };

  return {
    start(to) {
      listener = to;
      void look();
    },
    refresh(need = "hint") {
      const earliestMs = need === "urgent" ? Math.min(notBeforeMs, urgentNotBeforeMs) : notBeforeMs;
      if (listener && !looking && clock.now() >= earliestMs) void look();
    },
    close() {
      listener = undefined;
      timer?.cancel();
    },
  };
}

function unresolved(host: string, cause: unknown): ParleyError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ParleyError("UNAVAILABLE", `cannot resolve ${host}: ${reason}`, { cause, progress: "refused" });
}
