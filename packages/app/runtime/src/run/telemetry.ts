import type { BusObserver, CallObserver, Interceptor } from "@parley/core";
import type { ConsumeInterceptor } from "@parley/core/internal";
import type { Metrics, RequestTracing, TelemetryLogger } from "@parley/telemetry";
import type { ResolvedConfig } from "../config/resolved-config.ts";
import { packageVersion } from "./package-version.ts";

/** Logs, metrics and traces of one process, shared by the parts in it. */
export interface Telemetry {
  loggerOf(name: string): TelemetryLogger;
  /** One span, one measurement and one log line per call, on either side. */
  interceptorsFor(log: TelemetryLogger): readonly Interceptor[];
  /** One span and one log line per event or job, and the measurements of a bus. */
  busOf(log: TelemetryLogger): { readonly interceptors: readonly ConsumeInterceptor[]; readonly observe: BusObserver };
  /** One span per request at the gateway. */
  readonly requests: RequestTracing;
  readonly observe: CallObserver;
  readonly metrics: Metrics;
  /** Resolves once everything logged has been handed to the system. */
  flush(): Promise<void>;
}

export async function createTelemetry(name: string, { logging }: ResolvedConfig): Promise<Telemetry> {
  const {
    createLogger,
    createMetrics,
    logCalls,
    logConsumption,
    traceCalls,
    traceConsumption,
    traceRequests,
    watchCalls,
  } = await import("@parley/telemetry");
  const metrics = createMetrics({ service: name, version: packageVersion() });
  const trace = traceCalls();
  const loggers = new Map<string, TelemetryLogger>();
  const addLogger = (part: string): TelemetryLogger => {
    const logger = createLogger({
      name: part,
      level: logging.level,
      ...(logging.format && { format: logging.format }),
    });
    loggers.set(part, logger);
    return logger;
  };
  return {
    loggerOf: (part) => loggers.get(part) ?? addLogger(part),
    interceptorsFor: (logger) => [trace, watchCalls([metrics.calls, logCalls({ logger })])],
    busOf: (logger) => ({
      interceptors: [traceConsumption(), logConsumption({ logger })],
      observe: metrics.observeBus,
    }),
    requests: traceRequests(),
    observe: metrics.observe,
    metrics,
    flush: async () => void (await Promise.all([...loggers.values()].map((logger) => logger.flush()))),
  };
}
