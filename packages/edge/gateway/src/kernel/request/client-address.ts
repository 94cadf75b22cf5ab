import { BlockList, isIP } from "node:net";
import type { HttpRequest } from "@parley/wire/internal/http1";

/** The address of the client that a request comes from. */
export type ClientAddress = (request: HttpRequest) => string;

/**
 * Reads `X-Forwarded-For` from the right, past the proxies that are trusted: what a client wrote itself stands further
 * left, and is never believed. An entry that is no address ends the search at the proxy that passed it on.
 */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  if (trustedProxies.length === 0) return (request) => request.remoteAddress ?? "unknown";
  const isProxy = createProxyCheck(trustedProxies);
  return (request) => {
    let address = request.remoteAddress ?? "unknown";
    const hops = String(request.headers["x-forwarded-for"] ?? "").split(",");
    while (isProxy(address)) {
      const hop = hops.pop()?.trim() ?? "";
      if (isIP(hop) === 0) break;
      address = hop;
    }
    return address;
  };
}

/** Whether an address is one of the proxies that are trusted. */
export function createProxyCheck(trustedProxies: readonly string[]): (address: string) => boolean {
  if (trustedProxies.length === 0) return () => false;
  const trusted = new BlockList();
  for (const range of trustedProxies) {
    const cidr = parseCidr(range);
    if (cidr) trusted.addSubnet(cidr.address, cidr.prefix, familyOf(cidr.address));
  }
  return (address) => isIP(address) !== 0 && trusted.check(address, familyOf(address));
}

/** `10.0.0.0/8`, `fd00::/8`, or a single address; undefined for anything else. */
export function parseCidr(text: string): { readonly address: string; readonly prefix: number } | undefined {
  const [address = "", length, ...more] = text.split("/");
  const longest = isIP(address) === 4 ? 32 : isIP(address) === 6 ? 128 : -1;
  const prefix = length === undefined ? longest : /^\d{1,3}$/.test(length) ? Number(length) : -1;
  return longest < 0 || prefix < 0 || prefix > longest || more.length > 0 ? undefined : { address, prefix };
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}
