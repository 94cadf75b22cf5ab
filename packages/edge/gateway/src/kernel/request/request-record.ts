import { type CallContext, type Code, ParleyError, toParleyError } from "@parley/core";
import { LazyAbort } from "@parley/core/internal";
import type { HttpRequest, HttpResponse, ResponseEnd } from "@parley/wire/internal/http1";
import type { ResolvedKernelOptions } from "../kernel-options.ts";
import type { Route } from "../route.ts";
import type { RequestSpan } from "./request-tracer.ts";

/** What is known of a request while it is answered. The log line is written from it when the response is over. */
export interface RequestRecord {
  readonly requestId: string;
  /** The client's address. */
  readonly peer: string;
  /** Aborts when the client goes away before it has its answer. */
  readonly gone: LazyAbort;
  route: Route | undefined;
  context: CallContext | undefined;
  /** The request's span, which ends with the response. */
  span: RequestSpan | undefined;
  /** What was thrown, if the answer is a problem or a stream that failed. */
  failure: unknown;
}

export interface RecordOptions {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly requestId: string;
  /** The client's address. */
  readonly peer: string;
}

/** The status that logs and metrics show for a client that did not wait. */
const CLIENT_GONE = 499;

/** Begins a visit: from here on it is cancelled when the client leaves, and logged and measured when it ends. */
export function createRequestRecord(visitOptions: RecordOptions, options: ResolvedKernelOptions): RequestRecord {
  const { response, request, peer, requestId } = visitOptions;
  const startedMs = performance.now();
  const gone = new LazyAbort();
  const visit: RequestRecord = {
    requestId,
    peer,
    gone,
    route: undefined,
    context: undefined,
    span: undefined,
    failure: undefined,
  };
  response.whenOver((end, status) => {
    if (end === "cut off") gone.abort(new ParleyError("CANCELLED", "the client went away"));
    visit.span?.end({ status, failure: failureOf(visit, end, status) });
    record(visit, options, {
      method: request.method,
      path: boundPath(request.url),
      route: visit.route?.template.text ?? "unmatched",
      status: end === "answered" && status !== undefined ? status : CLIENT_GONE,
      durationMs: Math.round((performance.now() - startedMs) * 100) / 100,
      requestId,
      traceId: (visit.span ?? visit.context)?.trace.traceId,
      peer,
    });
  });
  return visit;
}

/** What a span says of an answer that is not whole. A live stream lasts until its client leaves, which is no failure. */
function failureOf({ failure, route }: RequestRecord, end: ResponseEnd, status: number | undefined): Code | undefined {
  if (failure !== undefined) return toParleyError(failure).code;
  if (end === "answered" || (route?.kind === "live" && status !== undefined)) return undefined;
  return "CANCELLED";
}

interface RequestFields {
  readonly method: string;
  /** Without the query, which may hold secrets. */
  readonly path: string;
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  readonly requestId: string;
  readonly traceId: string | undefined;
  readonly peer: string;
}

function record(visit: RequestRecord, { logger, metrics }: ResolvedKernelOptions, fields: RequestFields): void {
  metrics?.http?.(fields);
  // Probes come every second. What a page was made to say, 503 for one, is no failure of the gateway.
  if (visit.route?.kind === "page" && visit.failure === undefined) logger.debug(fields, "request");
  else if (fields.status >= 500) logger.error({ ...fields, err: visit.failure }, "request failed");
  else logger.info(fields, "request");
}

const MAX_PATH_LENGTH = 256;

/** The path of a target, without its query; of a very long one the beginning. */
export function boundPath(url: string): string {
  const mark = url.indexOf("?");
  const end = Math.min(mark < 0 ? url.length : mark, MAX_PATH_LENGTH);
  return end === url.length ? url : url.slice(0, end);
}
