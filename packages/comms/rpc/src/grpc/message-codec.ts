import type { DescMessage, Message } from "@bufbuild/protobuf";
import { type Operation, ParleyError } from "@parley/core";
import { messageCodecOf } from "@parley/protobuf";
import { releaseBuffer } from "@parley/wire/internal";
import { cannotSend } from "./caller-fault.ts";
import { compress, decompress, type Encoding } from "./compression.ts";
import { encodeFrame, PREFIX_BYTES, writePrefix } from "./framing.ts";

/** A message as the frame that goes out. */
export function encodeMessageFrame(schema: DescMessage, message: Message, encoding: Encoding): Uint8Array {
  let frame: Uint8Array;
  try {
    frame = messageCodecOf(schema).encode(message, PREFIX_BYTES);
  } catch (error) {
    throw new ParleyError("INTERNAL", `the message cannot be written as ${schema.typeName}: ${String(error)}`, {
      cause: error,
    });
  }
  const packed = encoding === "identity" ? undefined : compress(frame.subarray(PREFIX_BYTES), encoding);
  if (!packed) return writePrefix(frame, false);
  releaseBuffer(frame.buffer);
  return encodeFrame(packed, true);
}

/** A request as the frame that goes out. @throws ParleyError INVALID_ARGUMENT, the caller's fault, if it is none of its contract. */
export function encodeRequestFrame({ descriptor, path }: Operation, message: Message, encoding: Encoding): Uint8Array {
  try {
    return encodeMessageFrame(descriptor.input, message, encoding);
  } catch (cause) {
    throw cannotSend("INVALID_ARGUMENT", `the request of ${path} cannot be sent: ${(cause as Error).message}`, {
      cause,
    });
  }
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
    const { buffer, byteOffset, byteLength } = bytes;
    const plain = bytes.constructor === Uint8Array ? bytes : new Uint8Array(buffer, byteOffset, byteLength);
    return messageCodecOf(schema).decode(plain);
  } catch (error) {
    throw new ParleyError("INTERNAL", `the bytes received are no ${schema.typeName}`, { cause: error });
  }
}
