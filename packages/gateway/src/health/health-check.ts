import { type Clock, settleWithin } from "@parley/core";

/** Asks a backend whether it serves; a rejection means that it cannot be reached. */
export type BackendProbe = (signal: AbortSignal) => Promise<"serving" | "not_serving" | "unknown">;

export interface HealthReport {
  readonly status: "ok" | "degraded";
  /** By backend, in camelCase: `userService`. */
  readonly services: Readonly<Record<string, "connected" | "disconnected">>;
}

/** A backend that does not answer within this time counts as down: less than the usual timeout of who asks us. */
const LIMIT_MS = 1_000;
/** One round of probes serves everyone who asks within this time, so that asking often costs backends nothing. */
const FRESH_MS = 1_000;

/**
 * Probes all backends at once. A backend that answers but knows nothing of health counts as connected, as gRPC clients
 * take it too (gRFC A17).
 */
export function createHealthCheck(
  probes: ReadonlyMap<string, BackendProbe>,
  clock: Clock,
): () => Promise<HealthReport> {
  let latest: { readonly atMs: number; readonly report: Promise<HealthReport> } | undefined;
  return () => {
    if (!latest || clock.now() - latest.atMs >= FRESH_MS) latest = { atMs: clock.now(), report: check(probes, clock) };
    return latest.report;
  };
}

async function check(probes: ReadonlyMap<string, BackendProbe>, clock: Clock): Promise<HealthReport> {
  const states = await Promise.all(
    [...probes].map(async ([name, probe]) => [camelCase(name), await stateOf(probe, clock)] as const),
  );
  const services = Object.fromEntries(states);
  return { status: states.every(([, state]) => state === "connected") ? "ok" : "degraded", services };
}

async function stateOf(probe: BackendProbe, clock: Clock): Promise<"connected" | "disconnected"> {
  const controller = new AbortController();
  const status = Promise.resolve(probe(controller.signal)).catch(() => "not_serving" as const);
  if ((await settleWithin(status, LIMIT_MS, clock)) === "timeout") {
    controller.abort(new Error(`the health check took longer than ${LIMIT_MS} ms`));
    return "disconnected";
  }
  return (await status) === "not_serving" ? "disconnected" : "connected";
}

function camelCase(name: string): string {
  return name.replace(/[-_.]+(\w)/g, (_, letter: string) => letter.toUpperCase());
}
