/** Contracts as code: what a contract's options say, and messages as bytes. */
export { type MessageCodec, messageCodecOf } from "./codec/message-codec.ts";
export {
  type AccessRule,
  accessRuleOf,
  type HttpBinding,
  httpBindingsOf,
  isPublicMethod,
  successStatusOf,
} from "./contract/method-options.ts";
export type { JsonOptions, JsonStyle } from "./json/json-style.ts";
