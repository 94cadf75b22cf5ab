import type { Clock } from "@parley/core";
import { settleWithin } from "@parley/core/internal";
import type { Http1Server } from "@parley/wire/internal/http1";

export interface DrainOptions {
  /** How long running requests may take to finish. */
  readonly graceMs: number;
  /** Ends the grace at once. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * How long idle connections are kept when a drain begins. A client that is just about to use one still gets its answer,
 * with `Connection: close`; closing at once would turn that request into a reset.
 */
const LINGER_MS = 1_000;
const SWEEP_MS = 50;

/**
 * Two steps: no new connection is accepted, and each answer from now on closes its connection (the door sees to that);
 * when the linger is over, idle connections are closed too. What still runs at the end of the grace is cut off.
 */
export async function drainServer(
  server: Http1Server,
  { graceMs, signal }: DrainOptions,
  clock: Clock,
): Promise<"drained" | "forced"> {
  const { promise: forced, resolve: force } = Promise.withResolvers<"forced">();
  const onAbort = (): void => force("forced");
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });

  const closed = new Promise<void>((resolve) => server.listener.close(() => resolve()));
  let sweep = clock.setTimer(Math.min(LINGER_MS, graceMs / 2), function sweepIdle() {
    server.closeIdle();
    sweep = clock.setTimer(SWEEP_MS, sweepIdle);
  });
  const outcome = await Promise.race([settleWithin(closed, graceMs, clock), forced]);
  sweep.cancel();
  signal?.removeEventListener("abort", onAbort);
  if (outcome !== "settled") server.closeAll();
  await closed;
  return outcome === "settled" ? "drained" : "forced";
}
