/** The typed details of an error, as `google.rpc.Status` in `grpc-status-details-bin`. */
import { create, type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { type BadRequestDetail, CODES, type ErrorDetail, type FieldViolation, type ParleyError } from "@parley/core";
import {
  type BadRequest_FieldViolation,
  BadRequest_FieldViolationSchema,
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "../gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../gen/google/rpc/status_pb.ts";

const TYPE_PREFIX = "type.googleapis.com/";

/** The reason of the last violation of a list of which some were left out. */
export const VIOLATIONS_LEFT_OUT = "parley.violations_left_out";

/** What an `Any` takes within a Status beside its own bytes: a tag and a length. */
const FRAME_BYTES = 4;

/**
 * As many details as fit into `maxBytes`, with the code and the message. Of a list of violations that is too long as many go as
 * fit, and one more that says how many were left out.
 *
 * @returns the bytes of the Status, undefined without any detail; and how many details are missing or not whole.
 */
export function encodeStatusDetails(
  { code, details }: ParleyError,
  message: string,
  maxBytes: number,
): { readonly bytes: Uint8Array | undefined; readonly leftOut: number } {
  const status = create(StatusSchema, { code: CODES[code].grpc, message });
  let roomBytes = maxBytes - toBinary(StatusSchema, status).length;
  let leftOut = 0;
  for (const detail of details) {
    let any: Any | undefined = toAny(detail);
    if (bytesOf(any) > roomBytes) {
      leftOut += 1;
      any = detail.type === "bad_request" ? fittingViolations(detail, roomBytes) : undefined;
    }
    if (!any) continue;
    roomBytes -= bytesOf(any);
    status.details.push(any);
  }
  return { bytes: status.details.length > 0 ? toBinary(StatusSchema, status) : undefined, leftOut };
}

const bytesOf = ({ typeUrl, value }: Any): number => typeUrl.length + value.length + 3 * FRAME_BYTES;

/** The first violations that fit beside the note of how many more there were. */
function fittingViolations({ violations }: BadRequestDetail, maxBytes: number): Any | undefined {
  const noteOf = (leftOut: number): FieldViolation => ({
    field: "",
    description: `${leftOut} more violations were left out`,
    reason: VIOLATIONS_LEFT_OUT,
  });
  const packed = (list: readonly FieldViolation[]): Any => toAny({ type: "bad_request", violations: list });
  let roomBytes = maxBytes - bytesOf(packed([noteOf(violations.length)]));
  const fitting: FieldViolation[] = [];
  for (const violation of violations) {
    const bytes = toBinary(BadRequest_FieldViolationSchema, violationOf(violation)).length + FRAME_BYTES;
    if (bytes > roomBytes) continue;
    roomBytes -= bytes;
    fitting.push(violation);
  }
  return fitting.length > 0 ? packed([...fitting, noteOf(violations.length - fitting.length)]) : undefined;
}

function violationOf({ field, description, reason = "" }: FieldViolation): BadRequest_FieldViolation {
  return create(BadRequest_FieldViolationSchema, { field, description, reason });
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
      return pack(BadRequestSchema, create(BadRequestSchema, { fieldViolations: detail.violations.map(violationOf) }));
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
