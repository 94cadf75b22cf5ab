import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { isParleyError, noopLogger } from "@parley/core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import type { ConnectionState } from "../../connection-state.ts";
import type { Envelope } from "../../envelope/envelope.ts";
import type { EventTransport, TransportOptions } from "../../event-transport.ts";
import { eventsOf, orderViolations, publishAll, recordInto } from "./fault-ledger.ts";
import type { KillableBroker } from "./killable-broker.ts";
import { createTcpProxy } from "./tcp-proxy.ts";

/** What the suite of faults needs of a broker. */
export interface FaultHarness {
  /** Starts one. With `advertisedPort`, one that sends its clients to that port, if it is a broker that sends them anywhere. */
  startBroker(options?: { readonly advertisedPort?: number }): Promise<KillableBroker>;
  connect(url: string, options: Omit<TransportOptions, "url" | "clientName">): Promise<EventTransport>;
}

export interface FaultOptions {
  /** False leaves all out by name: no broker can be started here. Default true. */
  readonly isAvailable?: boolean;
  /** How long something that must come back may take. Default 90 s: a second on a machine of its own, much more on a busy one. */
  readonly patienceMs?: number;
  /** After which silence a member has lost what it holds. Default 2 s. */
  readonly acknowledgeWithinMs?: number;
  /** Events that are published while the broker is killed. Default 1,500. */
  readonly events?: number;
  /** How often it is killed. Default 3. */
  readonly kills?: number;
  /** How long a killed or frozen broker is away. Default longer than a member may be silent. */
  readonly awayMs?: number;
}

const PUBLISH_TIMEOUT_MS = 2_000;
/** A publish has its time, and a busy machine a little more. */
const ENDS_WITHIN_MS = PUBLISH_TIMEOUT_MS + 10_000;
const CLOSE_WITHIN_MS = 10_000;
const CLOSE_LIMIT_MS = 1_000;
/** A second to say good-bye, and what a busy machine takes. */
const CLOSE_SLACK_MS = 4_000;
/** Whatever an adapter asks at the start, one after the other. */
const CONNECT_WITHIN_MS = 30_000;
/** To start a broker, or to stop it. */
const BROKER_TIMEOUT_MS = 120_000;
const PORT = /:(\d+)(?=\/|$)/;
const KEYS = 20;
const keyOf = (index: number): string => `key-${index % KEYS}`;

/**
 * What must hold while a broker is killed, frozen, or no longer heard: what was confirmed is handled, in the order of its keys,
 * and every call ends in time and by name. Beside {@link describeEventTransport}, for who writes a transport.
 */
