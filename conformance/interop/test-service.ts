import { ParleyError, sleep } from "@parley/core";
import { codeFromNumber } from "@parley/core/internal";
import { type HandlerContext, implement } from "@parley/rpc";
import type { EchoStatus, StreamingOutputCallRequest } from "../gen/grpc/testing/messages_pb.ts";
import { TestService } from "../gen/grpc/testing/test_pb.ts";
import { echoMetadata } from "./echo-metadata.ts";

/** `grpc.testing.TestService` as the interop clients of others expect it. */
export const testService = implement(TestService, {
  emptyCall: () => ({}),
  unaryCall({ responseStatus, responseSize }, context) {
    echoMetadata(context);
    refuseAs(responseStatus);
    return { payload: { body: new Uint8Array(responseSize) } };
  },
  streamingOutputCall: (request, context) => answersOf(request, context),
  async streamingInputCall(requests) {
    let aggregatedPayloadSize = 0;
    for await (const { payload } of requests) aggregatedPayloadSize += payload?.body.length ?? 0;
    return { aggregatedPayloadSize };
  },
  async *fullDuplexCall(requests, context) {
    echoMetadata(context);
    for await (const request of requests) yield* answersOf(request, context);
  },
  async *halfDuplexCall(requests, context) {
    const all = await Array.fromAsync(requests);
    for (const request of all) yield* answersOf(request, context);
  },
  unimplementedCall() {
    throw new ParleyError("UNIMPLEMENTED", "grpc.testing.TestService/UnimplementedCall is not implemented, on purpose");
  },
});

/** Ends the call with the status that the client asked for, if it did. */
function refuseAs(status: EchoStatus | undefined): void {
  const code = codeFromNumber(status?.code ?? 0);
  if (code !== "OK") throw new ParleyError(code, status?.message ?? "");
}

async function* answersOf(request: StreamingOutputCallRequest, { signal }: HandlerContext) {
  refuseAs(request.responseStatus);
  for (const { size, intervalUs } of request.responseParameters) {
    if (intervalUs > 0) await sleep(intervalUs / 1_000, { signal });
    yield { payload: { body: new Uint8Array(size) } };
  }
}
