import { create } from "@bufbuild/protobuf";
import { type CallEvent, createManualClock, isParleyError, Metadata, ParleyError } from "@parley/core";
import { DEFAULT_BREAKER, DEFAULT_CALL_POLICY, DEFAULT_RETRY } from "@parley/core/internal";
import { expect, test } from "vitest";
import { createClient } from "../../src/client/create-client.ts";
import { createChannel } from "../../src/create-channel.ts";
import {
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
} from "../../src/gen/grpc/health/v1/health_pb.ts";
import { checkHealth } from "../../src/health/check-health.ts";
import { EchoService } from "../gen/parley/test/v1/echo_pb.ts";
import { echo } from "../support/echo.ts";
import { createFakeNetwork } from "../support/fake-network.ts";

/** A client whose breaker opens at three failures and tries two calls after a second. */
function setUp(maxAttempts = 1) {
  const clock = createManualClock();
  const network = createFakeNetwork();
  const events: CallEvent[] = [];
  let failure: ParleyError | undefined;
  let attempts = 0;
  network.serve("a:1", (call) => {
    attempts += 1;
    return failure ? Promise.reject(failure) : echo(call);
  });
  const channel = createChannel({
    target: "a:1",
    connect: network.connect,
    clock,
    observe: (event) => events.push(event),
    policy: () => ({
      ...DEFAULT_CALL_POLICY,
      retry: { ...DEFAULT_RETRY, maxAttempts, backoff: { ...DEFAULT_RETRY.backoff, initialMs: 0 } },
      breaker: { ...DEFAULT_BREAKER, minRequests: 3, openMs: 1_000, halfOpenRequests: 2 },
    }),
  });
  return {
    clock,
    events,
    channel,
    client: createClient(EchoService, channel),
    attempts: () => attempts,
    answerWith: (error?: ParleyError) => {
      failure = error;
    },
  };
}

const codeOf = (error: unknown) => (isParleyError(error) ? error.code : error);

test("opens at the ratio, refuses without a call and without a retry, and closes after the trials", async () => {
  const { clock, client, events, attempts, answerWith } = setUp();
  answerWith(new ParleyError("UNAVAILABLE", "down"));
  for (let i = 0; i < 3; i++) await expect(client.read({})).rejects.toThrow("down");
  const refusal: unknown = await client.read({}).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: "UNAVAILABLE", message: "the circuit breaker for a:1 is open" });
  expect(isParleyError(refusal) && refusal.detail("error_info")?.reason).toBe("BREAKER_OPEN");
  expect(isParleyError(refusal) && refusal.detail("retry_info")?.retryAfterMs).toBe(1_000);
  expect(attempts()).toBe(3);
  clock.advance(1_000);
  answerWith(undefined);
  await client.read({});
  await client.read({});
  expect(events.flatMap((event) => (event.type === "breaker" ? [`${event.from}->${event.to}`] : []))).toEqual([
    "closed->open",
    "open->half-open",
    "half-open->closed",
  ]);
});

test("a breaker that opens between attempts ends the retries, and the failure itself is reported", async () => {
  const { clock, client, attempts, answerWith, events } = setUp(10);
  answerWith(new ParleyError("UNAVAILABLE", "down"));
  const call = expect(client.read({})).rejects.toThrow("down");
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(1); // the wait before the next attempt
  }
  await call;
  expect(attempts()).toBe(3);
  expect(events.some(({ type }) => type === "breaker")).toBe(true);
});

test.each(["NOT_FOUND", "RESOURCE_EXHAUSTED", "CANCELLED", "INVALID_ARGUMENT"] as const)(
  "%s says nothing against the target",
  async (code) => {
    const { client, answerWith } = setUp();
    answerWith(new ParleyError(code, "as asked"));
    for (let i = 0; i < 10; i++) expect(codeOf(await client.echo({}).catch((error) => error))).toBe(code);
  },
);

test("a health check passes an open breaker and does not move it", async () => {
  const { client, channel, answerWith, attempts } = setUp();
  answerWith(new ParleyError("UNAVAILABLE", "down"));
  for (let i = 0; i < 3; i++) await expect(client.read({})).rejects.toThrow("down");
  await expect(checkHealth(channel)).rejects.toThrow("down");
  expect(attempts()).toBe(4);
  await expect(client.read({})).rejects.toThrow("the circuit breaker for a:1 is open");
});

