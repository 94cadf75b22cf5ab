import type { Logger } from "@parley/core";
import type { Delivery, DeliveryHandler, Envelope, EventTransport, Subscription } from "@parley/transport";
import { connect as connectPlain } from "amqplib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { runProgram } from "../../../../scripts/services/run-program.ts";
import { connect, type RabbitOptions } from "../src/connect.ts";
import { queueOf } from "../src/topics.ts";
import { canStartBroker, type OwnBroker, startOwnBroker } from "./own-broker.ts";

const PATIENCE_MS = 30_000;

describe.skipIf(!canStartBroker())("RabbitMQ in trouble", { timeout: 60_000 }, () => {
  let broker: OwnBroker;
  let count = 0;
  const opened: EventTransport[] = [];
  const warnings: { readonly fields: object; readonly message: string }[] = [];
  const logger: Logger = {
    debug() {},
    info() {},
    warn: (fields, message = "") => void warnings.push({ fields, message }),
    error() {},
  };

  beforeAll(async () => {
    broker = await startOwnBroker();
  }, 100_000);
  afterAll(async () => {
    await Promise.all(opened.map((transport) => transport.close({ signal: AbortSignal.abort() })));
    await broker?.remove();
  }, 60_000);

  const open = async (options: Partial<RabbitOptions> = {}): Promise<EventTransport> => {
    const transport = await connect({
      url: broker.url,
      clientName: "faults",
      topics: [],
      logger,
      newQueueRestMs: 0,
      ...options,
    });
    opened.push(transport);
    return transport;
  };
  const freshTopic = (): string => `faults.t${++count}`;
  const event = (topic: string, key?: string): Envelope => ({
    id: `e${++count}`,
    source: "/faults",
    type: topic,
    timeMs: 0,
    contentType: "application/json",
    key,
    extensions: {},
    data: Buffer.from("{}"),
  });
  const subscribe = (
    transport: EventTransport,
    topic: string,
    handler: DeliveryHandler,
    options: Partial<Subscription> = {},
  ) =>
    transport.subscribe(
      {
        topics: [topic],
        group: `group-${topic}`,
        from: "latest",
        concurrency: 4,
        ordering: "key",
        acknowledgeWithinMs: 30_000,
        ...options,
      },
      handler,
    );
  const eventually = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: PATIENCE_MS, interval: 50 });

  it("keeps what it confirmed for a group that is brand-new, when it is killed at once", async () => {
    const transport = await open({ newQueueRestMs: undefined });
    const topic = freshTopic();
    const seen = new Set<string>();
    const consumer = await subscribe(transport, topic, async () => "done");
    await consumer.close();
    const events = Array.from({ length: 500 }, (_, index) => event(topic, `k${index % 7}`));
    await transport.publish(topic, events);
    await broker.kill();
    await broker.start();
    await subscribe(await open(), topic, async ({ envelope }) => {
      seen.add(envelope.id);
      return "done";
    });
    await eventually(() => expect(seen).toEqual(new Set(events.map(({ id }) => id))));
  });

  it("blocks publishers under a deadline and by name while it is short of memory; acknowledging goes on", async () => {
    const transport = await open({ publishTimeoutMs: 1_500 });
    const topic = freshTopic();
    const seen = new Set<string>();
    let mayEnd = (): void => {};
    const gate = new Promise<void>((resolve) => {
      mayEnd = resolve;
    });
    const consumer = await subscribe(transport, topic, async ({ envelope }) => {
      await gate;
      seen.add(envelope.id);
      return "done";
    });
    const before = event(topic);
    await transport.publish(topic, [before]);
    await control(broker, "set_vm_memory_high_watermark", "0.000001");
    const failures = await Promise.allSettled(
      Array.from({ length: 20 }, () => transport.publish(topic, [event(topic)])),
    );
    const late = await transport.publish(topic, [event(topic)]).catch((error: unknown) => error);
    for (const failure of [...failures.map((each) => (each.status === "rejected" ? each.reason : undefined)), late]) {
      expect(failure).toMatchObject({ code: "RESOURCE_EXHAUSTED" });
      expect((failure as Error).message).toMatch(/memory/);
    }
    mayEnd();
    await eventually(async () => expect(seen).toContain(before.id));
    await control(broker, "set_vm_memory_high_watermark", "0.4");
    const after = event(topic);
    await eventually(() => transport.publish(topic, [after]));
    await eventually(() => expect(seen).toContain(after.id));
    await eventually(async () => expect(await consumer.lag()).toBe(0));
  });

  it("drops acknowledgements of a channel that is gone, and gets their events again (no 406 loop)", async () => {
    const transport = await open();
    const topic = freshTopic();
    const deliveries: Delivery[] = [];
    let mayEnd = (): void => {};
    const gate = new Promise<void>((resolve) => {
      mayEnd = resolve;
    });
    const consumer = await subscribe(transport, topic, async (delivery) => {
      deliveries.push(delivery);
      if (deliveries.length === 1) await gate;
      return "done";
    });
    const [first, second] = [event(topic, "k"), event(topic, "k")];
    await transport.publish(topic, [first, second]);
    await eventually(() => expect(deliveries).toHaveLength(1));
    await control(broker, "close_all_connections", "test");
    await eventually(() => expect(deliveries[0]?.signal.aborted).toBe(true));
    await eventually(() => transport.publish(topic, [event(topic, "other")]));
    // The key waits for the handler that runs on, though its delivery was taken away.
    await eventually(() => expect(deliveries.map(({ envelope }) => envelope.key)).toEqual(["k", "other"]));
    const lost = warnings.length;
    mayEnd();
    await eventually(async () => expect(await consumer.lag()).toBe(0));
    const ids = deliveries.filter(({ envelope }) => envelope.key === "k").map(({ envelope }) => envelope.id);
    expect(ids).toEqual([first.id, first.id, second.id]);
    expect(deliveries.at(-1)?.attempt).toBeGreaterThanOrEqual(1);
    expect(warnings.slice(lost)).toEqual([]);
  });

  it("is warned of for a queue that is not a quorum queue, and refused for one that breaks the order", async () => {
    const topic = freshTopic();
    const queue = queueOf(`group-${topic}`, topic);
    const plain = await connectPlain(broker.url);
    plain.on("error", () => {});
    const channel = await plain.createChannel();
    await channel.assertQueue(queue, { durable: true, arguments: { "x-single-active-consumer": false } });
    const transport = await open();
    warnings.length = 0;
    const seen: string[] = [];
    const record: DeliveryHandler = async ({ envelope }) => {
      seen.push(envelope.id);
      return "done";
    };
    await subscribe(transport, topic, record, { ordering: "none" });
    // Connections of the cases before may still be looking for their broker.
    expect(warnings.filter(({ fields }) => "queue" in fields)).toEqual([
      expect.objectContaining({
        fields: expect.objectContaining({ queue }),
        message: expect.stringMatching(/differs/),
      }),
    ]);
    const one = event(topic);
    await transport.publish(topic, [one]);
    await eventually(() => expect(seen).toEqual([one.id]));

    const other = freshTopic();
    await channel.assertQueue(queueOf(`group-${other}`, other), {
      durable: true,
      arguments: { "x-queue-type": "quorum", "x-single-active-consumer": false },
    });
    const refused = await subscribe(transport, other, async () => "done").catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "FAILED_PRECONDITION" });
    expect((refused as Error).message).toContain("in order");
    await plain.close();
  });

  it("refuses the login: told at once, without the password", async () => {
    const url = new URL(broker.url);
    url.username = "somebody";
    url.password = "secret";
    const failure = await connect({
      url: url.href,
      clientName: "faults",
      topics: [],
      publishTimeoutMs: PATIENCE_MS,
    }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "PERMISSION_DENIED" });
    expect((failure as Error).message).not.toContain("secret");
  });

  it("is not reached: the error names the host and never the password", async () => {
    const failure = await connect({
      url: "amqp://user:secret@127.0.0.1:1",
      clientName: "faults",
      topics: [],
      publishTimeoutMs: 300,
    }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "UNAVAILABLE" });
    expect((failure as Error).message).toContain("127.0.0.1:1");
    expect((failure as Error).message).not.toContain("secret");
  });
});

async function control(broker: OwnBroker, ...command: readonly string[]): Promise<void> {
  await runProgram("/usr/lib/rabbitmq/bin/rabbitmqctl", ["-n", "parley@localhost", ...command], {
    timeoutMs: 30_000,
    env: broker.env,
  });
}
