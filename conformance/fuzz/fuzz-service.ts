import { ParleyError } from "@parley/core";
import { codeFromNumber } from "@parley/core/internal";
import { implement, type ServiceRegistration } from "@parley/rpc";
import type { EchoStatus, ResponseParameters } from "../gen/grpc/testing/messages_pb.ts";
import { TestService } from "../gen/grpc/testing/test_pb.ts";
import { echoMetadata } from "../interop/echo-metadata.ts";

/** Requests come from dice: what they ask for is kept small. */
const MAX_BODY_BYTES = 40_000;
const MAX_ANSWERS = 20;

const payloadOf = (size: number) => ({ body: new Uint8Array(Math.min(Math.max(size, 0), MAX_BODY_BYTES)) });

function* answersOf(status: EchoStatus | undefined, parameters: readonly ResponseParameters[]) {
  refuseAs(status);
  for (const { size } of parameters.slice(0, MAX_ANSWERS)) yield { payload: payloadOf(size) };
}

function refuseAs(status: EchoStatus | undefined): void {
  const code = codeFromNumber(status?.code ?? 0);
  if (code !== "OK") throw new ParleyError(code, status?.message ?? "");
}

/** The service that fuzzed servers serve: a method of each shape, and none that waits for anything but its client. */
export const fuzzService: ServiceRegistration = implement(TestService, {
  emptyCall: () => ({}),
  unaryCall({ responseStatus, responseSize }, context) {
    echoMetadata(context);
    refuseAs(responseStatus);
    return { payload: payloadOf(responseSize) };
  },
  async *streamingOutputCall({ responseStatus, responseParameters }) {
    yield* answersOf(responseStatus, responseParameters);
  },
  async streamingInputCall(requests) {
    let aggregatedPayloadSize = 0;
    for await (const { payload } of requests) aggregatedPayloadSize += payload?.body.length ?? 0;
    return { aggregatedPayloadSize };
  },
  async *fullDuplexCall(requests, context) {
    echoMetadata(context);
    for await (const { responseStatus, responseParameters } of requests) {
      yield* answersOf(responseStatus, responseParameters);
    }
  },
  async *halfDuplexCall(requests) {
    let answers = 0;
    for await (const { responseParameters } of requests)
      answers = Math.min(MAX_ANSWERS, answers + responseParameters.length);
    for (; answers > 0; answers--) yield { payload: payloadOf(1) };
  },
  unimplementedCall() {
    throw new ParleyError("UNIMPLEMENTED", "not implemented, on purpose");
  },
});
