import { setTimeout } from "node:timers/promises";
import type { RunningSystem } from "../run/running.ts";

const LOOK_MS = 10;
/**
 * What is handled may publish, behind the back of who just looked there. So nothing must be seen this many times in a
 * row: an event moves at most one step between two looks.
 */
const QUIET_LOOKS = 3;

/** @throws Error that names what still waits. */
export async function untilSettled(running: RunningSystem, timeoutMs: number): Promise<void> {
  const untilMs = performance.now() + timeoutMs;
  for (let quiet = 0; quiet < QUIET_LOOKS; ) {
    const waiting = await whatWaits(running);
    quiet = waiting.length === 0 ? quiet + 1 : 0;
    if (quiet === 0 && performance.now() > untilMs) {
      throw new Error(`after ${timeoutMs} ms there still waits: ${waiting.join(", ")}`);
    }
    await setTimeout(LOOK_MS);
  }
}

async function whatWaits(running: RunningSystem): Promise<readonly string[]> {
  const lags = await running.lag();
  return [...lags].flatMap(([service, { outbox, groups, queues }]) => [
    ...(outbox > 0 ? [`${outbox} events to be sent by ${service}`] : []),
    ...groups
      .filter(({ count }) => count > 0)
      .map(({ event, count }) => `${count} ${event} to be handled by ${service}`),
    ...queues.filter(({ count }) => count > 0).map(({ queue, count }) => `${count} jobs of ${queue} in ${service}`),
  ]);
}
