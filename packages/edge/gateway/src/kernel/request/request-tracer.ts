import type { IncomingHttpHeaders } from "node:http";
import type { Code, TraceContext } from "@parley/core";

/** What is known of a request when it enters. */
export interface RequestStart {
  /** As the client sent it. */
  readonly method: string;
  /** Without the query, which may hold secrets; of a very long path the beginning. */
  readonly path: string;
  /** The route's template; undefined if no route matches. */
  readonly route: string | undefined;
  readonly scheme: "http" | "https";
  /** The client's address. */
  readonly clientAddress: string;
  /** May hold `traceparent` and `tracestate`: the span that the request's span descends from. */
  readonly headers: Readonly<IncomingHttpHeaders>;
}

/** How a request has ended. */
export interface RequestEnd {
  /** The status that was sent; undefined if the client went away before the answer had begun. */
  readonly status: number | undefined;
  /** Why there is no whole answer, or why a stream failed after its head: CANCELLED if the client went away. */
  readonly failure: Code | undefined;
}

/** The span of one request. */
export interface RequestSpan {
  /** The calls, events and log lines of the request belong to this span. */
  readonly trace: TraceContext;
  /** Runs `work` with the span as the active one, so that spans which interceptors create themselves descend from it. */
  run<T>(work: () => T): T;
  /** Is called once, when the answer has been sent or the connection is gone. */
  end(end: RequestEnd): void;
}

/** Creates the spans of requests. */
export interface RequestTracer {
  /** Starts the span of a request; undefined while no tracing is set up. */
  start(request: RequestStart): RequestSpan | undefined;
}
