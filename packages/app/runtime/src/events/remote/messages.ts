import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  TransportEnvelope,
  TransportEnvelopeSchema,
  TransportSubscription,
  TransportSubscriptionSchema,
  TransportTopic,
  TransportTopicSchema,
} from "@parley/protobuf/protos/parley/v1/event_transport_pb.js";
import type { Envelope, Ordering, StartPosition, Subscription, TopicSpec } from "@parley/transport";

/** What the port says, as messages and back. Numbers of milliseconds and bytes are doubles: they may be infinite. */

export function toEnvelopeMessage(envelope: Envelope): MessageInitShape<typeof TransportEnvelopeSchema> {
  const { subject, key, schema, extensions, ...rest } = envelope;
  return {
    ...rest,
    extensions: { ...extensions },
    ...(subject !== undefined && { subject }),
    ...(key !== undefined && { key }),
    ...(schema !== undefined && { schema }),
  };
}

export function fromEnvelopeMessage(message: TransportEnvelope): Envelope {
  const { id, source, type, timeMs, subject, key, contentType, schema, extensions, data } = message;
  return {
    id,
    source,
    type,
    timeMs,
    contentType,
    extensions,
    data,
    ...(subject !== undefined && { subject }),
    ...(key !== undefined && { key }),
    ...(schema !== undefined && { schema }),
  };
}

export function toTopicMessage({
  name,
  ordering,
  retentionMs,
  maxDataBytes,
}: TopicSpec): MessageInitShape<typeof TransportTopicSchema> {
  return { name, ordering, retentionMs, maxDataBytes };
}

export function fromTopicMessage({ name, ordering, retentionMs, maxDataBytes }: TransportTopic): TopicSpec {
  return { name, ordering: ordering as Ordering, retentionMs, maxDataBytes };
}

export function toSubscriptionMessage(
  client: string,
  { topics, group, from, concurrency, ordering, acknowledgeWithinMs }: Subscription,
): MessageInitShape<typeof TransportSubscriptionSchema> {
  return {
    client,
    topics: [...topics],
    ...(group !== undefined && { group }),
    ...(typeof from === "object" ? { from: "since", sinceMs: from.sinceMs } : { from }),
    concurrency,
    ordering,
    acknowledgeWithinMs,
  };
}

export function fromSubscriptionMessage(message: TransportSubscription): Subscription {
  const { topics, group, from, sinceMs, concurrency, ordering, acknowledgeWithinMs } = message;
  return {
    topics,
    group,
    from: from === "since" ? { sinceMs } : (from as Exclude<StartPosition, object>),
    concurrency,
    ordering: ordering as Ordering,
    acknowledgeWithinMs,
  };
}
