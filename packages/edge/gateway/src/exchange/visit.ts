import { type CallContext, ParleyError } from "@parley/core";
import { AbortSource } from "@parley/core/internal";
import type { HttpRequest, HttpResponse } from "@parley/wire/internal/http1";
import type { ResolvedGatewayOptions } from "../options.ts";
import type { Endpoint } from "./exchange.ts";

/** What is known of a request while it is answered. The log line is written from it when the response is over. */
export interface Visit {
  readonly requestId: string;
  /** The client's address. */
  readonly peer: string;
  /** Aborts when the client goes away before it has its answer. */
  readonly gone: AbortSource;
  endpoint: Endpoint | undefined;
  context: CallContext | undefined;
  /** What was thrown, if the answer is a problem. */
  failure: unknown;
}

export interface VisitOptions {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly requestId: string;
  /** The client's address. */
  readonly peer: string;
}

/** The status that logs and metrics show for a client that did not wait. */
const CLIENT_GONE = 499;

/** Begins a visit: from here on it is cancelled when the client leaves, and logged and measured when it ends. */
export function createVisit(visitOptions: VisitOptions, options: ResolvedGatewayOptions): Visit {
  const { response, request, peer, requestId } = visitOptions;
  const startedMs = performance.now();
  const gone = new AbortSource();
  const visit: Visit = { requestId, peer, gone, endpoint: undefined, context: undefined, failure: undefined };
  response.whenOver((end, status) => {
    if (end === "cut off") gone.abort(new ParleyError("CANCELLED", "the client went away"));
    record(visit, options, {
      method: request.method,
      path: pathOf(request.url),
      route: visit.endpoint?.route ?? "unmatched",
      status: end === "answered" && status !== undefined ? status : CLIENT_GONE,
      durationMs: Math.round((performance.now() - startedMs) * 100) / 100,
      requestId,
      traceId: visit.context?.trace.traceId,
      peer,
    });
  });
  return visit;
}

interface RequestRecord {
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

function record(visit: Visit, { logger, metrics }: ResolvedGatewayOptions, fields: RequestRecord): void {
  metrics?.http?.(fields);
  // Probes come every second. What a page was made to say, 503 for one, is no failure of the gateway.
  if (visit.endpoint?.kind === "page" && visit.failure === undefined) logger.debug(fields, "request");
  else if (fields.status >= 500) logger.error({ ...fields, err: visit.failure }, "request failed");
  else logger.info(fields, "request");
}

const MAX_PATH_LENGTH = 256;

function pathOf(url: string): string {
  const mark = url.indexOf("?");
  const end = Math.min(mark < 0 ? url.length : mark, MAX_PATH_LENGTH);
  return end === url.length ? url : url.slice(0, end);
}
