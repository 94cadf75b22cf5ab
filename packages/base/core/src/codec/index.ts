export { giveBack } from "./lent-octets.ts";
export { type MessageCodec, messageCodecOf } from "./message-codec.ts";
