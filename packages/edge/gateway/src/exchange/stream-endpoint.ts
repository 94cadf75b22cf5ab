import type { Message } from "@bufbuild/protobuf";
import { type CallContext, operationOf, ParleyError, type Reply } from "@parley/core";
import { settleWithin, stopIterator, withDeadline } from "@parley/core/internal";
import { accessRuleOf, successStatusOf } from "@parley/protobuf";
import { type EnumEncoding, takeAlt } from "../http-rule/alt.ts";
import { type RawContent, UNKNOWN_TYPE } from "../http-rule/http-body.ts";
import { renderProblem, toProblem } from "../problem/problem.ts";
import type { Endpoint, Exchange } from "./exchange.ts";
import { forwardMetadata, metadataOf } from "./forward-headers.ts";
import { rawFormat, streamFormatFor } from "./stream-format.ts";
import { openStream, type StreamWriter } from "./stream-writer.ts";
import { type EndpointParts, readBody, requestMessage } from "./unary-endpoint.ts";

/**
 * How long the head waits for the first element. A failure within it is answered with its ordinary status; after it the
 * head goes out, so that a client of a quiet stream learns that it is connected.
 */
const OPEN_AFTER_MS = 1_000;

/**
 * A server-streaming method as server-sent events or NDJSON. The client's pace reaches the backend: the next element is
 * asked for only when there is room for it. A client that leaves cancels the call.
 */
export function createStreamEndpoint(parts: EndpointParts): Endpoint {
  const { method, route, options } = parts;
  const operation = operationOf(method);
  const status = successStatusOf(method);
  return {
    kind: "method",
    name: operation.path,
    route,
    access: accessRuleOf(method),
    timeoutMs: options.streamTimeoutMs,
    input: method.input,
    async handle(exchange) {
      const { request, answer } = exchange;
      const { headers } = request;
      const alt = takeAlt(exchange.query);
      const body = request.body || parts.takes === "raw" ? await readBody(parts, request) : "";
      const message = requestMessage(parts, {
        segments: exchange.segments,
        query: alt ? alt.query : exchange.query,
        body,
      });
      const write = elementWriter(parts, alt ? alt.enums : "names");
      let writer: StreamWriter | undefined;
      const begin = (response: Reply, first: RawContent | undefined): StreamWriter => {
        forwardMetadata(response.header, answer, options.forwardHeaders);
        const format = first ? rawFormat(first.contentType) : streamFormatFor(headers.accept);
        writer = openStream({ ...options, answer, format, status });
        return writer;
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
        await pump(parts, exchange, { response, write, begin });
      };
      try {
        await withDeadline(exchange.context, run, options.clock);
      } catch (error) {
        if (!writer) throw error;
        exchange.visit.failure = error;
        writer.fail(renderProblem(toProblem(error, options.json, method.input), options.json));
      }
    },
  };
}

/** An element as it goes out; of a stream of `google.api.HttpBody` its octets. */
function elementWriter(
  { writeResponse, rawResponse }: EndpointParts,
  enums: EnumEncoding,
): (element: Message) => string | Uint8Array {
  return rawResponse ? (element) => rawResponse(element).data : writeResponse[enums];
}

interface Pumped {
  readonly response: Reply;
  readonly write: (element: Message) => string | Uint8Array;
  readonly begin: (response: Reply, first: RawContent | undefined) => StreamWriter;
}

async function pump(
  { rawResponse, options }: EndpointParts,
  { request }: Exchange,
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
    const writer = begin(response, rawResponse && firstOf(await next, rawResponse));
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
