import {
  accessRuleOf,
  type CallContext,
  operationOf,
  ParleyError,
  type Reply,
  settleWithin,
  stopIterator,
  successStatusOf,
  withDeadline,
} from "@parley/core";
import { renderProblem, toProblem } from "../problem/problem.ts";
import type { Endpoint, Exchange } from "./exchange.ts";
import { forwardMetadata, metadataOf } from "./forward-headers.ts";
import { readJsonBody } from "./read-body.ts";
import { streamFormatFor } from "./stream-format.ts";
import { openStream, type StreamWriter } from "./stream-writer.ts";
import { type EndpointParts, requestMessage } from "./unary-endpoint.ts";

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
      const message = requestMessage(parts, exchange, request.body ? await readJsonBody(request, options) : "");
      let writer: StreamWriter | undefined;
      const begin = (response: Reply): StreamWriter => {
        forwardMetadata(response.header, answer, options.forwardHeaders);
        writer = openStream({ ...options, answer, format: streamFormatFor(headers.accept), status });
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
        await pump(parts, exchange, response, begin);
      };
      try {
        await withDeadline(exchange.context, run, options.clock);
      } catch (error) {
        if (!writer) throw error;
        writer.fail(renderProblem(toProblem(error, options.json, method.input), options.json));
      }
    },
  };
}

async function pump(
  { writeResponse, options }: EndpointParts,
  { request }: Exchange,
  response: Reply,
  begin: (response: Reply) => StreamWriter,
): Promise<void> {
  if (!response.streaming) {
    throw new ParleyError("INTERNAL", "internal error", { cause: new Error("a stream was answered with one message") });
  }
  const iterator = response.messages[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    if ((await settleWithin(next, OPEN_AFTER_MS, options.clock)) === "settled") await next;
    const writer = begin(response);
    for (let element = await next; !element.done; element = await next) {
      if (request.method === "HEAD") break;
      await writer.write(writeResponse(element.value));
      next = iterator.next();
    }
    writer.end();
  } finally {
    next.catch(() => {}); // whoever stopped early is not interested in how the rest ends
    void stopIterator(iterator);
  }
}

async function* once<T>(value: T): AsyncIterable<T> {
  yield value;
}
