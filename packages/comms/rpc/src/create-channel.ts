import { createBalancer } from "./balancer/create-balancer.ts";
import type { Channel } from "./channel/channel.ts";
import { createConnectionPool } from "./channel/connection-pool.ts";
import { createDialer } from "./channel/dialer.ts";
import { createMethodPlans } from "./channel/method-plan.ts";
import { type ChannelOptions, resolveChannelOptions } from "./channel/options.ts";
import { createPipeline } from "./channel/pipeline.ts";
import { createHealthProbe } from "./health/health-probe.ts";
import { createResolver } from "./resolver/create-resolver.ts";

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
