import { type CallEvent, type CallHandler, type CallPolicy, createManualClock, ParleyError } from "@parley/core";
import { createSeededRandom, DEFAULT_CALL_POLICY, DEFAULT_RETRY } from "@parley/core/internal";
import { expect, test } from "vitest";
import type { ChannelOptions } from "../../src/channel/options.ts";
import { createClient } from "../../src/client/create-client.ts";
import type { ConnectionEnd } from "../../src/connection/connection.ts";
import { createChannel } from "../../src/create-channel.ts";
import { EchoService } from "../gen/parley/test/v1/echo_pb.ts";
import { echo } from "../support/echo.ts";
import { createFakeNetwork } from "../support/fake-network.ts";

function setUp(options: Partial<ChannelOptions> = {}) {
  const clock = createManualClock();
  const network = createFakeNetwork();
  const events: CallEvent[] = [];
  const channel = createChannel({
    target: "a:1",
    connect: network.connect,
    clock,
    random: createSeededRandom(1),
    observe: (event) => events.push(event),
    ...options,
  });
  return { clock, network, events, channel, client: createClient(EchoService, channel) };
}

const withPolicy = (change: Partial<CallPolicy>) => ({ policy: () => ({ ...DEFAULT_CALL_POLICY, ...change }) });
const noRetry = { ...DEFAULT_RETRY, maxAttempts: 1 };

/** A handler that holds calls until told. */
function gate() {
  const held: (() => void)[] = [];
  const handler: CallHandler = async (call) => {
    await new Promise<void>((resolve) => held.push(resolve));
    return echo(call);
  };
  return { handler, held };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("many calls at once share one dial", async () => {
  const { network, client } = setUp();
  const server = network.serve("a:1", echo);
  const replies = await Promise.all(["a", "b", "c"].map((text) => client.echo({ text })));
  expect(replies.map(({ text }) => text)).toEqual(["a", "b", "c"]);
  expect(server.dials).toBe(1);
});

test("fails fast with the address and the cause while an address rests, and finds the server after that", async () => {
  const { clock, network, client } = setUp(withPolicy({ retry: noRetry }));
  const server = network.serve("a:1", echo);
  server.stop();
  for (let i = 0; i < 5; i++) {
    await expect(client.echo({})).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringContaining("cannot connect to a:1: ECONNREFUSED"),
    });
  }
  expect(server.dials).toBe(1);
  server.start();
  clock.advance(120);
  await client.echo({});
  expect(server.dials).toBe(2);
});

test("a lost connection is dialled again by the next call, not before", async () => {
  const { network, client, events } = setUp(withPolicy({ retry: noRetry }));
  const server = network.serve("a:1", echo);
  await client.echo({});
  server.stop();
  server.start();
  await turn();
  expect(server.dials).toBe(1);
  await client.echo({});
  expect(server.dials).toBe(2);
  expect(events.flatMap((event) => (event.type === "connection" ? [event.state] : []))).toEqual([
    "connecting",
    "ready",
    "idle",
    "connecting",
    "ready",
  ]);
});

test("pick_first tries addresses in order and stays", async () => {
  const { network, client } = setUp({ target: "static:a:1,b:2,c:3" });
  network.serve("a:1", echo).stop();
  const b = network.serve("b:2", echo);
  const c = network.serve("c:3", echo);
  for (let i = 0; i < 4; i++) await client.echo({});
  expect([b.dials, c.dials]).toEqual([1, 0]);
  b.stop();
  await client.echo({});
  expect(c.dials).toBe(1);
});

test("pick_first fails only when every address has failed, and says why of each", async () => {
  const { network, client } = setUp({ target: "static:a:1,b:2", ...withPolicy({ retry: noRetry }) });
  network.serve("a:1", echo).stop();
  await expect(client.echo({})).rejects.toThrow(
    "cannot connect to a:1: ECONNREFUSED; cannot connect to b:2: ECONNREFUSED",
  );
});

