import { openSync } from "node:fs";
import { devNull } from "node:os";
import type { Interceptor } from "@parley/core";
import { DEFAULT_CALL_POLICY } from "@parley/core/internal";
import { type Channel, createChannel, createServer, implement, type ServiceImplementation } from "@parley/rpc";
import {
  createLogger,
  createMetrics,
  logCalls,
  type Metrics,
  type TelemetryLogger,
  traceCalls,
  watchCalls,
} from "@parley/telemetry";
import { collectYoungEarly } from "@parley/wire";
import { UserService } from "../../../systems/orders/gen/users/v1/users_pb.ts";
import { BenchService } from "../../gen/bench/v1/bench_pb.ts";
import type { TlsPaths } from "../rpc/peer.ts";
import { sampleAnswer } from "./sample-response.ts";
import { tickOf } from "./ticks.ts";

// As `parley start` does.
collectYoungEarly();

/**
 * Which lines are written, to the null device: `info` is one for each call, as is the default; `warn` is one for each that
 * fails, where the peers write none.
 */
export type Lines = "info" | "warn";

/** Everything that a Parley process has on. */
export interface Telemetry {
  readonly logger: TelemetryLogger;
  readonly metrics: Metrics;
  readonly interceptors: readonly Interceptor[];
}

export function createTelemetry(name: string, level: Lines): Telemetry {
  const logger = createLogger({ name, level, destination: openSync(devNull, "w"), format: "json" });
  const metrics = createMetrics({ service: name });
  return { logger, metrics, interceptors: [traceCalls(), watchCalls([metrics.calls, logCalls({ logger })])] };
}

const notMeasured = (): never => {
  throw new Error("the benchmark calls getUser alone");
};

export const usersImplementation: ServiceImplementation<typeof UserService> = {
  getUser: ({ id }) => sampleAnswer(id),
  createUser: notMeasured,
  listUsers: notMeasured,
  updateUser: notMeasured,
  deleteUser: notMeasured,
  validateUser: notMeasured,
};

export const benchImplementation: ServiceImplementation<typeof BenchService> = {
  getUser: ({ id }) => sampleAnswer(id),
  echo: ({ data }) => ({ data }),
  async *watch({ count, stay }, { signal }) {
    for (let number = 1; number <= count; number++) yield tickOf(number);
    if (stay) await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  },
};

/** Parley's server with every feature on: context, deadline, validation, log, metrics, trace. */
export async function startParleyServer(lines: Lines, tls?: TlsPaths): Promise<number> {
  const { logger, interceptors } = createTelemetry("user-service", lines);
  const server = createServer({
    services: [implement(UserService, usersImplementation), implement(BenchService, benchImplementation)],
    interceptors,
    logger,
    ...(tls && { tls: { certPath: tls.certPath, keyPath: tls.keyPath } }),
  });
  return (await server.listen({ port: 0, host: "127.0.0.1" })).port;
}

/** Long enough for a stream of a million messages on a slow machine. */
const STREAM_TIMEOUT_MS = 10 * 60_000;

/** Parley's channel with every feature on: context, deadline, retry, breaker, balancing, log, metrics, trace. */
export function createParleyChannel(
  port: number,
  { logger, metrics, interceptors }: Telemetry,
  { caller, tls }: { readonly caller: string; readonly tls?: TlsPaths | undefined },
): Channel {
  return createChannel({
    target: `127.0.0.1:${port}`,
    loadBalancing: "round_robin",
    policy: (_service, method) =>
      method === "Watch" ? { ...DEFAULT_CALL_POLICY, timeoutMs: STREAM_TIMEOUT_MS } : DEFAULT_CALL_POLICY,
    interceptors,
    caller,
    logger,
    observe: metrics.observe,
    ...(tls && { tls: { caPath: tls.caPath } }),
  });
}
