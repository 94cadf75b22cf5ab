import { isIPv6 } from "node:net";

const GROUPS = 8;
/** A /64 is what one subscriber gets (RFC 6177): its addresses are not different clients. */
const SUBSCRIBER_GROUPS = 4;

/** What the connections of one client have in common: an IPv4 address, or the /64 of an IPv6 address. */
export function addressKey(address: string): string {
  if (!isIPv6(address)) return address;
  const [bare = ""] = address.split("%"); // without the zone
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare);
  if (mapped?.[1] !== undefined) return mapped[1];
  const [head = "", tail] = bare.split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail ? tail.split(":") : [];
  const zeros = tail === undefined ? 0 : Math.max(0, GROUPS - first.length - last.length);
  const groups = [...first, ...Array.from({ length: zeros }, () => "0"), ...last];
  const prefix = groups.slice(0, SUBSCRIBER_GROUPS).map((group) => group.replace(/^0+(?=.)/, "").toLowerCase());
  return `${prefix.join(":")}::/64`;
}