test("round_robin takes turns and leaves out what is down", async () => {
  const counts = { a: 0, b: 0, c: 0 };
  const counted =
    (name: "a" | "b" | "c"): CallHandler =>
    (call) => {
      counts[name] += 1;
      return echo(call);
    };
  const { network, client } = setUp({ target: "static:a:1,b:2,c:3", loadBalancing: "round_robin" });
  network.serve("a:1", counted("a"));
  network.serve("b:2", counted("b"));
  const c = network.serve("c:3", counted("c"));
  await client.echo({});
  await turn();
  Object.assign(counts, { a: 0, b: 0, c: 0 });
  for (let i = 0; i < 9; i++) await client.echo({});
  expect(counts).toEqual({ a: 3, b: 3, c: 3 });
  c.stop();
  await turn();
  for (let i = 0; i < 6; i++) await client.echo({});
  expect(counts).toEqual({ a: 6, b: 6, c: 3 });
});

test("more connections open while all are full, up to the bound; the rest of the calls queue", async () => {
  const { network, client, events } = setUp({ connectionsPerAddress: 2 });
  const { handler, held } = gate();
  const server = network.serve("a:1", handler, { limit: 1 });
  const calls = Array.from({ length: 10 }, (_, i) => client.echo({ text: String(i) }));
  await turn();
  expect([server.dials, held.length]).toEqual([2, 2]);
  while (held.length > 0) {
    held.shift()?.();
    await turn();
  }
  expect((await Promise.all(calls)).map(({ text }) => text).join("")).toBe("0123456789");
  expect(events.filter(({ type }) => type === "queued")).toHaveLength(10);
});

test("a call that waits ends at its deadline, by its signal, or at the bound of the queue", async () => {
  const { clock, network, client, channel } = setUp({ connectionsPerAddress: 1, maxQueuedCalls: 2 });
  const { handler, held } = gate();
  network.serve("a:1", handler, { limit: 1 });
  const first = client.echo({});
  await turn();
  const late = expect(client.echo({}, { timeoutMs: 50 })).rejects.toMatchObject({
    code: "DEADLINE_EXCEEDED",
    message: "the call waited for a connection to a:1 and did not finish before its deadline",
  });
  const controller = new AbortController();
  const cancelled = expect(client.echo({}, { signal: controller.signal })).rejects.toMatchObject({ code: "CANCELLED" });
  await expect(client.echo({})).rejects.toMatchObject({
    code: "RESOURCE_EXHAUSTED",
    message: "2 calls wait for a:1 already",
  });
  clock.advance(50);
  await late;
  controller.abort();
  await cancelled;
  held.shift()?.();
  await first;
  await channel.close();
  expect(clock.pending()).toBe(0);
});

test("a server that goes away refuses new calls, and they move to a new connection without a retry", async () => {
  const { network, client, events } = setUp(withPolicy({ retry: noRetry }));
  let refusals = 1;
  const server = network.serve("a:1", (call) => {
    if (refusals-- > 0) return Promise.reject(new ParleyError("UNAVAILABLE", "refused", { progress: "refused" }));
    return echo(call);
  });
  await client.echo({});
  server.goAway();
  await client.echo({});
  expect(server.dials).toBe(2);
  expect(events.some(({ type }) => type === "retry")).toBe(false);
});

test("close fails what waits, and every call after it", async () => {
  const { clock, network, client, channel } = setUp();
  const { handler, held } = gate();
  network.serve("a:1", handler, { limit: 4 });
  const sent = client.echo({ text: "sent" });
  await turn();
  held.shift()?.();
  await sent;
  await channel.close();
  await channel.close();
  await expect(client.echo({})).rejects.toMatchObject({ code: "UNAVAILABLE", message: "the channel to a:1 is closed" });
  expect(clock.pending()).toBe(0);
});

