import type { TransportCapabilities } from "./capabilities.ts";

const KIB = 1_024;

/** What the transports of Parley can do, so that a refusal can name one that fits. Each declares its own; this repeats it. */
export const KNOWN_TRANSPORTS: Readonly<Record<string, Omit<TransportCapabilities, "durable" | "priorities">>> = {
  postgres: { ordering: "topic", retention: true, replay: true, requestReply: false, maxDataBytes: 1_024 * KIB },
  nats: { ordering: "topic", retention: true, replay: true, requestReply: true, maxDataBytes: 1_008 * KIB },
  kafka: { ordering: "key", retention: true, replay: true, requestReply: false, maxDataBytes: 960 * KIB },
  redis: { ordering: "topic", retention: true, replay: true, requestReply: false, maxDataBytes: 16_384 * KIB },
  rabbitmq: { ordering: "topic", retention: false, replay: false, requestReply: true, maxDataBytes: 16_384 * KIB },
};
