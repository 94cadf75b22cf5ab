import type { TransportCapabilities } from "@parley/transport";

export const TRANSPORT_NAME = "postgres";

export const CAPABILITIES: TransportCapabilities = {
  ordering: "topic",
  durable: true,
  retention: true,
  replay: true,
  priorities: 1,
  requestReply: false,
  maxDataBytes: 1_048_576,
};
