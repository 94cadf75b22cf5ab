import { connect, createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { GetUserRequestSchema, GetUserResponseSchema } from "../../../../systems/orders/gen/users/v1/users_pb.ts";
import { sampleResponse } from "../../contract/sample-response.ts";
import { SAMPLE_USER } from "../../contract/sample-user.ts";
import { checkUser } from "../answers.ts";
import { frameMessage, PREFIX_BYTES } from "../message-frame.ts";
import type { RpcLayer } from "../peer.ts";

/** The least that gRPC over `node:http2` can cost: headers, one framed message each way, protobuf; nothing checked. */
export const peer: RpcLayer = {
  async serve() {
    const server = createServer();
    server.on("stream", (stream: ServerHttp2Stream) => {
      stream.on("data", (chunk: Buffer) => {
        const { id } = fromBinary(GetUserRequestSchema, chunk.subarray(PREFIX_BYTES));
        stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
        stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
        stream.end(frameMessage(toBinary(GetUserResponseSchema, sampleResponse(id))));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  },
  async connect(port) {
    const session = connect(`http://127.0.0.1:${port}`);
    const { id } = SAMPLE_USER;
    const headers = {
      ":method": "POST",
      ":path": "/users.v1.UserService/GetUser",
      "content-type": "application/grpc",
      te: "trailers",
    };
    const getUser = (): Promise<void> =>
      new Promise((resolve, reject) => {
        const stream = session.request(headers);
        let received: Buffer | undefined;
        stream.on("data", (chunk: Buffer) => {
          received = received ? Buffer.concat([received, chunk]) : chunk;
        });
        stream.on("error", reject);
        stream.on("end", () => {
          checkUser(fromBinary(GetUserResponseSchema, (received as Buffer).subarray(PREFIX_BYTES)).user, id);
          resolve();
        });
        stream.end(frameMessage(toBinary(GetUserRequestSchema, create(GetUserRequestSchema, { id }))));
      });
    return { getUser };
  },
};
