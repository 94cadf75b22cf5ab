/**
 * The cases that a client of gRPC runs against the interop server of another.
 * @see https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md
 */
import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { type ErrorCode, isParleyError, Metadata } from "@parley/core";
import { type CallOptions, type Channel, createClient } from "@parley/rpc";
import type { StreamingOutputCallResponse } from "../gen/grpc/testing/messages_pb.ts";
import { TestService, UnimplementedService } from "../gen/grpc/testing/test_pb.ts";
import { ECHO_INITIAL, ECHO_TRAILING } from "./echo-metadata.ts";

/** Resolves if the case passes; rejects with what was wrong. */
export type ClientCase = (channel: Channel) => Promise<void>;

const REQUEST_BYTES = 271_828;
const RESPONSE_BYTES = 314_159;
/** The bodies of requests and of their answers, where a case sends several. */
const REQUEST_SIZES = [27_182, 8, 1_828, 45_904];
const RESPONSE_SIZES = [31_415, 9, 2_653, 58_979];

const clientOf = (channel: Channel) => createClient(TestService, channel);
const bodyOf = (bytes: number) => ({ body: new Uint8Array(bytes) });
const sizeOf = ({ payload }: StreamingOutputCallResponse): number => payload?.body.length ?? 0;
const turnOf = (requestBytes: number, responseBytes: number) => ({
  payload: bodyOf(requestBytes),
  responseParameters: [{ size: responseBytes }],
});

async function assertFails(call: Promise<unknown>, code: ErrorCode, message?: string): Promise<void> {
  const error = await call.then(
    () => assert.fail(`the call succeeded, and should have failed with ${code}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(isParleyError(error), `not an error of a call: ${String(error)}`);
  assert.equal(error.code, code, error.message);
  if (message !== undefined) assert.equal(error.message, message);
}

/** Requests that are sent when the test says so. */
function createRequests(): PassThrough {
  return new PassThrough({ objectMode: true });
}

export const CLIENT_CASES: Readonly<Record<string, ClientCase>> = {
  async empty_unary(channel) {
    await clientOf(channel).emptyCall({});
  },

  async large_unary(channel) {
    const request = { responseSize: RESPONSE_BYTES, payload: bodyOf(REQUEST_BYTES) };
    const { payload } = await clientOf(channel).unaryCall(request);
    assert.deepEqual(payload?.body, new Uint8Array(RESPONSE_BYTES));
  },

  async client_streaming(channel) {
    const requests = createRequests();
    for (const size of REQUEST_SIZES) requests.write({ payload: bodyOf(size) });
    requests.end();
    const { aggregatedPayloadSize } = await clientOf(channel).streamingInputCall(requests);
    assert.equal(aggregatedPayloadSize, 74_922);
  },

  async server_streaming(channel) {
    const request = { responseParameters: RESPONSE_SIZES.map((size) => ({ size })) };
    const answers = await Array.fromAsync(clientOf(channel).streamingOutputCall(request), sizeOf);
    assert.deepEqual(answers, RESPONSE_SIZES);
  },

  async ping_pong(channel) {
    const requests = createRequests();
    const answers = clientOf(channel).fullDuplexCall(requests)[Symbol.asyncIterator]();
    for (const [turn, size] of RESPONSE_SIZES.entries()) {
      requests.write(turnOf(REQUEST_SIZES[turn] ?? 0, size));
      const { value } = await answers.next();
      assert.equal(sizeOf(value), size);
    }
    requests.end();
    assert.equal((await answers.next()).done, true);
  },

  async empty_stream(channel) {
    assert.deepEqual(await Array.fromAsync(clientOf(channel).fullDuplexCall(createRequests().end())), []);
  },

  async cancel_after_begin(channel) {
    const cancel = new AbortController();
    const requests = createRequests();
    // The stream is open once it asks for the first request.
    requests._read = () => cancel.abort();
    await assertFails(clientOf(channel).streamingInputCall(requests, { signal: cancel.signal }), "CANCELLED");
  },

  async cancel_after_first_response(channel) {
    const cancel = new AbortController();
    const requests = createRequests();
    requests.write(turnOf(27_182, 31_415));
    const call = clientOf(channel).fullDuplexCall(requests, { signal: cancel.signal });
    const answers = call[Symbol.asyncIterator]();
    assert.equal(sizeOf((await answers.next()).value), 31_415);
    cancel.abort();
    await assertFails(answers.next(), "CANCELLED");
  },

  async timeout_on_sleeping_server(channel) {
    const requests = createRequests();
    requests.write({ payload: bodyOf(27_182) });
    const call = clientOf(channel).fullDuplexCall(requests, { timeoutMs: 1 });
    await assertFails(Array.fromAsync(call), "DEADLINE_EXCEEDED");
  },

  async custom_metadata(channel) {
    const sent = new Metadata([
      [ECHO_INITIAL, "test_initial_metadata_value"],
      [ECHO_TRAILING, Uint8Array.of(0xab, 0xab, 0xab)],
    ]);
    const expectEcho = async (call: (options: CallOptions) => Promise<unknown>): Promise<void> => {
      let [header, trailer] = [new Metadata(), new Metadata()];
      await call({
        metadata: sent,
        onHeader: (received) => (header = received),
        onTrailer: (received) => (trailer = received),
      });
      assert.equal(header.get(ECHO_INITIAL), sent.get(ECHO_INITIAL));
      assert.deepEqual(trailer.getBytes(ECHO_TRAILING), sent.getBytes(ECHO_TRAILING));
    };
    const client = clientOf(channel);
    await expectEcho((options) =>
      client.unaryCall({ responseSize: RESPONSE_BYTES, payload: bodyOf(REQUEST_BYTES) }, options),
    );
    const requests = createRequests();
    requests.end(turnOf(REQUEST_BYTES, RESPONSE_BYTES));
    await expectEcho((options) => Array.fromAsync(client.fullDuplexCall(requests, options)));
  },

  async status_code_and_message(channel) {
    const responseStatus = { code: 2, message: "test status message" };
    await assertFails(clientOf(channel).unaryCall({ responseStatus }), "UNKNOWN", responseStatus.message);
    const requests = createRequests();
    requests.end({ responseStatus });
    const call = clientOf(channel).fullDuplexCall(requests);
    await assertFails(Array.fromAsync(call), "UNKNOWN", responseStatus.message);
  },

  async special_status_message(channel) {
    const message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
    await assertFails(clientOf(channel).unaryCall({ responseStatus: { code: 2, message } }), "UNKNOWN", message);
  },

  async unimplemented_method(channel) {
    await assertFails(clientOf(channel).unimplementedCall({}), "UNIMPLEMENTED");
  },

  async unimplemented_service(channel) {
    await assertFails(createClient(UnimplementedService, channel).unimplementedCall({}), "UNIMPLEMENTED");
  },
};
