import type { Clock } from "@parley/core";
import { settleWithin } from "@parley/core/internal";

/** Asks a backend whether it serves; a rejection means that it cannot be reached. */
export type BackendProbe = (signal: AbortSignal) => Promise<"serving" | "not_serving" | "unknown">;

export interface HealthReport {
  readonly status: "ok" | "degraded";
  /** By backend, in camelCase: `userService`. */
  readonly services: Readonly<Record<string, "connected" | "disconnected">>;
  /**
   * Whether the events of all backends that have any reach the broker. No part of the status: while it is away events
   * wait, and requests are answered. Absent if no backend has events.
   */
  readonly events?: "connected" | "degraded";
}

export interface HealthProbes {
  readonly backends: ReadonlyMap<string, BackendProbe>;
  /** Of those backends, whether their events reach the broker; `unknown` of one that has none. */
  readonly events: readonly BackendProbe[];
}

/** A backend that does not answer within this time counts as down: less than the usual timeout of who asks us. */
const LIMIT_MS = 1_000;
/** One round of probes serves everyone who asks within this time, so that asking often costs backends nothing. */
const FRESH_MS = 1_000;

/**
 * Probes all backends at once. A backend that answers but knows nothing of health counts as connected, as gRPC clients
 * take it too (gRFC A17).
 */
export function createHealthCheck(probes: HealthProbes, clock: Clock): () => Promise<HealthReport> {
  let latest: { readonly atMs: number; readonly report: Promise<HealthReport> } | undefined;
  return () => {
    if (!latest || clock.now() - latest.atMs >= FRESH_MS) latest = { atMs: clock.now(), report: check(probes, clock) };
    return latest.report;
  };
}

async function check({ backends, events }: HealthProbes, clock: Clock): Promise<HealthReport> {
  const [states, eventStates] = await Promise.all([
    Promise.all([...backends].map(async ([name, probe]) => [camelCase(name), await stateOf(probe, clock)] as const)),
    Promise.all(events.map((probe) => statusOf(probe, clock))),
  ]);
  const known = eventStates.filter((status) => status === "serving" || status === "not_serving");
  return {
    status: states.every(([, state]) => state === "connected") ? "ok" : "degraded",
    services: Object.fromEntries(states),
    ...(known.length > 0 && { events: known.includes("not_serving") ? "degraded" : "connected" }),
  };
}

async function stateOf(probe: BackendProbe, clock: Clock): Promise<"connected" | "disconnected"> {
  const status = await statusOf(probe, clock);
  return status === "serving" || status === "unknown" ? "connected" : "disconnected";
}

/** A backend that cannot be reached, or does not answer in time, is `away`. */
async function statusOf(probe: BackendProbe, clock: Clock): Promise<Awaited<ReturnType<BackendProbe>> | "away"> {
  const controller = new AbortController();
  const status = Promise.resolve(probe(controller.signal)).catch(() => "away" as const);
  if ((await settleWithin(status, LIMIT_MS, clock)) === "timeout") {
    controller.abort(new Error(`the health check took longer than ${LIMIT_MS} ms`));
    return "away";
  }
  return status;
}

/** A backend's name as reports have it. */
export function camelCase(name: string): string {
  return name.replace(/[-_.]+(\w)/g, (_, letter: string) => letter.toUpperCase());
}
