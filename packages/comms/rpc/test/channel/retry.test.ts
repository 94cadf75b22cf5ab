import {
  type Call,
  type CallEvent,
  createManualClock,
  type Interceptor,
  ParleyError,
  type RetryPolicy,
} from "@parley/core";
import { createSeededRandom, DEFAULT_CALL_POLICY, DEFAULT_RETRY } from "@parley/core/internal";
import { expect, test } from "vitest";
import { createClient } from "../../src/client/create-client.ts";
import { createChannel } from "../../src/create-channel.ts";
import { EchoService } from "../gen/parley/test/v1/echo_pb.ts";
import { echo } from "../support/echo.ts";
import { createFakeNetwork } from "../support/fake-network.ts";

const noJitter = { initialMs: 100, maxMs: 1_000, multiplier: 2, jitter: "none" } as const;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A client of a server that fails as scripted: each entry is one attempt, undefined answers. */
function setUp(
  script: readonly (ParleyError | undefined)[],
  retry: Partial<RetryPolicy> = {},
  interceptors: readonly Interceptor[] = [],
) {
  const clock = createManualClock();
  const network = createFakeNetwork();
  const events: CallEvent[] = [];
  const attempts: Call[] = [];
  const startMs = clock.now();
  const times: number[] = [];
  network.serve("a:1", (call) => {
    const outcome = script[attempts.length];
    attempts.push(call);
    times.push(clock.now() - startMs);
    return outcome ? Promise.reject(outcome) : echo(call);
  });
  const channel = createChannel({
    target: "a:1",
    connect: network.connect,
    clock,
    random: createSeededRandom(1),
    observe: (event) => events.push(event),
    interceptors,
    policy: () => ({
      ...DEFAULT_CALL_POLICY,
      breaker: "off",
      retry: { ...DEFAULT_RETRY, maxAttempts: 4, backoff: noJitter, ...retry },
    }),
  });
  /** Lets time pass until the call has settled. */
  const settle = async <T>(call: Promise<T>): Promise<T> => {
    let settled = false;
    call.then(
      () => (settled = true),
      () => (settled = true),
    );
    for (await turn(); !settled; await turn()) clock.advance(50);
    return call;
  };
  return { client: createClient(EchoService, channel), clock, attempts, times, events, settle, channel };
}

const unavailable = new ParleyError("UNAVAILABLE", "busy");
const refused = new ParleyError("UNAVAILABLE", "go away", { progress: "refused" });
const pushBack = (retryAfterMs: number) =>
  new ParleyError("UNAVAILABLE", "busy", { details: [{ type: "retry_info", retryAfterMs }] });

test("an idempotent call is tried exactly as often as the script fails, with growing gaps", async () => {
  const { client, attempts, times, settle, events } = setUp([unavailable, unavailable, undefined]);
  await settle(client.read({ text: "x" }));
  expect(attempts).toHaveLength(3);
  expect(times).toEqual([0, 100, 300]);
  expect(attempts.map(({ metadata }) => metadata.get("grpc-previous-rpc-attempts"))).toEqual([undefined, "1", "2"]);
  expect(new Set(attempts.map(({ context }) => context.deadlineMs)).size).toBe(1);
  expect(events.filter(({ type }) => type === "retry")).toEqual([
    {
      type: "retry",
      target: "a:1",
      method: "/parley.test.v1.EchoService/Read",
      attempt: 1,
      delayMs: 100,
      code: "UNAVAILABLE",
    },
    {
      type: "retry",
      target: "a:1",
      method: "/parley.test.v1.EchoService/Read",
      attempt: 2,
      delayMs: 200,
      code: "UNAVAILABLE",
    },
  ]);
});

test("a call that may not be repeated is not, unless the server did nothing", async () => {
  const once = setUp([unavailable]);
  await expect(once.settle(once.client.echo({}))).rejects.toThrow("busy");
  expect(once.attempts).toHaveLength(1);
  const again = setUp([refused, refused, undefined]);
  await again.settle(again.client.echo({}));
  expect(again.attempts).toHaveLength(3);
});

test("maxAttempts counts the first, and the last failure is reported", async () => {
  const { client, attempts, settle } = setUp([unavailable, unavailable, new ParleyError("UNAVAILABLE", "last")], {
    maxAttempts: 3,
  });
  await expect(settle(client.read({}))).rejects.toThrow("last");
  expect(attempts).toHaveLength(3);
});

