import { Metadata } from "@parley/core";
import { type Channel, createClient } from "@parley/rpc";
import { TestService } from "../gen/grpc/testing/test_pb.ts";
import { ECHO_INITIAL, ECHO_TRAILING } from "../interop/echo-metadata.ts";

const metadata = new Metadata([
  [ECHO_INITIAL, "value"],
  [ECHO_TRAILING, Uint8Array.of(0, 255)],
]);

async function* sizes(...all: readonly number[]) {
  for (const size of all) yield { payload: { body: new Uint8Array(size) }, responseParameters: [{ size }] };
}

/**
 * The calls of a fuzzed client, in their order: one of each shape, a failure, and one that is cancelled. Small, so that
 * a conversation is a few frames. @returns the outcomes, to be awaited.
 */
export function beginConversation(channel: Channel): Promise<unknown>[] {
  const client = createClient(TestService, channel);
  const cancel = new AbortController();
  const cancelled = client.fullDuplexCall(sizes(1), { signal: cancel.signal });
  return [
    client.unaryCall({ responseSize: 10, payload: { body: new Uint8Array(10) } }, { metadata }),
    client.unaryCall({ responseSize: 2_000, payload: { body: new Uint8Array(2_000) } }),
    client.unaryCall({ responseStatus: { code: 9, message: "no ☺ here" } }),
    Array.fromAsync(client.streamingOutputCall({ responseParameters: [{ size: 1 }, { size: 2 }, { size: 300 }] })),
    client.streamingInputCall(sizes(1, 2, 3)),
    Array.fromAsync(client.fullDuplexCall(sizes(4, 5), { metadata })),
    client.unimplementedCall({}),
    Array.fromAsync(cancelled, () => cancel.abort()),
  ];
}
