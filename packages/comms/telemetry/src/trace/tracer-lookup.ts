import {
  isSpanContextValid,
  ROOT_CONTEXT,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
} from "@opentelemetry/api";

const PROBE: SpanOptions = { root: true };

/**
 * The tracer, once there is one that records. Without an SDK the API's tracer answers a span that is not valid; it is
 * asked each time, since an SDK may be registered later. The span that answers yes is never ended, so never exported.
 */
export function createTracerLookup(provider: TracerProvider): () => Tracer | undefined {
  const tracer = provider.getTracer("parley");
  let records = false;
  return () => {
    records ||= isSpanContextValid(tracer.startSpan("probe", PROBE, ROOT_CONTEXT).spanContext());
    return records ? tracer : undefined;
  };
}