test("codes that are not listed are final", async () => {
  const { client, attempts, settle } = setUp([new ParleyError("INTERNAL", "broken")]);
  await expect(settle(client.read({}))).rejects.toThrow("broken");
  expect(attempts).toHaveLength(1);
});

test("the server's push-back lengthens the wait, or ends the retries", async () => {
  const patient = setUp([pushBack(700), undefined]);
  await patient.settle(patient.client.read({}));
  expect(patient.times).toEqual([0, 700]);
  const given = setUp([pushBack(86_400_000)]);
  await expect(given.settle(given.client.read({}))).rejects.toThrow("busy");
  expect(given.attempts).toHaveLength(1);
});

test("a wait that would outlast the deadline is not begun", async () => {
  const { client, clock, attempts } = setUp([unavailable, unavailable]);
  await expect(client.read({}, { timeoutMs: 100 })).rejects.toThrow("busy");
  expect(attempts).toHaveLength(1);
  expect(clock.pending()).toBe(0);
});

test("a caller that cancels during the wait gets CANCELLED, and no timer stays", async () => {
  const { client, clock, attempts } = setUp([unavailable]);
  const controller = new AbortController();
  const call = expect(client.read({}, { signal: controller.signal })).rejects.toMatchObject({ code: "CANCELLED" });
  await turn();
  controller.abort();
  await call;
  expect([attempts.length, clock.pending()]).toEqual([1, 0]);
});

test("the budget bounds retries while everything fails", async () => {
  const { client, attempts, settle, events } = setUp(Array(2_000).fill(unavailable));
  for (let i = 0; i < 100; i++) await expect(settle(client.read({}))).rejects.toThrow("busy");
  expect(attempts.length).toBeLessThanOrEqual(105);
  expect(events.some(({ type }) => type === "retry_budget_exhausted")).toBe(true);
});

test("a stream is sent again in full while nothing of it was answered", async () => {
  const { client, attempts, settle } = setUp([refused, refused]);
  const received: string[] = [];
  const collect = client.collect(
    (async function* () {
      yield { text: "a" };
    })(),
  );
  await expect(settle(collect)).rejects.toBeDefined();
  for (const call of attempts) {
    if (!call.streaming) throw new TypeError("a streaming call was expected");
    for await (const message of call.messages) received.push((message as unknown as { text: string }).text);
  }
  expect(received).toEqual(["a", "a", "a"]);
});

test("a context that an interceptor has copied is tried again, and ended by a signal that the copy was given", async () => {
  const copy: Interceptor = (next) => (call) => next({ ...call, context: { ...call.context, tenant: "blue" } });
  const again = setUp([unavailable, undefined], {}, [copy]);
  await again.settle(again.client.read({ text: "x" }));
  expect(again.attempts.map(({ context }) => context.tenant)).toEqual(["blue", "blue"]);

  const own = new AbortController();
  const limit: Interceptor = (next) => (call) => next({ ...call, context: { ...call.context, signal: own.signal } });
  const ended = setUp([unavailable, unavailable], {}, [limit]);
  const call = ended.client.read({ text: "x" });
  await turn();
  own.abort(new ParleyError("CANCELLED", "enough"));
  await expect(ended.settle(call)).rejects.toMatchObject({ code: "CANCELLED" });
  expect(ended.attempts).toHaveLength(1);
});

test("a call that its own caller cancels is no retry and takes nothing from the budget, whatever the policy lists", async () => {
  const { client, events, channel, settle, attempts } = setUp(
    [unavailable, undefined],
    { codes: ["CANCELLED", "UNAVAILABLE"], budget: { maxTokens: 4, tokenRatio: 0.1 } },
    [
      (next) => (call) => {
        if (attempts.length === 0) controller.abort();
        return next(call);
      },
    ],
  );
  const controller = new AbortController();
  await expect(client.read({}, { signal: controller.signal })).rejects.toMatchObject({ code: "CANCELLED" });
  expect(events.filter(({ type }) => type === "retry" || type === "retry_budget_exhausted")).toEqual([]);
  // With one token gone already, this failure would leave half of the four, and nothing would be retried.
  await settle(client.read({}));
  expect(attempts).toHaveLength(2);
  await channel.close();
});