test("close ends a dial under way", async () => {
  const { client, channel } = setUp({
    connect: (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  });
  const call = expect(client.echo({})).rejects.toThrow("the channel to a:1 is closed");
  await channel.close();
  await call;
});

test("close ends the wait for another attempt with the failure before it", async () => {
  const { network, channel, client } = setUp();
  network.serve("a:1", async () => {
    throw new ParleyError("UNAVAILABLE", "busy");
  });
  const call = expect(client.read({})).rejects.toThrow("busy");
  await turn();
  await channel.close();
  await call;
});

test("a name that cannot be resolved fails fast, and the name is asked for again later", async () => {
  const clock = createManualClock();
  const network = createFakeNetwork();
  network.serve("10.0.0.1:1", echo);
  let addresses: readonly string[] = [];
  const channel = createChannel({
    target: "dns:///users:1",
    connect: network.connect,
    clock,
    lookup: async () => addresses,
    ...withPolicy({ retry: noRetry }),
  });
  const client = createClient(EchoService, channel);
  await expect(client.echo({})).rejects.toThrow("cannot resolve users: the name has no address");
  addresses = ["10.0.0.1"];
  clock.advance(1_000);
  await expect(client.echo({})).rejects.toThrow("cannot resolve users");
  await turn();
  await client.echo({ text: "found" });
  await channel.close();
});

test("round_robin over a plain name sends to all its addresses, and pick_first dials the name", async () => {
  const network = createFakeNetwork();
  const answered: string[] = [];
  for (const address of ["10.0.0.1:50051", "10.0.0.2:50051", "10.0.0.3:50051", "user-service:50051"]) {
    network.serve(address, (call) => {
      answered.push(address);
      return echo(call);
    });
  }
  const options = {
    target: "user-service:50051",
    connect: network.connect,
    lookup: async () => ["10.0.0.1", "10.0.0.2", "10.0.0.3"],
  };
  const spread = createChannel({ ...options, loadBalancing: "round_robin" });
  const client = createClient(EchoService, spread);
  await client.echo({});
  for (let i = 0; i < 3; i++) await turn();
  answered.length = 0;
  for (let i = 0; i < 27; i++) await client.echo({});
  const counts = Map.groupBy(answered, (address) => address);
  expect([...counts].map(([address, calls]) => [address, calls.length]).sort()).toEqual([
    ["10.0.0.1:50051", 9],
    ["10.0.0.2:50051", 9],
    ["10.0.0.3:50051", 9],
  ]);
  answered.length = 0;
  const one = createChannel(options);
  await createClient(EchoService, one).echo({});
  expect(answered).toEqual(["user-service:50051"]);
  await Promise.all([spread.close(), one.close()]);
});

test("addresses of a name come and go: new ones are used, calls on old ones finish", async () => {
  const clock = createManualClock();
  const network = createFakeNetwork();
  const { handler, held } = gate();
  const old = network.serve("10.0.0.1:1", handler);
  const young = network.serve("10.0.0.2:1", echo);
  let addresses = ["10.0.0.1"];
  const channel = createChannel({
    target: "dns:///users:1",
    connect: network.connect,
    clock,
    lookup: async () => addresses,
  });
  const client = createClient(EchoService, channel);
  const last = client.echo({ text: "last" });
  while (held.length === 0) await turn();
  addresses = ["10.0.0.2"];
  clock.advance(60_000);
  await turn();
  expect((await client.echo({ text: "first" })).text).toBe("first");
  held[0]?.();
  expect((await last).text).toBe("last");
  expect([old.dials, young.dials, old.open]).toEqual([1, 1, 0]);
  await channel.close();
  expect(clock.pending()).toBe(0);
});

test("a server that is pinged too often gets longer intervals on the next connections", async () => {
  const network = createFakeNetwork();
  network.serve("a:1", echo);
  const intervals: number[] = [];
  const ends: ((advice: "slower_keepalive") => void)[] = [];
  const { client } = setUp({
    connect: async (options, signal) => {
      intervals.push(options.keepalive.intervalMs);
      const connection = await network.connect(options, signal);
      const closed = new Promise<ConnectionEnd>((resolve) => {
        ends.push((advice) => resolve({ reason: "too_many_pings", advice }));
      });
      return { ...connection, closed };
    },
  });
  for (let i = 0; i < 3; i++) {
    await client.echo({});
    ends.at(-1)?.("slower_keepalive");
    await turn();
  }
  expect(intervals).toEqual([20_000, 40_000, 80_000]);
});

test("every option that cannot be used is named at once", () => {
  const { connect } = createFakeNetwork();
  expect(() => createChannel({ target: "nowhere", connect, dialTimeoutMs: -1, maxQueuedCalls: 0.5 })).toThrow(
    /dialTimeoutMs must be a whole number above 0, got -1; maxQueuedCalls .* got 0.5; target "nowhere" cannot be used/,
  );
});
