import type { Call } from "@parley/core";
import { createManualClock, Metadata, runWithContext } from "@parley/core";
import { DEFAULT_CALL_POLICY, deriveContext } from "@parley/core/internal";
import { expect, expectTypeOf, test } from "vitest";
import { createClient } from "../../src/client/create-client.ts";
import { createChannel } from "../../src/create-channel.ts";
import { type EchoResponse, EchoService } from "../gen/parley/test/v1/echo_pb.ts";
import { echo } from "../support/echo.ts";
import { createFakeNetwork } from "../support/fake-network.ts";

function setUp(policy = DEFAULT_CALL_POLICY) {
  const clock = createManualClock();
  const network = createFakeNetwork();
  const seen: Call[] = [];
  network.serve("a:1", (call) => {
    seen.push(call);
    return echo(call);
  });
  const channel = createChannel({
    target: "a:1",
    connect: network.connect,
    clock,
    caller: "gateway",
    policy: () => policy,
  });
  return { clock, seen, client: createClient(EchoService, channel) };
}

test("a call descends from the current context: same request and trace, another span, this service as the caller", async () => {
  const { client, seen, clock } = setUp();
  const parent = deriveContext({ requestId: "r-1", caller: "browser", timeoutMs: 2_000, clock });
  await runWithContext(parent, () => client.echo({}));
  const [call] = seen;
  expect(call?.context).toMatchObject({ requestId: "r-1", caller: "gateway", deadlineMs: parent.deadlineMs });
  expect(call?.context.trace.traceId).toBe(parent.trace.traceId);
  expect(call?.context.trace.spanId).not.toBe(parent.trace.spanId);
});

test("the deadline is the least of parent, policy and option", async () => {
  const { client, seen, clock } = setUp();
  const parent = deriveContext({ timeoutMs: 2_000, clock });
  await client.echo({});
  await runWithContext(parent, () => client.echo({}, { timeoutMs: 100 }));
  await runWithContext(parent, () => client.echo({}, { timeoutMs: 60_000 }));
  expect(seen.map(({ context }) => context.deadlineMs - clock.now())).toEqual([5_000, 100, 2_000]);
});

test("a policy may give a call more time than work has that nobody gave any: ten minutes are ten minutes", async () => {
  const { client, seen, clock } = setUp({ ...DEFAULT_CALL_POLICY, timeoutMs: 600_000 });
  await client.echo({});
  await client.echo({}, { timeoutMs: 700_000 });
  await client.echo({}, { timeoutMs: 60_000 });
  expect(seen.map(({ context }) => context.deadlineMs - clock.now())).toEqual([600_000, 600_000, 60_000]);
});

test("a call that is late or cancelled already is not made", async () => {
  const { client, seen } = setUp();
  await expect(client.echo({}, { timeoutMs: 0 })).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  await expect(client.echo({}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "CANCELLED" });
  expect(seen).toEqual([]);
});

test("metadata is copied, and headers and trailers are handed over", async () => {
  const { client, seen } = setUp();
  const metadata = new Metadata([["x-tier", "gold"]]);
  const got: Metadata[] = [];
  await client.echo(
    {},
    { metadata, onHeader: (header) => got.push(header), onTrailer: (trailer) => got.push(trailer) },
  );
  expect(seen[0]?.metadata.get("x-tier")).toBe("gold");
  expect(seen[0]?.metadata).not.toBe(metadata);
  expect(got).toHaveLength(2);
});

test("each shape has its type", () => {
  const { client } = setUp();
  async function* requests() {
    yield { text: "a" };
  }
  expectTypeOf(client.echo({ text: "a" })).toEqualTypeOf<Promise<EchoResponse>>();
  expectTypeOf(client.expand).returns.toEqualTypeOf<AsyncIterable<EchoResponse>>();
  expectTypeOf(client.collect).parameter(0).toExtend<AsyncIterable<object>>();
  expectTypeOf(client.chat).returns.toEqualTypeOf<AsyncIterable<EchoResponse>>();

  const misuses = () => [
    // @ts-expect-error a field of another type
    client.echo({ text: 1 }),
    // @ts-expect-error an unknown field
    client.echo({ txt: "a" }),
    // @ts-expect-error a stream where one message is asked for
    client.echo(requests()),
    // @ts-expect-error one message where a stream is asked for
    client.collect({ text: "a" }),
    // @ts-expect-error no such method
    client.shout({}),
    // @ts-expect-error the unit is in the name
    client.echo({}, { timeout: 5 }),
  ];
  expect(misuses).toBeTypeOf("function");
});
