import type { LoadedSystem } from "@parley/runtime";
import { type StartedSystem, startForTest } from "@parley/runtime/testing";
import { onTestFinished, vi } from "vitest";
import { orders } from "./loaded-system.ts";

// A database starts in seconds where several start at once.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

export interface StartOptions {
  /** Over the environment of a test: free ports, and data of its own. */
  readonly env?: NodeJS.ProcessEnv;
  /** A policy file within the system's folder. Default the system's own. */
  readonly policy?: string;
}

/** The whole system in this process. Whoever starts it disposes of it. */
export function startOrders({ env, policy }: StartOptions = {}): Promise<StartedSystem> {
  return startForTest(withPolicy(policy), { ...(env && { env }) });
}

/** One part, for as long as the test runs unless it is disposed of before. */
export async function startOrdersPart(
  part: "user-service" | "order-service" | "api-gateway",
  { env, policy }: StartOptions,
): Promise<StartedSystem> {
  const started = await startForTest(withPolicy(policy), { part, ...(env && { env }) });
  onTestFinished(() => started[Symbol.asyncDispose]());
  return started;
}

function withPolicy(policy: string | undefined): LoadedSystem {
  return policy === undefined ? orders : { ...orders, definition: { ...orders.definition, policy } };
}
