import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";
import { CODES, ParleyError, toParleyError } from "@parley/core";
import { codeFromNumber } from "@parley/core/internal";
import type { Error as ErrorDescription, ErrorSchema } from "../gen/connectrpc/conformance/v1/service_pb.ts";

/** The error that the suite wants to be thrown, with more details than it asked for. */
export function errorToThrow({ code, message, details }: ErrorDescription, more: readonly Any[]): ParleyError {
  const name = codeFromNumber(code);
  return new ParleyError(name === "OK" ? "UNKNOWN" : name, message ?? "", {
    details: [...details, ...more].map(({ typeUrl, value }) => ({ type: "opaque", typeUrl, value })),
  });
}

/** What was thrown, as the suite describes it. It uses no details of the types that Parley reads. */
export function describeError(thrown: unknown): MessageInitShape<typeof ErrorSchema> {
  const { code, message, details } = toParleyError(thrown);
  return {
    code: CODES[code].grpc,
    message,
    details: details.flatMap((detail) => (detail.type === "opaque" ? [create(AnySchema, detail)] : [])),
  };
}
