export { type MessageCodec, messageCodecOf } from "./message-codec.ts";
