import { create } from "@bufbuild/protobuf";
import { type CallHandler, Metadata } from "@parley/core";
import { type EchoRequest, EchoResponseSchema } from "../gen/parley/test/v1/echo_pb.ts";

/** Answers unary calls with their own text. */
export const echo: CallHandler = async (call) => {
  if (call.streaming) throw new TypeError("a unary call was expected");
  const { text } = call.message as EchoRequest;
  return {
    streaming: false,
    header: new Metadata(),
    trailer: new Metadata(),
    message: create(EchoResponseSchema, { text }),
  };
};
