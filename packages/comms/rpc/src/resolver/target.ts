import { isIP } from "node:net";
import type { Address } from "../connection/connection.ts";
import { parseAddress } from "./address.ts";

/**
 * Where a channel leads, as written in configuration:
 *
 * - `host:port`, with IPv6 in brackets. A name is balanced over all its addresses, as with `dns:///`, where calls are spread
 *   (`round_robin`); else it is looked up at each dial. An IP address and `localhost` are one address;
 * - `dns:///host:port`: every address of the name, looked up again as they change;
 * - `static:host:port,host:port`: exactly these addresses.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/naming.md
 */
export type Target =
  | { readonly kind: "static"; readonly addresses: readonly Address[] }
  | { readonly kind: "name"; readonly address: Address }
  | { readonly kind: "dns"; readonly address: Address };

const FORMS = `use "host:port", "dns:///host:port" or "static:host:port,host:port"`;
const DNS = "dns:";
const STATIC = "static:";

/** @throws TypeError naming the target, what is wrong with it, and the forms allowed. */
export function parseTarget(target: string): Target {
  try {
    if (target.startsWith(STATIC)) {
      return { kind: "static", addresses: target.slice(STATIC.length).split(",").map(parseAddress) };
    }
    if (target.startsWith(DNS)) return { kind: "dns", address: parseAddress(dnsName(target)) };
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(target)?.[1];
    if (scheme !== undefined) throw new TypeError(`the scheme "${scheme}" is not known`);
    const address = parseAddress(target);
    return isOneHost(address) ? { kind: "static", addresses: [address] } : { kind: "name", address };
  } catch (fault) {
    const reason = fault instanceof Error ? fault.message : String(fault);
    throw new TypeError(`target ${JSON.stringify(target)} cannot be used: ${reason}; ${FORMS}`);
  }
}

/** The addresses of `localhost` are of one machine: to dial both would be to dial it twice. */
function isOneHost({ host }: Address): boolean {
  return isIP(host.replace(/%.*$/, "")) !== 0 || host.toLowerCase() === "localhost";
}

/** The name of `dns:///name` and `dns:name`. A DNS server of one's own (`dns://server/name`) is not offered. */
function dnsName(target: string): string {
  const rest = target.slice(DNS.length);
  if (rest.startsWith("///")) return rest.slice(3);
  if (rest.startsWith("//")) throw new TypeError("a DNS server cannot be named, so three slashes must follow dns:");
  return rest;
}
