import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { GatewayOptions, GatewayReadings } from "@parley/gateway";
import { addressKey } from "@parley/wire/internal/http1";
import { afterEach, describe, expect, test, vi } from "vitest";
import { openLibrary } from "./support/library.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

/** A gateway that shows its readings. */
async function listen(options: Partial<GatewayOptions>) {
  let read: (() => GatewayReadings) | undefined;
  const metrics = {
    text: async () => "",
    contentType: "text/plain",
    watchGateway: (reader: () => GatewayReadings) => {
      read = reader;
    },
  };
  const { gateway } = openLibrary({ ...options, metrics });
  const { port } = await gateway.listen({ port: 0, host: "127.0.0.1" });
  closers.push(() => gateway.drain({ graceMs: 0, signal: AbortSignal.abort() }));
  return { port, readings: () => (read as () => GatewayReadings)() };
}

/** A connection from one of the addresses that a machine has for itself. */
async function open(port: number, localAddress = "127.0.0.1", first = "") {
  const socket: Socket = connect({ port, host: "127.0.0.1", localAddress });
  closers.unshift(() => void socket.destroy());
  let text = "";
  socket.setEncoding("latin1").on("error", () => {});
  socket.on("data", (chunk: string) => {
    text += chunk;
  });
  const closed = new Promise<string>((resolve) => socket.once("close", () => resolve(text)));
  await once(socket, "connect");
  if (first !== "") socket.write(first);
  return { socket, closed, received: () => text };
}

const LIVEZ = "GET /livez HTTP/1.1\r\nhost: x\r\n\r\n";
const answered = (connection: { received(): string }) =>
  vi.waitFor(() => expect(connection.received()).toMatch(/^HTTP\/1.1 200 /));

describe("connections", () => {
  test("beyond the limit of the gateway are answered with 503 and closed, until one has gone", async () => {
    const { port, readings } = await listen({ maxConnections: 2 });
    const held = [await open(port, "127.0.0.1", LIVEZ), await open(port, "127.0.0.2", LIVEZ)];
    await Promise.all(held.map(answered));
    const refused = await open(port, "127.0.0.3", LIVEZ);
    expect(await refused.closed).toMatch(/^HTTP\/1.1 503 .*retry-after: 5.*\{"error":"there are as many connections/s);
    expect(readings()).toMatchObject({ connections: 2, refusedConnections: { gateway: 1, address: 0 } });
    held[0]?.socket.destroy();
    await vi.waitFor(() => expect(readings().connections).toBe(1));
    await answered(await open(port, "127.0.0.3", LIVEZ));
  });

  test("beyond the limit of an address are refused, and other addresses notice nothing", async () => {
    const { port, readings } = await listen({ maxConnectionsPerAddress: 2 });
    await Promise.all([await open(port, "127.0.0.1", LIVEZ), await open(port, "127.0.0.1", LIVEZ)].map(answered));
    expect(await (await open(port, "127.0.0.1", LIVEZ)).closed).toMatch(/^HTTP\/1.1 503 /);
    await answered(await open(port, "127.0.0.2", LIVEZ));
    expect(readings()).toMatchObject({ connections: 3, refusedConnections: { gateway: 0, address: 1 } });
  });

  test("of a trusted proxy are those of many clients, and have no limit of their address", async () => {
    const { port } = await listen({ maxConnectionsPerAddress: 1, trustedProxies: ["127.0.0.1"] });
    const all = [await open(port, "127.0.0.1", LIVEZ), await open(port, "127.0.0.1", LIVEZ)];
    await Promise.all(all.map(answered));
  });
});

describe("unfinished bodies", () => {
  const PIECE = "x".repeat(30_000);
  const head = (length: number) =>
    `POST /v1/echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;

  test("of one client have a part of the budget, and the bodies of others still find room", async () => {
    const { port, readings } = await listen({ maxBodyBytes: 40_000, maxUnfinishedBodyBytes: 400_000 });
    const greedy = await Promise.all(Array.from({ length: 10 }, () => open(port, "127.0.0.1", head(40_000) + PIECE)));
    // The part of one client is a quarter, which three such pieces fill.
    const refused = () => greedy.filter(({ received }) => /^HTTP\/1.1 503 .*your address/s.test(received()));
    await vi.waitFor(() => expect(refused()).toHaveLength(7));
    expect(readings()).toMatchObject({ unfinishedBodies: 3, refusedBodies: { address: 7, gateway: 0 } });
    expect(readings().unfinishedBodyBytes).toBeLessThan(100_000);
    const other = await open(port, "127.0.0.2", head(2));
    other.socket.write("{}");
    await answered(other);
    for (const { socket } of greedy) socket.destroy();
    await vi.waitFor(() => expect(readings()).toMatchObject({ unfinishedBodies: 0, unfinishedBodyBytes: 0 }));
  });

  test("of many clients are bounded in all, and a body that comes as a whole needs no room", async () => {
    const { port, readings } = await listen({ maxBodyBytes: 40_000, maxUnfinishedBodyBytes: 100_000 });
    const many = await Promise.all([1, 2, 3, 4, 5].map((last) => open(port, `127.0.0.${last}`, head(40_000) + PIECE)));
    const refused = () => many.filter(({ received }) => /^HTTP\/1.1 503 .*all clients/s.test(received()));
    await vi.waitFor(() => expect(refused()).toHaveLength(2));
    expect(readings().refusedBodies).toEqual({ address: 0, gateway: 2 });
    await answered(await open(port, "127.0.0.9", `${head(2)}{}`));
  });
});

test.each([
  ["127.0.0.1", "127.0.0.1"],
  ["::ffff:10.0.0.1", "10.0.0.1"],
  ["2001:db8:0:1::5", "2001:db8:0:1::/64"],
  ["2001:0DB8:0000:0001:ffff::", "2001:db8:0:1::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
])("the connections of %s count for %s", (address, key) => {
  expect(addressKey(address)).toBe(key);
});
