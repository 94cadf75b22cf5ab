import type { CallHandler, Clock } from "@parley/core";
import { createBalancer } from "../balancer/create-balancer.ts";
import { createResolver } from "../resolver/create-resolver.ts";
import { createConnectionPool } from "./connection-pool.ts";
import { createDialer } from "./dialer.ts";
import { createHealthProbe } from "./health-probe.ts";
import { createMethodPlans } from "./method-plan.ts";
import { type ChannelOptions, resolveChannelOptions } from "./options.ts";
import { createPipeline } from "./pipeline.ts";

/** The way to one target: however many addresses and connections that has. Made once per target and shared. */
export interface Channel {
  /**
   * Carries a call under the channel's policy. The call's context is the one it is made in: the channel derives the
   * call's own from it (a new span, the lesser deadline), and ends the call when that deadline has passed or the context's
   * signal aborts.
   */
  readonly call: CallHandler;
  readonly target: string;
  /** The clock that deadlines are measured with. Default the machine's. */
  readonly clock?: Clock;
  /**
   * Takes no more calls, lets those that were sent finish for `graceMs` (default 5 s), then cancels them. Calls that
   * still wait, for a connection or another attempt, fail at once. Idempotent.
   */
  close(options?: { readonly graceMs?: number | undefined }): Promise<void>;
}

const CLOSE_GRACE_MS = 5_000;

/**
 * A channel to a target. Nothing is looked up or dialled before the first call, and a lost connection is dialled again
 * by the next call that needs it.
 *
 * @throws TypeError that names every option that cannot be used.
 */
export function createChannel(options: ChannelOptions): Channel {
  const resolved = resolveChannelOptions(options);
  const { target, clock, parsedTarget } = resolved;
  const closing = new AbortController();
  const plans = createMethodPlans(resolved);
  const pool = createConnectionPool({
    ...resolved,
    onReady: () => plans.tryBreakers("back"),
    resolver: createResolver(parsedTarget, resolved),
    balancer: createBalancer(resolved.loadBalancing),
    dial: createDialer(resolved),
  });
  let closed: Promise<void> | undefined;
  const onRefused = (): void => {
    pool.probe();
    probeHealth?.();
  };
  const channel: Channel = {
    call: createPipeline({ ...resolved, plans, closing: closing.signal, carry: pool.carry, onRefused }),
    target,
    clock,
    close({ graceMs = CLOSE_GRACE_MS } = {}) {
      closing.abort();
      closed ??= pool.close(graceMs);
      return closed;
    },
  };
  const { healthProbeMs } = resolved;
  const probeHealth =
    healthProbeMs === undefined
      ? undefined
      : createHealthProbe({ channel, clock, intervalMs: healthProbeMs, onServing: plans.tryBreakers });
  return channel;
}
