import type { DescMessage, Message } from "@bufbuild/protobuf";
import type { ByteSink } from "./byte-sink.ts";
import type { ByteSource } from "./byte-source.ts";

/**
 * The code for one type of message. `write` and `read` answer false when they meet something that they leave to protobuf-es;
 * what they have done by then is thrown away.
 */
export interface CompiledMessage {
  make(): Message;
  /** A message of what its creator gave; what has the name of its type is one. */
  create(init: object | undefined): Message;
  write(sink: ByteSink, message: Message): boolean;
  /** Reads up to `end`, which the source's length is not less than. */
  read(source: ByteSource, message: Message, end: number): boolean;
}

/** Finds the code of another type, of which a field is. */
export type CompiledLookup = (schema: DescMessage) => CompiledMessage;
