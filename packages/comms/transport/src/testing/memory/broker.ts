import { type Clock, ParleyError, systemClock } from "@parley/core";
import type { TransportCapabilities } from "../../capabilities.ts";
import type { Envelope } from "../../envelope/envelope.ts";
import type { RequestReply, StartPosition, Subscription, TopicSpec } from "../../event-transport.ts";
import { MemoryGroup } from "./group.ts";
import { createResponders } from "./responders.ts";

/** An event at its place in the log of a topic. */
export interface LogEntry {
  readonly topic: string;
  readonly offset: bigint;
  readonly publishedAtMs: number;
  readonly envelope: Envelope;
}

export interface MemoryBrokerOptions {
  readonly clock?: Clock | undefined;
  /** Weaker than it could be, to see what a system does on such a transport. */
  readonly capabilities?: Partial<TransportCapabilities> | undefined;
  /** Events kept in all; publishing more is RESOURCE_EXHAUSTED. Default 100,000. */
  readonly maxEvents?: number | undefined;
}

/** What several transports in one process share. It forgets everything with the process. */
export interface MemoryBroker {
  readonly capabilities: TransportCapabilities;
  readonly clock: Clock;
  readonly responders: RequestReply;
  addTopics(topics: readonly TopicSpec[]): void;
  append(topic: string, envelopes: readonly Envelope[]): void;
  /** What a topic still keeps, in order: for tests that look at what was published. */
  published(topic: string): readonly Envelope[];
  /** The groups of a subscription, one for each of its topics. */
  groupsOf(subscription: Subscription): readonly MemoryGroup[];
  leave(group: MemoryGroup): void;
  /** As if killed: publishing is UNAVAILABLE and no delivery counts, until it is started again. */
  stop(): void;
  start(): void;
}

const CAPABILITIES: TransportCapabilities = {
  ordering: "topic",
  durable: true,
  retention: true,
  replay: true,
  priorities: 1,
  requestReply: true,
  maxDataBytes: 1_024 * 1_024,
};

const DEFAULT_MAX_EVENTS = 100_000;

export function createMemoryBroker(options: MemoryBrokerOptions = {}): MemoryBroker {
  const { clock = systemClock, maxEvents = DEFAULT_MAX_EVENTS } = options;
  const capabilities = { ...CAPABILITIES, ...options.capabilities };
  const logs = new Map<string, LogEntry[]>();
  const retentions = new Map<string, number>();
  const groups = new Map<string, MemoryGroup>();
  const ephemeral = new Set<MemoryGroup>();
  let nextOffset = 0n;
  let count = 0;
  let up = true;

  function trim(topic: string, log: LogEntry[]): void {
    const retentionMs = retentions.get(topic) ?? Number.POSITIVE_INFINITY;
    const keepFrom = log.findIndex(({ publishedAtMs }) => publishedAtMs > clock.now() - retentionMs);
    const expired = keepFrom < 0 ? log.length : keepFrom;
    log.splice(0, expired);
    count -= expired;
  }

  function history(topic: string, from: StartPosition): LogEntry[] {
    if (from === "latest" || !capabilities.retention) return [];
    const sinceMs = from === "earliest" ? Number.NEGATIVE_INFINITY : from.sinceMs;
    return (logs.get(topic) ?? []).filter(({ publishedAtMs }) => publishedAtMs >= sinceMs);
  }

  return {
    capabilities,
    clock,
    responders: createResponders(),
    addTopics(topics) {
      for (const { name, retentionMs } of topics) retentions.set(name, retentionMs);
    },
    append(topic, envelopes) {
      if (!up) throw new ParleyError("UNAVAILABLE", "the memory broker is stopped");
      const log = logs.get(topic) ?? [];
      logs.set(topic, log);
      trim(topic, log);
      if (count + envelopes.length > maxEvents) {
        throw new ParleyError("RESOURCE_EXHAUSTED", `the memory broker holds its limit of ${maxEvents} events`);
      }
      const all = [...groups.values(), ...ephemeral].filter((group) => group.topic === topic);
      for (const envelope of envelopes) {
        const entry: LogEntry = { topic, offset: nextOffset++, publishedAtMs: clock.now(), envelope };
        log.push(entry);
        count += 1;
        for (const group of all) group.add(entry);
      }
      for (const group of all) group.dispatch();
    },
    published: (topic) => (logs.get(topic) ?? []).map(({ envelope }) => envelope),
    groupsOf: ({ group: name, topics, from, ordering }) =>
      topics.map((topic) => {
        const place = JSON.stringify([name, topic]);
        const known = name === undefined ? undefined : groups.get(place);
        if (known) return known;
        const group = new MemoryGroup(topic, { ordering, clock, up });
        if (name === undefined) ephemeral.add(group);
        else groups.set(place, group);
        for (const entry of history(topic, from)) group.add(entry);
        return group;
      }),
    leave: (group) => void ephemeral.delete(group),
    stop() {
      up = false;
      for (const group of [...groups.values(), ...ephemeral]) group.stop();
    },
    start() {
      up = true;
      for (const group of [...groups.values(), ...ephemeral]) group.start();
    },
  };
}
