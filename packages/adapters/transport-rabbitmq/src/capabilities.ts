import type { TransportCapabilities } from "@parley/transport";

/**
 * What RabbitMQ's queues give.
 *
 * - `ordering`: one member of a group at a time gets events (single active consumer), and runs them by key.
 * - `retention`, `replay`: none. A queue holds what its group has not handled, from the moment when it was declared;
 *   `earliest` means from there. Streams would keep more, but they have neither redelivery nor confirms per group.
 * - `priorities`: 1. Quorum queues before 4.0 have none and later ones two, and nothing in an envelope asks for any.
 * - `maxDataBytes`: what a server from 4.0 on takes unless told otherwise (`max_message_size`).
 */
export const CAPABILITIES: TransportCapabilities = {
  ordering: "topic",
  durable: true,
  retention: false,
  replay: false,
  priorities: 1,
  requestReply: true,
  maxDataBytes: 16 * 1024 * 1024,
};
