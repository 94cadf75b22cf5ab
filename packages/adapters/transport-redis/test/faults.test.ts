import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Logger } from "@parley/core";
import type {
  Delivery,
  DeliveryHandler,
  Envelope,
  EventTransport,
  Subscription,
  TransportOptions,
} from "@parley/transport";
import { createClient } from "@redis/client";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { connect } from "../src/connect.ts";
import { canStartServer, type OwnServer, startOwnServer } from "./own-server.ts";

const PATIENCE_MS = 20_000;

describe.skipIf(!canStartServer())("Redis in trouble", { timeout: 60_000 }, () => {
  let server: OwnServer;
  let count = 0;
  const opened: EventTransport[] = [];
  const children: ChildProcess[] = [];
  const warnings: string[] = [];
  const logger: Logger = {
    debug() {},
    info() {},
    warn: (_, message = "") => void warnings.push(message),
    error() {},
  };

  beforeAll(async () => {
    server = await startOwnServer();
  }, 40_000);
  afterAll(async () => {
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(opened.map((transport) => transport.close({ signal: AbortSignal.abort() })));
    await server?.remove();
  }, 40_000);

  const open = async (options: Partial<TransportOptions> = {}): Promise<EventTransport> => {
    const transport = await connect({ url: server.url, clientName: "faults", topics: [], logger, ...options });
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
        group: "group",
        from: "latest",
        concurrency: 4,
        ordering: "key",
        acknowledgeWithinMs: 2_000,
        ...options,
      },
      handler,
    );
  const eventually = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: PATIENCE_MS, interval: 20 });
  const command = async (...words: string[]): Promise<unknown> => {
    const client = await createClient({ url: server.url }).connect();
    try {
      return await client.sendCommand(words);
    } finally {
      await client.close();
    }
  };

  it("refuses by name when it is out of memory, while groups go on and also new members join", async () => {
    const transport = await open();
    const topic = freshTopic();
    const before = Array.from({ length: 30 }, () => event(topic));
    const first = await subscribe(transport, topic, async () => ({ retryAfterMs: 60_000 }));
    await transport.publish(topic, before);
    await command("CONFIG", "SET", "maxmemory", "1");
    try {
      for (const batch of [[event(topic)], [event(topic), event(topic)]]) {
        const failure = await transport.publish(topic, batch).catch((error: unknown) => error);
        expect(failure).toMatchObject({ code: "RESOURCE_EXHAUSTED" });
        expect((failure as Error).message).toMatch(/maxmemory/);
      }
      await first.close();
      const seen = new Set<string>();
      const second = await subscribe(transport, topic, async ({ envelope }) => {
        seen.add(envelope.id);
        return "done";
      });
      await eventually(() => expect(seen.size).toBe(before.length));
      await eventually(async () => expect(await second.lag()).toBe(0));
    } finally {
      await command("CONFIG", "SET", "maxmemory", "0");
    }
    await transport.publish(topic, [event(topic)]);
  });

  it.each(["key", "none"] as const)(
    "gives what a stopped member holds to another, and refuses its late word (order: %s)",
    async (ordering) => {
      const topic = freshTopic();
      const transport = await open();
      const child = await startMember(server.url, topic, ordering);
      children.push(child.process);
      const events = [event(topic, "k"), event(topic, "k"), event(topic, "k")];
      await transport.publish(topic, events);
      await eventually(() => expect(child.lines()).toContain(`start ${events[0]?.id}`));
      child.process.kill("SIGSTOP");
      const deliveries: Delivery[] = [];
      const began = performance.now();
      const consumer = await subscribe(
        transport,
        topic,
        async (delivery) => {
          deliveries.push(delivery);
          return "done";
        },
        { ordering },
      );
      await eventually(() => expect(new Set(deliveries.map(({ envelope }) => envelope.id)).size).toBe(3));
      expect(performance.now() - began).toBeLessThan(20_000);
      expect(deliveries.find(({ envelope }) => envelope.id === events[0]?.id)?.attempt).toBe(2);
      if (ordering === "key") expect(deliveries.map(({ envelope }) => envelope.id)).toEqual(events.map(({ id }) => id));
      await eventually(async () => expect(await consumer.lag()).toBe(0));
      child.process.kill("SIGCONT");
      await eventually(() => expect(child.lines()).toContain(`aborted ${events[0]?.id}`));
      const later = event(topic, "k");
      await transport.publish(topic, [later]);
      if (ordering === "key") await eventually(() => expect(deliveries.at(-1)?.envelope.id).toBe(later.id));
      child.process.kill("SIGKILL");
    },
  );

  it("is emptied, and the group goes on with what comes", async () => {
    const transport = await open();
    const topic = freshTopic();
    const seen = new Set<string>();
    await subscribe(transport, topic, async ({ envelope }) => {
      seen.add(envelope.id);
      return "done";
    });
    const before = event(topic);
    await transport.publish(topic, [before]);
    await eventually(() => expect(seen).toContain(before.id));
    await command("FLUSHALL");
    const after = event(topic);
    await transport.publish(topic, [after]);
    await eventually(() => expect(seen).toContain(after.id));
  });

  it("has a key of another kind with the name of a topic: refused by name", async () => {
    const topic = freshTopic();
    await command("SET", topic, "text");
    const failure = await (await open()).publish(topic, [event(topic)]).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "FAILED_PRECONDITION" });
  });

  it("refuses the login: told at once, without the password", async () => {
    const url = new URL(server.url);
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
      url: "redis://user:secret@127.0.0.1:1",
      clientName: "faults",
      topics: [],
      publishTimeoutMs: 300,
    }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "UNAVAILABLE" });
    expect((failure as Error).message).toContain("127.0.0.1:1");
    expect((failure as Error).message).not.toContain("secret");
  });

  it.each([
    { args: ["--appendonly", "no"], warning: /append-only/ },
    { args: ["--appendfsync", "everysec"], warning: /appendfsync always/ },
    { args: ["--maxmemory-policy", "allkeys-lru"], warning: /noeviction/ },
  ])("with $args is warned of at the start", async ({ args, warning }) => {
    const unsafe = await startOwnServer(...args);
    try {
      warnings.length = 0;
      const transport = await connect({ url: unsafe.url, clientName: "faults", topics: [], logger });
      expect(warnings).toEqual([expect.stringMatching(warning)]);
      expect(transport.capabilities.durable).toBe(args.includes("allkeys-lru"));
      await transport.close();
    } finally {
      await unsafe.remove();
    }
  });
});

interface Member {
  readonly process: ChildProcess;
  lines(): readonly string[];
}

/** A member in a process of its own, whose handler ends only when its delivery is taken away. */
async function startMember(url: string, topic: string, ordering: string): Promise<Member> {
  const script = fileURLToPath(new URL("./member.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@parley/source", script, url, topic, ordering], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const lines = (): readonly string[] => text.split("\n");
  await vi.waitFor(() => expect(lines()).toContain("ready"), { timeout: PATIENCE_MS });
  return { process: child, lines };
}
