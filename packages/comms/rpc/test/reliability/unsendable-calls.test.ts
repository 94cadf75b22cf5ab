import { type CallContext, Metadata, ParleyError, runWithContext } from "@parley/core";
import { DEFAULT_BREAKER, DEFAULT_RETRY, deriveContext } from "@parley/core/internal";
import { afterEach, describe, expect, test } from "vitest";
import type { Channel } from "../../src/channel/channel.ts";
import { createClient } from "../../src/client/create-client.ts";
import { connectNodeHttp2 } from "../../src/connection/connect-http2.ts";
import { createInProcessChannel } from "../../src/in-process/create-in-process-channel.ts";
import type { ServiceImplementation } from "../../src/server/service-implementation.ts";
import { EchoService } from "../gen/parley/test/v1/echo_pb.ts";
import { createRig, echoing, policyWith } from "../support/running.ts";

const rig = createRig();
afterEach(rig.end);

const policy = policyWith({
  breaker: { ...DEFAULT_BREAKER, minRequests: 3 },
  retry: { ...DEFAULT_RETRY, codes: ["UNAVAILABLE", "INTERNAL", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"] },
});

const WAYS = ["over our HTTP/2", "over node:http2", "in process"] as const;

/** A client with a breaker that opens at three failures, and how many attempts were retried. */
async function setUp(way: (typeof WAYS)[number], methods: Partial<ServiceImplementation<typeof EchoService>> = {}) {
  const { server, target } = await rig.serve({ services: [echoing(methods)] });
  let retries = 0;
  const observe = ({ type }: { readonly type: string }): void => {
    if (type === "retry" || type === "breaker") retries += 1;
  };
  const options = { policy, observe, ...(way === "over node:http2" && { connect: connectNodeHttp2 }) };
  const channel: Channel =
    way === "in process" ? createInProcessChannel(server, options) : rig.open({ target, ...options });
  return { client: createClient(EchoService, channel), retries: () => retries };
}

const BAD: readonly (readonly [name: string, change: Partial<CallContext>, message: RegExp])[] = [
  ["a request id", { requestId: "a\r\nb" }, /x-request-id "a\\r\\nb" must be printable ASCII/],
  ["a correlation id", { correlationId: "İ" }, /x-correlation-id/],
  ["a token", { authorization: "Bearer \u0000secret" }, /authorization must be printable ASCII/],
  ["a tenant", { tenant: "Acme\nInc" }, /the tenant id has a control character/],
  ["a longer tenant than is allowed", { tenant: "x".repeat(2_000) }, /the tenant id has 2000 characters/],
  ["a key of the baggage", { baggage: { "a b": "1" } }, /the baggage key "a b"/],
];

describe.each(WAYS)("a call that cannot be sent fails by itself, %s", (way) => {
  test.each(BAD)(
    "for %s: INVALID_ARGUMENT, without a retry, and no breaker opens for the others",
    async (_name, change, message) => {
      const { client, retries } = await setUp(way);
      const context = { ...deriveContext({ timeoutMs: 5_000 }), ...change };
      for (let call = 0; call < 8; call++) {
        const failure: unknown = await runWithContext(context, () => client.read({})).catch((error: unknown) => error);
        expect(failure).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringMatching(message) });
        expect((failure as Error).message).not.toContain("secret");
      }
      expect(await client.read({ text: "others" })).toMatchObject({ text: "others" });
      expect(retries()).toBe(0);
    },
  );

  test("a request that is none of its contract is INVALID_ARGUMENT, in a stream too", async () => {
    const { client, retries } = await setUp(way);
    const bad = { count: 1.5 } as never;
    async function* requests() {
      yield bad;
    }
    for (let call = 0; call < 4; call++) {
      await expect(client.read(bad)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
      await expect(client.collect(requests())).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    }
    expect(await client.read({ text: "others" })).toMatchObject({ text: "others" });
    expect(retries()).toBe(0);
  });

  test("a producer of requests that throws fails its own call alone", async () => {
    const { client, retries } = await setUp(way);
    async function* requests() {
      yield { text: "one" };
      throw new Error("the file is gone");
    }
    for (let call = 0; call < 8; call++) {
      await expect(client.collect(requests())).rejects.toMatchObject({ code: "INTERNAL" });
    }
    expect(await client.read({ text: "others" })).toMatchObject({ text: "others" });
    expect(retries()).toBe(0);
  });

  test("blanks around a token and in metadata are no part of the value, and do not reset the stream", async () => {
    const seen: unknown[] = [];
    const { client } = await setUp(way, {
      read: ({ text }, { authorization, header }) => {
        seen.push(authorization, header.get("accept-language"));
        return { text };
      },
    });
    const context = { ...deriveContext({ timeoutMs: 5_000 }), authorization: " Bearer x " };
    await runWithContext(context, () => client.read({}, { metadata: new Metadata([["accept-language", "en, "]]) }));
    expect(seen).toEqual(["Bearer x", "en,"]);
  });

  test.each(["Acme Inc", "Zürich", "Acme ", "x".repeat(200), "a%2Fb"])(
    "the tenant %j arrives as it is",
    async (tenant) => {
      let seen: string | undefined;
      const { client } = await setUp(way, {
        read: ({ text }, context) => {
          seen = context.tenant;
          return { text };
        },
      });
      await runWithContext({ ...deriveContext({ timeoutMs: 5_000 }), tenant }, () => client.read({}));
      expect(seen).toBe(tenant);
    },
  );

  test("a tenant that cannot be read is refused, and no handler runs without it", async () => {
    let calls = 0;
    const { client } = await setUp(way, {
      read: ({ text }) => {
        calls += 1;
        return { text };
      },
    });
    const metadata = new Metadata([["x-tenant-id", "%zz"]]);
    await expect(client.read({}, { metadata })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(calls).toBe(0);
  });

  test("the parts of baggage and tracestate that come as several headers all arrive", async () => {
    let seen: CallContext | undefined;
    const { client } = await setUp(way, {
      read: ({ text }, context) => {
        seen = context;
        return { text };
      },
    });
    const metadata = new Metadata([
      ["traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"],
      ["tracestate", "a=1"],
      ["tracestate", ""],
      ["tracestate", "b=2"],
      ["baggage", "x=1"],
      ["baggage", "y=2"],
    ]);
    await client.read({}, { metadata });
    expect(seen?.trace.state).toBe("a=1,b=2");
    expect({ ...seen?.baggage }).toEqual({ x: "1", y: "2" });
  });

  test("an error whose message ends with a blank arrives with its code", async () => {
    const { client } = await setUp(way, {
      read: () => {
        throw new ParleyError("NOT_FOUND", " no such shelf ");
      },
    });
    await expect(client.read({})).rejects.toMatchObject({ code: "NOT_FOUND", message: " no such shelf " });
  });
});
