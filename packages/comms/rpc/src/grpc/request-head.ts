import { CONTEXT_HEADERS } from "@parley/core/internal";
import type { HeaderList } from "@parley/wire/internal/http2";

/** Where each header goes. One lookup per header that came, instead of a walk over all of them for each that is read. */
const PLACES: ReadonlyMap<string, number> = new Map([
  [":method", 1],
  [":path", 2],
  ["content-type", 3],
  ["grpc-timeout", 4],
  ["grpc-encoding", 5],
  ["grpc-accept-encoding", 6],
  [CONTEXT_HEADERS.requestId, 7],
  [CONTEXT_HEADERS.correlationId, 8],
  [CONTEXT_HEADERS.traceparent, 9],
  [CONTEXT_HEADERS.tracestate, 10],
  [CONTEXT_HEADERS.baggage, 11],
  [CONTEXT_HEADERS.authorization, 12],
  [CONTEXT_HEADERS.tenant, 13],
  [CONTEXT_HEADERS.caller, 14],
]);

/** The headers of a request that a server acts on itself, as they came: of a list all its parts, of any other the first. */
export class RequestHead {
  method: string | undefined = undefined;
  path: string | undefined = undefined;
  contentType: string | undefined = undefined;
  timeout: string | undefined = undefined;
  encoding: string | undefined = undefined;
  acceptEncoding: string | undefined = undefined;
  requestId: string | undefined = undefined;
  correlationId: string | undefined = undefined;
  traceparent: string | undefined = undefined;
  tracestate: string | undefined = undefined;
  baggage: string | undefined = undefined;
  authorization: string | undefined = undefined;
  tenant: string | undefined = undefined;
  caller: string | undefined = undefined;

  constructor(headers: HeaderList) {
    for (let at = 0; at < headers.length; at += 2) this.#put(PLACES.get(headers[at] as string), headers[at + 1]);
  }

  #put(place: number | undefined, value: string | undefined): void {
    switch (place) {
      case 1:
        this.method ??= value;
        break;
      case 2:
        this.path ??= value;
        break;
      case 3:
        this.contentType ??= value;
        break;
      case 4:
        this.timeout ??= value;
        break;
      case 5:
        this.encoding ??= value;
        break;
      case 6:
        this.acceptEncoding ??= value;
        break;
      case 7:
        this.requestId ??= value;
        break;
      case 8:
        this.correlationId ??= value;
        break;
      case 9:
        this.traceparent ??= value;
        break;
      case 10:
        this.tracestate = joined(this.tracestate, value);
        break;
      case 11:
        this.baggage = joined(this.baggage, value);
        break;
      case 12:
        this.authorization ??= value;
        break;
      case 13:
        this.tenant ??= value;
        break;
      case 14:
        this.caller ??= value;
        break;
    }
  }
}

/** The parts of a list that came as several headers (RFC 9110, section 5.3). */
function joined(before: string | undefined, value: string | undefined): string | undefined {
  return before === undefined ? value : `${before},${value}`;
}
