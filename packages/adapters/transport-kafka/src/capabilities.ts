import type { TransportCapabilities } from "@parley/transport";

/** Kafka's default for the largest batch of a topic, which ours keep at least. */
export const LEAST_MAX_BATCH_BYTES = 1_048_588;
/** Of it, what attributes, trace context and Kafka's own frame may take. */
export const HEADER_ROOM_BYTES = 64 * 1_024;

/** Order holds within a partition, and a key stays in its partition; of several partitions there is no order. */
export const KAFKA_CAPABILITIES: TransportCapabilities = {
  ordering: "key",
  durable: true,
  retention: true,
  replay: true,
  priorities: 1,
  requestReply: false,
  maxDataBytes: LEAST_MAX_BATCH_BYTES - HEADER_ROOM_BYTES,
};
