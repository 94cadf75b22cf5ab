import type { TransportCapabilities } from "@parley/transport";

/** What a server takes whose `max_payload` is not set. */
export const DEFAULT_MAX_PAYLOAD_BYTES = 1_048_576;
/** Of `max_payload`, what headers may take: attributes, trace context and the server's own. */
const HEADER_ROOM_BYTES = 16 * 1_024;

export function natsCapabilities(server: {
  readonly maxPayloadBytes: number;
  readonly durable: boolean;
}): TransportCapabilities {
  return {
    ordering: "topic",
    durable: server.durable,
    retention: true,
    replay: true,
    priorities: 1,
    requestReply: true,
    maxDataBytes: server.maxPayloadBytes - HEADER_ROOM_BYTES,
  };
}
