import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { noopLogger, systemClock } from "@parley/core";
import type {
  HeaderList,
  ResponseSink,
  ServerStream,
  StreamSink,
} from "../../../../packages/base/wire/src/http2/http2.ts";
import { dialSocketHttp2 } from "../../../../packages/base/wire/src/http2/socket/dial.ts";
import { createSocketHttp2Server } from "../../../../packages/base/wire/src/http2/socket/server.ts";
import { GetUserRequestSchema, GetUserResponseSchema } from "../../../../systems/orders/gen/users/v1/users_pb.ts";
import { sampleResponse } from "../../contract/sample-response.ts";
import { SAMPLE_USER } from "../../contract/sample-user.ts";
import { checkUser } from "../answers.ts";
import { frameMessage, PREFIX_BYTES } from "../message-frame.ts";
import type { RpcLayer } from "../peer.ts";

const RESPONSE: HeaderList = [":status", "200", "content-type", "application/grpc"];
const TRAILERS: HeaderList = ["grpc-status", "0"];
const MAX_HEADER_BYTES = 16 * 1_024;
const NEVER_MS = 2 ** 31 - 1;

/** The same as `node-http2` on Parley's HTTP/2: headers, one framed message each way, protobuf; nothing checked above it. */
export const peer: RpcLayer = {
  async serve() {
    const server = createSocketHttp2Server({
      maxConcurrentStreams: 1_000,
      maxHeaderBytes: MAX_HEADER_BYTES,
      streamResets: { burst: 10_000, perSecond: 1_000 },
      keepalive: { intervalMs: 60_000, timeoutMs: 20_000 },
      maxConnectionAgeMs: NEVER_MS,
      clock: systemClock,
      logger: noopLogger,
      accept: answer,
    });
    return (await server.listen({ port: 0, host: "127.0.0.1" })).port;
  },
  async connect(port) {
    const connection = await dialSocketHttp2(
      {
        host: "127.0.0.1",
        port,
        timeoutMs: 5_000,
        maxHeaderBytes: MAX_HEADER_BYTES,
        clock: systemClock,
        events: { onMaxStreams() {}, onGoaway() {}, onClose() {} },
      },
      new AbortController().signal,
    );
    const { id } = SAMPLE_USER;
    const headers: HeaderList = [
      ...[":method", "POST", ":scheme", "http", ":authority", `127.0.0.1:${port}`],
      ...[":path", "/users.v1.UserService/GetUser", "content-type", "application/grpc", "te", "trailers"],
    ];
    return {
      getUser: () =>
        new Promise((resolve, reject) => {
          let received: Uint8Array | undefined;
          const sink: ResponseSink = {
            onHeaders() {},
            onDrain() {},
            onData(chunk) {
              received = received ? Buffer.concat([received, chunk]) : chunk;
              return "kept";
            },
            onReset: (reset) => reject(new Error(`the stream was reset: ${JSON.stringify(reset)}`)),
            onEnd() {
              const message = (received ?? new Uint8Array()).subarray(PREFIX_BYTES);
              checkUser(fromBinary(GetUserResponseSchema, message).user, id);
              resolve();
            },
          };
          const request = toBinary(GetUserRequestSchema, create(GetUserRequestSchema, { id }));
          connection.open(headers, [], sink).end(frameMessage(request));
        }),
    };
  },
};

function answer(stream: ServerStream): StreamSink {
  let received: Uint8Array | undefined;
  return {
    onData(chunk) {
      received = received ? Buffer.concat([received, chunk]) : chunk;
      return "kept";
    },
    onEnd() {
      const { id } = fromBinary(GetUserRequestSchema, (received ?? new Uint8Array()).subarray(PREFIX_BYTES));
      stream.respond(RESPONSE);
      stream.write(frameMessage(toBinary(GetUserResponseSchema, sampleResponse(id))));
      stream.end(TRAILERS);
    },
    onReset() {},
    onDrain() {},
  };
}