export function describeTransportFaults(
  name: string,
  { startBroker, connect }: FaultHarness,
  {
    isAvailable = true,
    patienceMs = 90_000,
    acknowledgeWithinMs = 2_000,
    events = 1_500,
    kills = 3,
    awayMs = acknowledgeWithinMs + 500,
  }: FaultOptions = {},
): void {
  const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: patienceMs, interval: 20 });

  /** A topic of the test's own, a group that notes what it handles, and how many of them there are. */
  async function scene(url: string) {
    const topic = `faults.t${randomUUID().slice(0, 8)}`;
    const topics = [{ name: topic, ordering: "key", retentionMs: 86_400_000, maxDataBytes: 65_536 }] as const;
    const warnings: string[] = [];
    const warn = (_fields: object, message = ""): void => void warnings.push(message);
    const logger = { ...noopLogger, warn };
    const states: ConnectionState[] = [];
    const onConnection = (state: ConnectionState): void => void states.push(state);
    const transport = await connect(url, { topics, publishTimeoutMs: PUBLISH_TIMEOUT_MS, logger, onConnection });
    onTestFinished(() => transport.close({ signal: AbortSignal.timeout(CLOSE_WITHIN_MS) }), 2 * CLOSE_WITHIN_MS);
    const handled: Envelope[] = [];
    const subscription = { from: "latest", concurrency: 8, ordering: "key", acknowledgeWithinMs } as const;
    await transport.subscribe(
      { topics: [topic], group: `group-${topic}`, ...subscription },
      recordInto((envelope) => handled.push(envelope)),
    );
    const missing = (sent: readonly Envelope[]): string[] => {
      const seen = new Set(handled.map(({ id }) => id));
      return sent.map(({ id }) => id).filter((id) => !seen.has(id));
    };
    return { topic, transport, handled, missing, warnings, states, make: eventsOf(topic) };
  }

  describe.skipIf(!isAvailable)(`${name}, when its broker fails`, { timeout: 6 * patienceMs }, () => {
    let broker: KillableBroker;
    beforeAll(async () => {
      broker = await startBroker();
    }, BROKER_TIMEOUT_MS);
    afterAll(() => broker?.remove(), BROKER_TIMEOUT_MS);

    it("loses nothing and keeps the order of keys while it is killed again and again under publishers", async () => {
      const { topic, transport, handled, missing, states, make } = await scene(broker.url);
      const sent = make(events, keyOf);
      const publishing = publishAll(transport, topic, sent);
      for (let kill = 0; kill < kills; kill++) {
        const share = (kill + 1) / (kills + 2);
        await eventually(() => expect(handled.length).toBeGreaterThan(events * share));
        await broker.kill();
        if (kill === 0) await delay(awayMs);
        await broker.start();
      }
      await publishing;
      await eventually(() => expect(missing(sent)).toEqual([]));
      expect(orderViolations(handled, sent)).toEqual([]);
      // Each change once, first the loss, and in the end it is known to be back.
      await eventually(() => expect(states.at(-1)).toBe("connected"));
      expect(states).toEqual(states.map((_, index) => (index % 2 === 0 ? "away" : "connected")));
    });

    it("ends publishes in time and by name while it is frozen, and goes on with all events when it is back", async () => {
      const { topic, transport, missing, warnings, make } = await scene(broker.url);
      const [before, frozen, after] = [make(50, keyOf), make(20, keyOf), make(200, keyOf)];
      await publishAll(transport, topic, before);
      warnings.length = 0;
      onTestFinished(() => broker.thaw());
      await broker.freeze();
      const beganMs = performance.now();
      const results = await Promise.allSettled(frozen.map((each) => transport.publish(topic, [each])));
      expect(performance.now() - beganMs).toBeLessThan(ENDS_WITHIN_MS);
      for (const result of results) {
        if (result.status === "fulfilled") continue;
        expect(isParleyError(result.reason) && result.reason.code).toMatch(/^(?:DEADLINE_EXCEEDED|UNAVAILABLE)$/);
      }
      expect(results.some(({ status }) => status === "rejected")).toBe(true);
      await eventually(() => expect(warnings).not.toEqual([])); // an operator is told
      await delay(Math.max(0, awayMs - (performance.now() - beganMs)));
      broker.thaw();
      await publishAll(transport, topic, [...frozen, ...after]);
      await eventually(() => expect(missing([...before, ...frozen, ...after])).toEqual([]));
    });

    it("ends a close soon after its limit while it is frozen, with and without a handler at work", async () => {
      const { topic, transport, make } = await scene(broker.url);
      const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
      await transport.subscribe(
        {
          topics: [topic],
          group: `busy-${topic}`,
          from: "latest",
          concurrency: 1,
          ordering: "key",
          acknowledgeWithinMs,
        },
        async ({ signal }) => {
          begin();
          await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
          return { retryAfterMs: 0 };
        },
      );
      await publishAll(transport, topic, make(1, keyOf));
      await begun;
      onTestFinished(() => broker.thaw());
      await broker.freeze();
      const beganMs = performance.now();
      await transport.close({ signal: AbortSignal.timeout(CLOSE_LIMIT_MS) });
      expect(performance.now() - beganMs).toBeLessThan(CLOSE_LIMIT_MS + CLOSE_SLACK_MS);
    });

    it("refuses to connect in time and by name while it is frozen", async () => {
      onTestFinished(() => broker.thaw());
      await broker.freeze();
      const beganMs = performance.now();
      const failure = await connect(broker.url, { topics: [], publishTimeoutMs: PUBLISH_TIMEOUT_MS }).then(
        (transport) => transport.close({ signal: AbortSignal.abort() }),
        (error: unknown) => error,
      );
      expect(isParleyError(failure) && failure.code).toMatch(/^(?:DEADLINE_EXCEEDED|UNAVAILABLE)$/);
      expect(performance.now() - beganMs).toBeLessThan(CONNECT_WITHIN_MS);
    });

    it("finds out that connections are silent and half open, and goes on with all events over others", async () => {
      const proxy = await createTcpProxy();
      onTestFinished(() => proxy.close());
      const behind = await startBroker({ advertisedPort: proxy.port });
      onTestFinished(() => behind.remove(), BROKER_TIMEOUT_MS);
      const [, port = ""] = PORT.exec(behind.url) ?? [];
      proxy.open({ host: "127.0.0.1", port: Number(port) });
      const { topic, transport, missing, make } = await scene(behind.url.replace(PORT, `:${proxy.port}`));
      const [before, after] = [make(50, keyOf), make(50, keyOf)];
      await publishAll(transport, topic, before);
      proxy.freeze("open");
      await publishAll(transport, topic, after);
      await eventually(() => expect(missing([...before, ...after])).toEqual([]));
    });
  });
}
