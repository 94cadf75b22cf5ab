/** The typed details of an error, as `google.rpc.Status` in `grpc-status-details-bin`. */
import { create, type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { CODES, type ErrorDetail, type ParleyError } from "@parley/core";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../gen/google/rpc/status_pb.ts";

const TYPE_PREFIX = "type.googleapis.com/";

export function encodeStatusDetails(error: ParleyError): Uint8Array {
  const status = create(StatusSchema, {
    code: CODES[error.code].grpc,
    message: error.message,
    details: error.details.map(toAny),
  });
  return toBinary(StatusSchema, status);
}

/** Total: bytes that are no status hold no details, and a detail that cannot be read stays opaque. */
export function decodeStatusDetails(bytes: Uint8Array): ErrorDetail[] {
  try {
    return fromBinary(StatusSchema, bytes).details.map(fromAny);
  } catch {
    return [];
  }
}

function toAny(detail: ErrorDetail): Any {
  switch (detail.type) {
    case "bad_request":
      return pack(
        BadRequestSchema,
        create(BadRequestSchema, {
          fieldViolations: detail.violations.map(({ field, description, reason = "" }) => ({
            field,
            description,
            reason,
          })),
        }),
      );
    case "retry_info":
      return pack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay: toDuration(detail.retryAfterMs) }));
    case "error_info": {
      const { reason, domain, metadata } = detail;
      return pack(ErrorInfoSchema, create(ErrorInfoSchema, { reason, domain, metadata: { ...metadata } }));
    }
    case "opaque":
      return create(AnySchema, { typeUrl: detail.typeUrl, value: detail.value });
    default:
      throw new TypeError(`an error carries a detail of unknown type: ${String(detail satisfies never)}`);
  }
}

function fromAny({ typeUrl, value }: Any): ErrorDetail {
  try {
    switch (typeUrl.slice(typeUrl.lastIndexOf("/") + 1)) {
      case BadRequestSchema.typeName:
        return {
          type: "bad_request",
          violations: fromBinary(BadRequestSchema, value).fieldViolations.map(({ field, description, reason }) => ({
            field,
            description,
            ...(reason && { reason }),
          })),
        };
      case RetryInfoSchema.typeName: {
        const { seconds = 0n, nanos = 0 } = fromBinary(RetryInfoSchema, value).retryDelay ?? {};
        return { type: "retry_info", retryAfterMs: Number(seconds) * 1_000 + nanos / 1e6 };
      }
      case ErrorInfoSchema.typeName: {
        const { reason, domain, metadata } = fromBinary(ErrorInfoSchema, value);
        return { type: "error_info", reason, domain, metadata };
      }
    }
  } catch {
    // not what its type says
  }
  return { type: "opaque", typeUrl, value };
}

function pack(schema: DescMessage, message: Message): Any {
  return create(AnySchema, { typeUrl: TYPE_PREFIX + schema.typeName, value: toBinary(schema, message) });
}

function toDuration(ms: number): { seconds: bigint; nanos: number } {
  const seconds = Math.floor(ms / 1_000);
  return { seconds: BigInt(seconds), nanos: Math.round((ms - seconds * 1_000) * 1e6) };
}
