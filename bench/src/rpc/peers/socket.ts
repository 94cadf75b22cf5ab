import { type AddressInfo, connect, createServer } from "node:net";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { GetUserRequestSchema, GetUserResponseSchema } from "../../../../systems/orders/gen/users/v1/users_pb.ts";
import { sampleResponse } from "../../contract/sample-response.ts";
import { SAMPLE_USER } from "../../contract/sample-user.ts";
import { checkUser } from "../answers.ts";
import type { RpcLayer } from "../peer.ts";

const PREFIX_BYTES = 4;

/** The floor: length-prefixed protobuf on one TCP connection, answers in order. What it costs, no protocol can save. */
export const peer: RpcLayer = {
  async serve() {
    const server = createServer({ noDelay: true }, (socket) => {
      const read = frameReader((message) => {
        const { id } = fromBinary(GetUserRequestSchema, message);
        socket.write(frame(toBinary(GetUserResponseSchema, sampleResponse(id))));
      });
      socket.on("data", (chunk: Buffer) => {
        socket.cork();
        read(chunk);
        socket.uncork();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  },
  async connect(port) {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const { id } = SAMPLE_USER;
    const waiting: (() => void)[] = [];
    let answered = 0;
    const read = frameReader((message) => {
      checkUser(fromBinary(GetUserResponseSchema, message).user, id);
      waiting[answered++]?.();
      if (answered === waiting.length) answered = waiting.length = 0;
    });
    socket.on("data", read);
    await new Promise((resolve) => socket.once("connect", resolve));
    const getUser = (): Promise<void> =>
      new Promise((resolve) => {
        waiting.push(resolve);
        // As many requests as are made in one turn of the event loop share a system call.
        if (socket.writableCorked === 0) {
          socket.cork();
          process.nextTick(() => socket.uncork());
        }
        socket.write(frame(toBinary(GetUserRequestSchema, create(GetUserRequestSchema, { id }))));
      });
    return { getUser };
  },
};

function frame(message: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  bytes.writeUInt32BE(message.length);
  bytes.set(message, PREFIX_BYTES);
  return bytes;
}

/** Cuts what arrives into messages. */
function frameReader(onMessage: (message: Uint8Array) => void): (chunk: Buffer) => void {
  let rest: Buffer | undefined;
  return (chunk) => {
    const bytes = rest ? Buffer.concat([rest, chunk]) : chunk;
    let at = 0;
    while (bytes.length - at >= PREFIX_BYTES) {
      const end = at + PREFIX_BYTES + bytes.readUInt32BE(at);
      if (bytes.length < end) break;
      onMessage(bytes.subarray(at + PREFIX_BYTES, end));
      at = end;
    }
    rest = at < bytes.length ? bytes.subarray(at) : undefined;
  };
}
