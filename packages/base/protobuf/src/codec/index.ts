export { releaseBuffer } from "@parley/wire/internal";
export { type MessageCodec, messageCodecOf } from "./message-codec.ts";
