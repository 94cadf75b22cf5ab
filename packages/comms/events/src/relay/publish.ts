import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { currentContext, type Executor, failedPrecondition, invalidArgument, toParleyError } from "@parley/core";
import type { Envelope } from "@parley/transport";
import { afterCommit } from "../after-commit.ts";
import { JSON_CONTENT_TYPE } from "../codec/payload-codec.ts";
import { toContextAttributes } from "../context/context-attributes.ts";
import { checkNumbers, SPAN } from "../definition/check-numbers.ts";
import type { EventDefinition } from "../definition/define-event.ts";
import type { EventBus } from "../event-bus.ts";
import { type BusParts, required } from "../parts.ts";

export type Publish = <Desc extends DescMessage>(
  tx: Executor,
  event: EventDefinition<Desc>,
  payload: MessageInitShape<Desc>,
  options?: { readonly delayMs?: number },
) => Promise<void>;

/** Publishes what no change in the database caused: through the outbox if there is one, else at once. */
export function createPublishNow(parts: BusParts, publish: Publish): EventBus["publishNow"] {
  const { service, database, outbox, transport, observe } = parts;
  return async (event, payload, options = {}) => {
    if (database && outbox) return publish(database, event, payload, options);
    if (options.delayMs !== undefined) {
      throw failedPrecondition(`${service} has no database, and publishing ${event.name} later needs one: give it one`);
    }
    const envelope = envelopeOf(parts, event, payload);
    try {
      await transport.publish(event.topic, [envelope], { signal: currentContext()?.signal });
      observe({ type: "relayed", name: event.topic, count: 1, code: "OK" });
    } catch (thrown) {
      observe({ type: "relayed", name: event.topic, count: 1, code: toParleyError(thrown).code });
      throw thrown;
    }
  };
}

/** Stores events in the outbox and wakes the relay when they are committed. */
export function createPublish(parts: BusParts, wakeRelay: () => void): Publish {
  const { service, clock } = parts;
  return async (tx, event, payload, { delayMs } = {}) => {
    const outbox = required(parts.outbox, `publishing ${event.name}`, service);
    checkNumbers(event.name, { delayMs }, { delayMs: SPAN });
    const envelope = envelopeOf(parts, event, payload);
    const notBeforeMs = delayMs === undefined ? undefined : clock.now() + Math.ceil(delayMs);
    await outbox.append(tx, event.topic, [envelope], notBeforeMs === undefined ? {} : { notBeforeMs });
    afterCommit(tx, wakeRelay);
  };
}

function envelopeOf<Desc extends DescMessage>(
  { service, clock, ids, codec, transport }: BusParts,
  event: EventDefinition<Desc>,
  payload: MessageInitShape<Desc>,
): Envelope {
  const message = codec.create(event.schema, payload);
  const data = codec.encode(event.schema, message, event.int64);
  const maxBytes = Math.min(event.maxBytes, transport.capabilities.maxDataBytes);
  if (data.byteLength > maxBytes) {
    throw invalidArgument({
      field: event.name,
      description: `has ${data.byteLength} bytes of data, more than its ${maxBytes}: keep it in a store and publish its name`,
    });
  }
  const key = event.keyOf(message);
  const subject = event.subjectOf(message);
  assertAttribute(event.name, "key", key);
  assertAttribute(event.name, "subject", subject);
  return {
    id: ids.traceId(),
    source: `/${service}`,
    type: event.name,
    timeMs: clock.now(),
    subject,
    key,
    contentType: JSON_CONTENT_TYPE,
    schema: codec.schemaName(event.schema),
    extensions: toContextAttributes(currentContext(), { service, ids }),
    data,
  };
}

/** Attributes travel as headers, where some brokers give all of them together 64 KiB. */
const MAX_ATTRIBUTE_BYTES = 8_192;

/**
 * CloudEvents forbids what these checks refuse, and not every broker or database could carry it.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#type-system
 */
function assertAttribute(event: string, name: string, value: string | undefined): void {
  if (value === undefined) return;
  const bytes = Buffer.byteLength(value);
  const problem =
    (bytes > MAX_ATTRIBUTE_BYTES && `has ${bytes} bytes, more than ${MAX_ATTRIBUTE_BYTES}`) ||
    (value.includes("\0") && "holds U+0000") ||
    (!value.isWellFormed() && "holds half of a surrogate pair");
  if (problem)
    throw invalidArgument({ field: `${name} of ${event}`, description: `${problem}: make it of another field` });
}
