import type { TransportCapabilities } from "../transport/capabilities.ts";

/** What the transports of Parley can do, so that a refusal can name one that fits. Each declares its own; this repeats it. */
export const KNOWN_TRANSPORTS: Readonly<Record<string, Omit<TransportCapabilities, "durable" | "priorities">>> = {
  postgres: { ordering: "topic", retention: true, replay: true, requestReply: false, maxDataBytes: 16 * 1_024 * 1_024 },
  nats: { ordering: "topic", retention: true, replay: true, requestReply: true, maxDataBytes: 1_008 * 1_024 },
  kafka: { ordering: "key", retention: true, replay: true, requestReply: false, maxDataBytes: 1_000_000 },
  redis: { ordering: "topic", retention: true, replay: true, requestReply: false, maxDataBytes: 16 * 1_024 * 1_024 },
  rabbitmq: {
    ordering: "topic",
    retention: false,
    replay: false,
    requestReply: true,
    maxDataBytes: 16 * 1_024 * 1_024,
  },
};
