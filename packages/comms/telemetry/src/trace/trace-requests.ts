import {
  type Attributes,
  context as activeContext,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from "@opentelemetry/api";
import type { Code, TraceContext } from "@parley/core";
import { CONTEXT_HEADERS, parseTrace } from "@parley/core/internal";
import { KNOWN_METHODS } from "../metrics/http-series.ts";
import { requestParent } from "./span-parent.ts";
import { SERVER_FAULTS } from "./trace-calls.ts";
import { createTracerLookup } from "./tracer-lookup.ts";

/** An HTTP request that enters. */
export interface TracedRequest {
  readonly method: string;
  /** Without the query, which may hold secrets. */
  readonly path: string;
  /** The route's template; undefined if no route matches. */
  readonly route: string | undefined;
  readonly scheme: string;
  readonly clientAddress: string;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** How a request has ended. */
export interface TracedRequestEnd {
  /** Undefined if the client went away before the answer had begun. */
  readonly status: number | undefined;
  /** Why the answer is not whole. */
  readonly failure: Code | undefined;
}

/** The span of one request. */
export interface TracedRequestSpan {
  readonly trace: TraceContext;
  /** Runs `work` with the span as the active one. */
  run<T>(work: () => T): T;
  end(end: TracedRequestEnd): void;
}

export interface TraceRequestsOptions {
  /** Whose spans. Default the one registered with `@opentelemetry/api`, looked for until there is one. */
  readonly tracerProvider?: TracerProvider;
}

/** Creates the spans of HTTP requests, as a gateway takes it. */
export interface RequestTracing {
  /** Undefined while no SDK is registered. */
  start(request: TracedRequest): TracedRequestSpan | undefined;
}

/**
 * A span for each HTTP request, if an OpenTelemetry SDK is registered; without one a request costs 0.1 µs more. Names and
 * attributes are those of the semantic conventions for HTTP servers. A valid `traceparent` of the client is the parent, and its
 * sampled flag is left to the SDK's sampler; without one the span is the root of a new trace.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/
 */
export function traceRequests({ tracerProvider = trace }: TraceRequestsOptions = {}): RequestTracing {
  const findTracer = createTracerLookup(tracerProvider);
  return {
    start(request) {
      const tracer = findTracer();
      if (!tracer) return undefined;
      const { method, route, headers } = request;
      const client = parseTrace(
        joined(headers[CONTEXT_HEADERS.traceparent]),
        joined(headers[CONTEXT_HEADERS.tracestate]),
      );
      const parent = requestParent(client);
      const verb = KNOWN_METHODS.has(method) ? method : "HTTP";
      const span = tracer.startSpan(
        route === undefined ? verb : `${verb} ${route}`,
        { kind: SpanKind.SERVER, attributes: attributesOf(request) },
        parent,
      );
      const { traceId, spanId, traceFlags, traceState } = span.spanContext();
      const state = traceState?.serialize();
      const context = trace.setSpan(parent, span);
      return {
        trace: { traceId, spanId, flags: traceFlags, ...(state && { state }) },
        run: (work) => activeContext.with(context, work),
        end: (end) => endSpan(span, end),
      };
    },
  };
}

function attributesOf({ method, path, route, scheme, clientAddress }: TracedRequest): Attributes {
  return {
    "http.request.method": KNOWN_METHODS.has(method) ? method : "_OTHER",
    ...(!KNOWN_METHODS.has(method) && { "http.request.method_original": method }),
    ...(route !== undefined && { "http.route": route }),
    "url.path": path,
    "url.scheme": scheme,
    "client.address": clientAddress,
  };
}

/** A span fails for what is the server's fault alone: neither for what the client asked wrong, nor because it left. */
function endSpan(span: Span, { status, failure }: TracedRequestEnd): void {
  if (status !== undefined) span.setAttribute("http.response.status_code", status);
  const isFault = status !== undefined && status >= 500;
  const isRefusal = status !== undefined && status >= 400 && !isFault;
  if (isFault) span.setAttribute("error.type", String(status));
  else if (failure !== undefined && !isRefusal) span.setAttribute("error.type", failure);
  if (isFault || (failure !== undefined && !isRefusal && SERVER_FAULTS.has(failure))) {
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}

/** A list may come as several headers. */
function joined(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "string" || value === undefined ? value : value.join(",");
}
