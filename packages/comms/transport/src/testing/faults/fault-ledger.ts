import { setTimeout as delay } from "node:timers/promises";
import { isParleyError } from "@parley/core";
import type { Envelope } from "../../envelope/envelope.ts";
import type { DeliveryHandler, EventTransport } from "../../event-transport.ts";

/** How a relay sends: so many at once. */
const BATCH = 50;
/** And after a refusal: a transport that is not connected may refuse at once, and needs the time to connect. */
const RETRY_MS = 20;

/** A handler that is done with each event at once. */
export function recordInto(note: (envelope: Envelope) => unknown): DeliveryHandler {
  return async ({ envelope }) => {
    note(envelope);
    return "done";
  };
}

/** Makes events of a topic; no two have the same id. */
export function eventsOf(topic: string): (count: number, key?: (index: number) => string) => Envelope[] {
  let made = 0;
  return (count, key) =>
    Array.from({ length: count }, (_, index) => ({
      id: `${topic}/${made++}`,
      source: "/faults",
      type: topic,
      timeMs: Date.UTC(2026, 0, 31),
      key: key?.(index),
      contentType: "application/json",
      extensions: {},
      data: new TextEncoder().encode(JSON.stringify({ index })),
    }));
}

/** As a relay does: what was not taken is published again. */
export async function publishAll(transport: EventTransport, topic: string, events: readonly Envelope[]): Promise<void> {
  for (let at = 0; at < events.length; at += BATCH) {
    const batch = events.slice(at, at + BATCH);
    for (;;) {
      const failure = await transport.publish(topic, batch).catch((error: unknown) => error);
      if (failure === undefined) break;
      if (!isParleyError(failure)) throw failure;
      await delay(RETRY_MS);
    }
  }
}

/** Events that came, for the first time, before one of their key that was published earlier. */
export function orderViolations(handled: readonly Envelope[], sent: readonly Envelope[]): string[] {
  const place = new Map(sent.map(({ id }, index) => [id, index]));
  const latest = new Map<string, number>();
  const seen = new Set<string>();
  const wrong: string[] = [];
  for (const { id, key = "" } of handled) {
    const at = place.get(id) ?? -1;
    if (!seen.has(id) && at < (latest.get(key) ?? -1)) wrong.push(id);
    seen.add(id);
    latest.set(key, Math.max(at, latest.get(key) ?? -1));
  }
  return wrong;
}
