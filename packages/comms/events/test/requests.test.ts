import { DurationSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { currentContext, failedPrecondition, runWithContext } from "@parley/core";
import { deriveContext } from "@parley/core/internal";
import { createMemoryBroker, createMemoryTransport } from "@parley/transport/testing";
import { describe, expect, it } from "vitest";
import { defineRequest } from "../src/definition/define-request.ts";
import { busForTest } from "./support/bus-for-test.ts";

const Ring = defineRequest({ name: "bells.ring", request: DurationSchema, response: TimestampSchema });

describe("request and reply", () => {
  it("brings a typed answer within the context of the question", async () => {
    const { bus } = busForTest();
    const correlations: unknown[] = [];
    bus.respond(Ring, async ({ seconds }) => {
      correlations.push(currentContext()?.correlationId);
      return { seconds: seconds * 2n };
    });
    await bus.start();
    const asked = runWithContext(deriveContext({ correlationId: "c-1" }), () => bus.request(Ring, { seconds: 21n }));
    expect(await asked).toMatchObject({ seconds: 42n });
    expect(correlations).toEqual(["c-1"]);
  });

  it("brings the error of who answers", async () => {
    const { bus } = busForTest();
    bus.respond(Ring, async () => {
      throw failedPrecondition("no bell");
    });
    await bus.start();
    await expect(bus.request(Ring, {})).rejects.toMatchObject({ code: "FAILED_PRECONDITION", message: "no bell" });
  });

  it("ends in time when nobody is done", async () => {
    const { bus } = busForTest();
    bus.respond(Ring, () => new Promise(() => {}));
    await bus.start();
    await expect(bus.request(Ring, {}, { timeoutMs: 20 })).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  });

  it("is refused by name where the transport has none", async () => {
    const broker = createMemoryBroker({ capabilities: { requestReply: false } });
    const { capabilities } = createMemoryTransport({ broker });
    const alternatives = [
      { name: "kafka", capabilities },
      ...["nats", "rabbitmq"].map((name) => ({ name, capabilities: { ...capabilities, requestReply: true } })),
    ];
    const { bus } = busForTest({ broker, alternatives });
    await expect(bus.request(Ring, {})).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
      message: expect.stringContaining("bells.ring"),
    });
    bus.respond(Ring, async () => ({}));
    await expect(bus.start()).rejects.toThrow(/request and reply, which bells.ring needs: use nats or rabbitmq/);
  });

  it("is named in a way that brokers take", () => {
    expect(() => defineRequest({ name: "Ring", request: DurationSchema, response: DurationSchema })).toThrow(/"Ring"/);
  });
});
