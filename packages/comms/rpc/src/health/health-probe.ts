import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "@parley/core";
import type { Channel } from "../channel/channel.ts";
import { checkHealth } from "./check-health.ts";

export interface HealthProbeOptions {
  readonly channel: Channel;
  readonly clock: Clock;
  /** Between two questions at least, and the time that an answer may take. */
  readonly intervalMs: number;
  /** The target said that it serves: `back` if it did not at the question before. */
  readonly onServing: (sign: "back" | "serves") => void;
}

/**
 * Asks a target for its health while a breaker refuses calls to it: called for each refused call, asks at most once per
 * interval. A change counts, from "cannot be asked" or "not serving" to "serving". Without one the target's word counts where it
 * was silent and is no longer; one that serves by its own word while its methods fail keeps the breaker open for its whole time.
 */
export function createHealthProbe({ channel, clock, intervalMs, onServing }: HealthProbeOptions): () => void {
  // The question is the channel's own: it must not carry the context of the call that was refused.
  const detached = AsyncLocalStorage.snapshot();
  let isAsking = false;
  let notBeforeMs = 0;
  let wasDown = false;

  const isServing = async (): Promise<boolean | undefined> => {
    try {
      const status = await checkHealth(channel, "", { timeoutMs: intervalMs });
      return status === "unknown" ? undefined : status === "serving";
    } catch {
      return false;
    }
  };

  const ask = async (): Promise<void> => {
    const serves = await isServing();
    isAsking = false;
    if (serves) onServing(wasDown ? "back" : "serves");
    if (serves !== undefined) wasDown = !serves;
  };

  return () => {
    const nowMs = clock.now();
    if (isAsking || nowMs < notBeforeMs) return;
    isAsking = true;
    notBeforeMs = nowMs + intervalMs;
    void detached(ask);
  };
}
