import type { Address } from "../connection/connection.ts";

/** `[v6]:port` or `host:port`. */
const ADDRESS = /^(?:\[([0-9a-f:.]+(?:%[\w.-]+)?)\]|([a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_.])?)):(\d{1,5})$/i;

/** @throws TypeError that says what is wrong with the text, without naming it. */
export function parseAddress(text: string): Address {
  const match = ADDRESS.exec(text.trim());
  if (!match) throw new TypeError(faultOf(text.trim()));
  const host = match[1] ?? match[2] ?? "";
  const port = Number(match[3]);
  if (port < 1 || port > 65_535) throw new TypeError(`the port ${port} is not between 1 and 65535`);
  return { host, port };
}

function faultOf(text: string): string {
  if (text === "") return "an address is empty";
  const quoted = JSON.stringify(text);
  if (text.split(":").length > 2 && !text.startsWith("[")) return `the IPv6 address in ${quoted} needs brackets`;
  if (!text.includes(":") || text.endsWith("]")) return `${quoted} has no port`;
  if (!/:\d{1,5}$/.test(text)) return `the port of ${quoted} is not a number`;
  return `the host of ${quoted} is not a name or an IP address`;
}

/** `host:port`, with IPv6 in brackets. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