/** A client of a server that comes and goes, with a breaker that stays open for 30 s. */
function setUpOutage(options: { readonly healthProbeMs?: number } = {}) {
  const clock = createManualClock();
  const network = createFakeNetwork();
  let failure: ParleyError | undefined;
  let questions = 0;
  let calls = 0;
  const server = network.serve("a:1", async (call) => {
    if (call.operation.service === "grpc.health.v1.Health") {
      questions += 1;
      if (failure) throw failure;
      const message = create(HealthCheckResponseSchema, { status: HealthCheckResponse_ServingStatus.SERVING });
      return { streaming: false, header: new Metadata(), trailer: new Metadata(), message };
    }
    calls += 1;
    if (failure) throw failure;
    return echo(call);
  });
  const channel = createChannel({
    target: "a:1",
    connect: network.connect,
    clock,
    ...options,
    policy: () => ({
      ...DEFAULT_CALL_POLICY,
      retry: { ...DEFAULT_RETRY, maxAttempts: 1 },
      breaker: { ...DEFAULT_BREAKER, minRequests: 3, failureRatio: 0.6, openMs: 30_000, halfOpenRequests: 1 },
    }),
  });
  return {
    clock,
    server,
    channel,
    client: createClient(EchoService, channel),
    calls: () => calls,
    questions: () => questions,
    fail: (error?: ParleyError) => {
      failure = error;
    },
  };
}

const settled = async () => {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
};

test("a new connection begins the trial of an open breaker at once, and calls that it refuses look for one", async () => {
  const { clock, client, channel, server } = setUpOutage();
  await client.read({});
  server.stop();
  for (let i = 0; i < 3; i++) {
    await expect(client.read({})).rejects.toMatchObject({ code: "UNAVAILABLE" });
    clock.advance(1_000);
  }
  await expect(client.read({})).rejects.toThrow("the circuit breaker for a:1 is open");
  server.start();
  clock.advance(4_000);
  await expect(client.read({})).rejects.toThrow("the circuit breaker for a:1 is open");
  await settled();
  expect((await client.read({ text: "back" })).text).toBe("back");
  expect((await client.read({ text: "closed" })).text).toBe("closed");
  await channel.close();
});

test("a breaker whose target serves again by its own word is tried at once", async () => {
  const { clock, client, channel, fail, calls, questions } = setUpOutage({ healthProbeMs: 1_000 });
  fail(new ParleyError("INTERNAL", "no database"));
  for (let i = 0; i < 3; i++) await expect(client.read({})).rejects.toThrow("no database");
  for (let i = 0; i < 20; i++) await expect(client.read({})).rejects.toThrow("breaker");
  await settled();
  expect([calls(), questions()]).toEqual([3, 1]);
  fail(undefined);
  clock.advance(1_000);
  await expect(client.read({})).rejects.toThrow("breaker");
  await settled();
  expect((await client.read({ text: "back" })).text).toBe("back");
  await channel.close();
});

test.each(["UNAVAILABLE", "DEADLINE_EXCEEDED"] as const)(
  "an outage that is over before anyone asks for the target's health (%s) ends with the breaker's first question",
  async (code) => {
    const { clock, client, channel, fail, questions } = setUpOutage({ healthProbeMs: 1_000 });
    fail(new ParleyError(code, "away"));
    for (let i = 0; i < 3; i++) await expect(client.read({})).rejects.toThrow("away");
    fail(undefined);
    await expect(client.read({})).rejects.toThrow("breaker");
    await settled();
    expect(questions()).toBe(1);
    expect((await client.read({ text: "back" })).text).toBe("back");
    clock.advance(1_000);
    expect((await client.read({ text: "closed" })).text).toBe("closed");
    await channel.close();
  },
);

test("a target that serves by its own word while its methods fail keeps its breaker open", async () => {
  const { clock, client, channel, fail, calls } = setUpOutage({ healthProbeMs: 1_000 });
  for (let i = 0; i < 3; i++) {
    fail(new ParleyError("INTERNAL", "a defect"));
    await expect(client.read({})).rejects.toThrow("a defect");
    fail(undefined);
  }
  for (let i = 0; i < 20; i++) {
    await expect(client.read({})).rejects.toThrow("breaker");
    await settled();
    clock.advance(1_000);
  }
  expect(calls()).toBe(3);
  await channel.close();
});
