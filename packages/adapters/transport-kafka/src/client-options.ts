import { ParleyError } from "@parley/core";

/** What every Kafka client of ours starts with. */
export interface ClientOptions {
  readonly clientId: string;
  readonly bootstrapBrokers: string[];
  readonly sasl?: { readonly mechanism: "PLAIN"; readonly username: string; readonly password: string };
  readonly tls?: Record<string, never>;
}

/** Ports of addresses that name none, by their scheme. */
const DEFAULT_PORTS: Readonly<Record<string, string>> = { "kafka:": "9092", "kafkas:": "9093" };

/**
 * `localhost:9092`, `kafka://user:password@host:9092`, `kafkas://` for TLS; several brokers by commas. User and password are
 * those of the first one, by SASL PLAIN.
 *
 * @throws ParleyError INVALID_ARGUMENT for an address that is none.
 */
export function parseBrokers(url: string, clientName: string): ClientOptions {
  const addresses = url.split(",").map((part) => {
    const text = part.trim();
    const address = URL.parse(text.includes("://") ? text : `kafka://${text}`);
    if (!address?.hostname || !["kafka:", "kafkas:"].includes(address.protocol)) {
      throw new ParleyError(
        "INVALID_ARGUMENT",
        "the address of Kafka must look like kafka://host:9092, kafkas://host:9093 or host:9092; several brokers by commas",
      );
    }
    return address;
  });
  const [first] = addresses;
  const username = decodeURIComponent(first?.username ?? "");
  const password = decodeURIComponent(first?.password ?? "");
  return {
    clientId: clientName,
    bootstrapBrokers: addresses.map(({ protocol, hostname, port }) => `${hostname}:${port || DEFAULT_PORTS[protocol]}`),
    ...(username ? { sasl: { mechanism: "PLAIN" as const, username, password } } : {}),
    ...(first?.protocol === "kafkas:" ? { tls: {} } : {}),
  };
}
