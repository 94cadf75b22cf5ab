import type { TransportCapabilities } from "@parley/transport";

/**
 * What streams give.
 *
 * - `ordering`: for a group that asks for order one member at a time reads a topic, under a lease (see consume.ts).
 * - `durable`: whether the server writes each command to disk before it answers, as `appendfsync always` has it.
 * - `retention`: by age; older entries go, but never before every group has settled them (see topics.ts).
 * - `maxDataBytes`: far below Redis' own 512 MiB; an entry is copied several times on its way through memory.
 */
export function capabilitiesOf({ durable }: { readonly durable: boolean }): TransportCapabilities {
  return {
    ordering: "topic",
    durable,
    retention: true,
    replay: true,
    priorities: 1,
    requestReply: false,
    maxDataBytes: 16 * 1024 * 1024,
  };
}
