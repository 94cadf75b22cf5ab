import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { type CallContext, currentContext, failedPrecondition } from "@parley/core";
import { deadlineExceeded, deriveContext, withDeadline } from "@parley/core/internal";
import type { Envelope, RequestReply } from "@parley/transport";
import { JSON_CONTENT_TYPE } from "../codec/payload-codec.ts";
import { RequestAttempt } from "../consume/attempt-context.ts";
import { fromContextAttributes, toContextAttributes } from "../context/context-attributes.ts";
import { checkNumbers, LIMIT } from "../definition/check-numbers.ts";
import type { RequestDefinition } from "../definition/define-request.ts";
import type { EventBus, RequestContext } from "../event-bus.ts";
import type { BusParts } from "../parts.ts";
import { DEFAULT_EVENT_POLICY } from "../policy.ts";

/** The longest wait for an answer, unless the caller gives another. */
const DEFAULT_REQUEST_TIMEOUT_MS = 10_000;

export function requestsOf({ transport }: BusParts, what: string): RequestReply {
  if (transport.requests) return transport.requests;
  throw failedPrecondition(
    `the transport ${transport.name} has no request and reply, which ${what} needs: call a service`,
  );
}

export function createRequest(parts: BusParts): EventBus["request"] {
  const { clock, codec } = parts;
  return async (definition, payload, { timeoutMs = DEFAULT_REQUEST_TIMEOUT_MS, signal } = {}) => {
    const { name, request, response } = definition;
    checkNumbers(name, { timeoutMs }, { timeoutMs: LIMIT });
    const requests = requestsOf(parts, name);
    const context = deriveContext({ timeoutMs, clock, ids: parts.ids, ...(signal ? { signal } : {}) });
    const message = codec.create(request, payload);
    const envelope = envelopeOf(parts, definition, codec.encode(request, message, definition.int64));
    const answer = await withDeadline(
      context,
      (limited) => requests.request(name, envelope, { signal: limited.signal }),
      clock,
    );
    return codec.decode(response, answer);
  };
}

/** What answers a subject, as the transport takes it. */
export function createResponder<Req extends DescMessage, Res extends DescMessage>(
  parts: BusParts,
  definition: RequestDefinition<Req, Res>,
  handler: (payload: MessageShape<Req>, context: RequestContext) => Promise<MessageInitShape<Res>>,
): Parameters<RequestReply["respond"]>[2] {
  const { clock, codec, ids } = parts;
  const { timeoutMs } = DEFAULT_EVENT_POLICY;
  return async (envelope, { signal }) => {
    if (signal.aborted) throw deadlineExceeded(definition.name);
    const { context } = fromContextAttributes(envelope.extensions, { ids, clock, timeoutMs, signal });
    const payload = codec.decode(definition.request, envelope);
    const work = (limited: CallContext) => handler(payload, new RequestAttempt(envelope, limited));
    const answer = codec.create(definition.response, await withDeadline(context, work, clock));
    return envelopeOf(parts, definition, codec.encode(definition.response, answer, definition.int64));
  };
}

function envelopeOf({ service, ids, clock }: BusParts, { name }: RequestDefinition, data: Uint8Array): Envelope {
  return {
    id: ids.traceId(),
    source: `/${service}`,
    type: name,
    timeMs: clock.now(),
    contentType: JSON_CONTENT_TYPE,
    extensions: toContextAttributes(currentContext(), { service, ids }),
    data,
  };
}
