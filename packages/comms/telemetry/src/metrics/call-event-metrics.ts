import type { Meter } from "@opentelemetry/api";
import type { CallObserver } from "@parley/core";
import type { BreakerState } from "@parley/core/internal";
import { DURATION_BUCKETS, METRICS } from "./definitions.ts";

const BREAKER_STATES = { closed: 0, "half-open": 1, open: 2 } as const satisfies Record<BreakerState, number>;

/** Turns what channels tell their observer into metrics. These are rare, so the SDK's own instruments serve. */
export function observeCallEvents(meter: Meter): CallObserver {
  const counter = (name: keyof typeof METRICS) => meter.createCounter(name, { description: METRICS[name].help });
  const retries = counter("parley_call_retries_total");
  const refusedRetries = counter("parley_call_retries_refused_total");
  const breakerChanges = counter("parley_breaker_changes_total");
  const connectionChanges = counter("parley_connection_changes_total");
  const breakerState = meter.createGauge("parley_breaker_state", {
    description: METRICS.parley_breaker_state.help,
  });
  const queue = meter.createHistogram("parley_call_queue_seconds", {
    description: METRICS.parley_call_queue_seconds.help,
    advice: { explicitBucketBoundaries: [...DURATION_BUCKETS] },
  });
  return (event) => {
    const { target } = event;
    switch (event.type) {
      case "retry":
        return retries.add(1, { target, method: event.method, code: event.code });
      case "retry_budget_exhausted":
        return refusedRetries.add(1, { target, method: event.method });
      case "breaker":
        breakerState.record(BREAKER_STATES[event.to], { target });
        return breakerChanges.add(1, { target, to: event.to });
      case "connection":
        return connectionChanges.add(1, { target, to: event.state });
      case "queued":
        return queue.record(event.waitedMs / 1_000, { target });
      default:
        event satisfies never;
    }
  };
}
