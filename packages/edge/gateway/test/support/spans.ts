import { type ReadableSpan, type SpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { type RequestTracing, traceRequests } from "@parley/telemetry";

export interface Spans {
  readonly tracer: RequestTracing;
  readonly tracerProvider: TracerProvider;
  /** The spans that have ended; resolves once there are `count`. */
  ended(count: number): Promise<readonly ReadableSpan[]>;
}

/** An OpenTelemetry SDK that keeps the spans which have ended. */
export function collectSpans(): Spans {
  const spans: ReadableSpan[] = [];
  let grown = Promise.withResolvers<void>();
  const processor: SpanProcessor = {
    onStart() {},
    onEnd(span) {
      spans.push(span);
      grown.resolve();
      grown = Promise.withResolvers();
    },
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const tracerProvider = new TracerProvider({ spanProcessors: [processor] });
  return {
    tracer: traceRequests({ tracerProvider }),
    tracerProvider,
    async ended(count) {
      while (spans.length < count) await grown.promise;
      return spans;
    },
  };
}
