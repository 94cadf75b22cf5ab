import type { Message } from "@bufbuild/protobuf";
import { type CallContext, operationOf, ParleyError, type Reply } from "@parley/core";
import { settleWithin, stopIterator, withDeadline } from "@parley/core/internal";
import { successStatusOf } from "@parley/protobuf";
import { renderProblem, toProblem } from "../kernel/problem.ts";
import type { RouteHandler, RouteResponse } from "../kernel/route.ts";
import type { RouteRequest } from "../kernel/route-request.ts";
import { forwardedMetadata, metadataOf } from "./forward-headers.ts";
import { type EnumEncoding, takeAlt } from "./http-rule/alt.ts";
import { type RawContent, UNKNOWN_TYPE } from "./http-rule/http-body.ts";
import { rawFormat, streamFormatFor } from "./stream-format.ts";
import { openStream, type StreamWriter } from "./stream-writer.ts";
import { type EndpointParts, readBody, requestMessage } from "./unary-handler.ts";

/**
 * How long the head waits for the first element. A failure within it is answered with its ordinary status; after it the
 * head goes out, so that a client of a quiet stream learns that it is connected.
 */
const OPEN_AFTER_MS = 1_000;

/**
 * A server-streaming method as server-sent events or NDJSON. The client's pace reaches the backend: the next element is
 * asked for only when there is room for it. A client that leaves cancels the call.
 */
export function createStreamHandler(parts: EndpointParts): RouteHandler {
  const { method, options, fieldName } = parts;
  const operation = operationOf(method);
  const status = successStatusOf(method);
  return async (request, outer) => {
    const { headers } = request;
    const alt = takeAlt(request.queryString);
    const body = request.body || parts.takes === "raw" ? await readBody(parts, request) : "";
    const message = requestMessage(parts, {
      segments: request.segments,
      query: alt ? alt.query : request.queryString,
      body,
    });
    const write = elementWriter(parts, alt ? alt.enums : "names");
    return new Promise<RouteResponse>((resolve, reject) => {
      const dropped = Promise.withResolvers<never>();
      dropped.promise.catch(() => {}); // it is raced with below
      let writer: StreamWriter | undefined;
      let report: ((error: unknown) => void) | undefined;
      /** Answers with the head; resolves with the writer once that has been sent. */
      const begin = (response: Reply, first: RawContent | undefined): Promise<StreamWriter> => {
        const opened = Promise.withResolvers<StreamWriter>();
        const format = first ? rawFormat(first.contentType) : streamFormatFor(headers.accept);
        resolve({
          status,
          headers: {
            ...forwardedMetadata(response.header, options.forwardHeaders),
            "cache-control": "no-store",
            "content-type": format.contentType,
          },
          body: {
            pipe(stream, onFailure) {
              report = onFailure;
              writer = openStream({ ...options, stream, format });
              opened.resolve(writer);
            },
            cancel: () => dropped.reject(new ParleyError("CANCELLED", "nothing reads the stream")),
          },
        });
        return Promise.race([opened.promise, dropped.promise]);
      };
      const run = async (context: CallContext): Promise<void> => {
        const response = await parts.call({
          operation,
          side: "client",
          context,
          metadata: metadataOf(headers, options.forwardHeaders),
          peer: parts.peer,
          streaming: true,
          messages: once(message),
        });
        await pump(parts, request, { response, write, begin });
      };
      withDeadline(outer, run, options.clock).catch((error: unknown) => {
        if (!writer) return reject(error); // of no effect once the head was answered
        report?.(error);
        writer.fail(renderProblem(toProblem(error, fieldName), options.json.errors));
      });
    });
  };
}

/** An element as it goes out; of a stream of `google.api.HttpBody` its bytes. */
function elementWriter(
  { writeResponse, rawResponse }: EndpointParts,
  enums: EnumEncoding,
): (element: Message) => string | Uint8Array {
  return rawResponse ? (element) => rawResponse(element).data : writeResponse[enums];
}

interface Pumped {
  readonly response: Reply;
  readonly write: (element: Message) => string | Uint8Array;
  readonly begin: (response: Reply, first: RawContent | undefined) => Promise<StreamWriter>;
}

async function pump(
  { rawResponse, options }: EndpointParts,
  request: RouteRequest,
  { response, write, begin }: Pumped,
): Promise<void> {
  if (!response.streaming) {
    throw new ParleyError("INTERNAL", "internal error", { cause: new Error("a stream was answered with one message") });
  }
  const iterator = response.messages[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    // The first element says what a raw stream is: its head waits for that.
    if (rawResponse || (await settleWithin(next, OPEN_AFTER_MS, options.clock)) === "settled") await next;
    const writer = await begin(response, rawResponse && firstOf(await next, rawResponse));
    for (let element = await next; !element.done; element = await next) {
      if (request.method === "HEAD") break;
      await writer.write(write(element.value));
      next = iterator.next();
    }
    writer.end();
  } finally {
    next.catch(() => {}); // whoever stopped early is not interested in how the rest ends
    void stopIterator(iterator);
  }
}

function firstOf(next: IteratorResult<Message>, rawResponse: (element: Message) => RawContent): RawContent {
  return next.done ? { contentType: UNKNOWN_TYPE, data: new Uint8Array(0) } : rawResponse(next.value);
}

async function* once<T>(value: T): AsyncIterable<T> {
  yield value;
}
