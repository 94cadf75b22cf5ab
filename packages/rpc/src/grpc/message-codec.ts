import { type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { ParleyError } from "@parley/core";
import { compress, decompress, type Encoding } from "./compression.ts";
import { encodeFrame } from "./framing.ts";

/** A message as the frame that goes out. */
export function encodeMessageFrame(schema: DescMessage, message: Message, encoding: Encoding): Buffer {
  let bytes: Uint8Array;
  try {
    bytes = toBinary(schema, message);
  } catch (error) {
    throw new ParleyError("INTERNAL", `the message cannot be written as ${schema.typeName}: ${String(error)}`, {
      cause: error,
    });
  }
  const packed = compress(bytes, encoding);
  return packed ? encodeFrame(packed, true) : encodeFrame(bytes, false);
}

/** How received frames are read. */
export interface FrameFormat {
  readonly encoding: Encoding;
  /** The most that a message may have when it is unpacked. */
  readonly maxBytes: number;
}

/** The bytes of the message in a frame that came in. */
export function unpackFrame(bytes: Uint8Array, compressed: boolean, format: FrameFormat): Uint8Array {
  return compressed ? decompress(bytes, format.encoding, format.maxBytes) : bytes;
}

export function decodeMessage(schema: DescMessage, bytes: Uint8Array): Message {
  try {
    // A plain view: fields of bytes are views of what is read, and a Buffer would make Buffers of them.
    return fromBinary(schema, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (error) {
    throw new ParleyError("INTERNAL", `the bytes received are no ${schema.typeName}`, { cause: error });
  }
}
