/** Messages on a pipe: each behind its length, four bytes, big-endian. */
import { type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";

const PREFIX_BYTES = 4;

/** The messages of a pipe until it ends. Several readers may share it; each message goes to one. */
export async function* readMessages<M extends DescMessage>(
  schema: M,
  pipe: AsyncIterable<Buffer>,
): AsyncGenerator<MessageShape<M>> {
  let unread = Buffer.alloc(0);
  for await (const chunk of pipe) {
    unread = Buffer.concat([unread, chunk]);
    while (unread.length >= PREFIX_BYTES) {
      const end = PREFIX_BYTES + unread.readUInt32BE();
      if (unread.length < end) break;
      yield fromBinary(schema, unread.subarray(PREFIX_BYTES, end));
      unread = unread.subarray(end);
    }
  }
  if (unread.length > 0) throw new Error(`the pipe ended within a message, after ${unread.length} bytes of it`);
}

export function writeMessage<M extends DescMessage>(
  schema: M,
  message: MessageShape<M>,
  pipe: NodeJS.WritableStream,
): void {
  const bytes = toBinary(schema, message);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(bytes.length);
  pipe.write(Buffer.concat([prefix, bytes]));
}
