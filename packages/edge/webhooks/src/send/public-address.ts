import { BlockList, isIP } from "node:net";

/**
 * Ranges that are not of the public Internet: this host, private and link-local networks (cloud metadata among them),
 * shared and documentation ranges, multicast, and the ways to write an IPv4 address in IPv6.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry
 */
const NOT_PUBLIC = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"],
  ...["192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"],
  ...["224.0.0.0/4", "240.0.0.0/4"],
  ...[
    "::/96",
    "::ffff:0:0/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
  ],
  ...["3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"],
] as const;

/** Whether an address, without brackets, lies in the public Internet. Text that is no address does not. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 0) return false;
  const ranges = new BlockList();
  for (const range of NOT_PUBLIC) {
    const [network = "", prefix] = range.split("/");
    if (isIP(network) === version) ranges.addSubnet(network, Number(prefix), version === 4 ? "ipv4" : "ipv6");
  }
  return !ranges.check(address, version === 4 ? "ipv4" : "ipv6");
}
