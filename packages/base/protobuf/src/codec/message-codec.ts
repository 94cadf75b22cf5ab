import {
  create,
  type DescMessage,
  fromBinary,
  type Message,
  type MessageInitShape,
  toBinary,
} from "@bufbuild/protobuf";
import { ByteSink } from "./byte-sink.ts";
import { ByteSource } from "./byte-source.ts";
import { compileMessage } from "./compile-message.ts";
import type { CompiledMessage } from "./compiled-message.ts";

/** Makes, writes and reads the messages of one type. */
export interface MessageCodec {
  /** What `create` of protobuf-es makes of it: a message of the type is given back as it is. */
  create(init?: object): Message;
  /**
   * The message in protobuf's wire format, behind `headroom` bytes (default 0) that are the caller's to fill in, as a frame
   * around it needs them. Who is done with a large one may {@link releaseBuffer} its buffer.
   * @throws what `toBinary` of protobuf-es throws.
   */
  encode(message: Message, headroom?: number): Uint8Array;
  /**
   * Fields of bytes are views of what is read.
   * @throws what `fromBinary` of protobuf-es throws.
   */
  decode(bytes: Uint8Array): Message;
}

const codecs = new WeakMap<DescMessage, MessageCodec>();
const compiled = new WeakMap<DescMessage, CompiledMessage>();

/**
 * The codec of a message type: protobuf-es as to its results, and the code compiled for the type as to its speed. Compiled
 * code handles what nearly every message consists of; at anything else (an unknown field, a map, a value of a wrong type, bytes
 * that are malformed) it gives up and protobuf-es does the whole message, so that it alone decides in every doubtful case.
 * Where code may not be made of strings, protobuf-es does all.
 *
 * Measured on a user of six fields (127 bytes): encode 0.4 µs instead of 4.4, decode 0.4 µs instead of 1.1.
 */
export function messageCodecOf(schema: DescMessage): MessageCodec {
  let codec = codecs.get(schema);
  if (!codec) {
    codec = createCodec(schema);
    codecs.set(schema, codec);
  }
  return codec;
}

function createCodec(schema: DescMessage): MessageCodec {
  const code = mayCompile() ? compiledOf(schema) : undefined;
  const { typeName } = schema;
  return {
    create(init) {
      if (!code) return create(schema, init as MessageInitShape<DescMessage>);
      return (init as Partial<Message> | undefined)?.$typeName === typeName ? (init as Message) : code.create(init);
    },
    encode: (message, headroom = 0) =>
      (code && encodeCompiled(code, message, headroom)) ?? encodeBehind(schema, message, headroom),
    decode: (bytes) => (code && decodeCompiled(code, bytes)) ?? fromBinary(schema, bytes),
  };
}

const sink = new ByteSink();
/** The sink is in use: a message whose fields are computed may encode another one on the way. */
let writing = false;

function encodeCompiled(code: CompiledMessage, message: Message, headroom: number): Uint8Array | undefined {
  if (writing) return undefined;
  writing = true;
  try {
    sink.begin(headroom);
    return code.write(sink, message) ? sink.finish() : undefined;
  } catch {
    return undefined; // a value of a type that compiled code does not expect: protobuf-es says what is wrong with it
  } finally {
    writing = false;
  }
}

function encodeBehind(schema: DescMessage, message: Message, headroom: number): Uint8Array {
  const bytes = toBinary(schema, message);
  if (headroom === 0) return bytes;
  const whole = Buffer.allocUnsafe(headroom + bytes.length);
  whole.set(bytes, headroom);
  return whole;
}

function decodeCompiled(code: CompiledMessage, bytes: Uint8Array): Message | undefined {
  const message = code.make();
  return code.read(new ByteSource(bytes), message, bytes.length) ? message : undefined;
}

/** The code of a type, compiled when it is first used: types may contain each other. */
function compiledOf(schema: DescMessage): CompiledMessage {
  let code = compiled.get(schema);
  if (!code) {
    const own: CompiledMessage = {
      make: () => compile().make(),
      create: (init) => compile().create(init),
      write: (target, message) => compile().write(target, message),
      read: (source, message, end) => compile().read(source, message, end),
    };
    const compile = (): CompiledMessage => Object.assign(own, compileMessage(schema, compiledOf));
    code = own;
    compiled.set(schema, code);
  }
  return code;
}

let allowed: boolean | undefined;

function mayCompile(): boolean {
  if (allowed === undefined) {
    try {
      allowed = new Function("return true")() as boolean;
    } catch {
      allowed = false;
    }
  }
  return allowed;
}
