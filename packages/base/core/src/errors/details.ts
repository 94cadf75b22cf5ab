/**
 * The typed details an error can carry. They survive every hop: as `google.rpc` messages in `grpc-status-details-bin`,
 * and as JSON at the edge.
 *
 * @see https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
 */

/** One field of a request and what is wrong with it. */
export interface FieldViolation {
  /** Path of the field in contract names: `items[2].quantity`. */
  readonly field: string;
  /** What is wrong, without naming the field again: `must be a future date`. */
  readonly description: string;
  /** The id of the broken rule, for programs: `int32.gt`. */
  readonly reason?: string;
}

/** The fields of a request that broke a rule (`google.rpc.BadRequest`). */
export interface BadRequestDetail {
  readonly type: "bad_request";
  readonly violations: readonly FieldViolation[];
}

/** How long a caller should wait before it retries (`google.rpc.RetryInfo`). */
export interface RetryInfoDetail {
  readonly type: "retry_info";
  readonly retryAfterMs: number;
}

/** The cause of an error, stable enough for a program to switch on (`google.rpc.ErrorInfo`). */
export interface ErrorInfoDetail {
  readonly type: "error_info";
  /** UPPER_SNAKE_CASE, unique within the domain: `ORDER_STATUS_TRANSITION`. */
  readonly reason: string;
  /** Who defines the reason, usually the service's name. */
  readonly domain: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A detail of a type this process does not know; it is passed on unchanged. */
export interface OpaqueDetail {
  readonly type: "opaque";
  /** The `google.protobuf.Any` type URL. */
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

export type ErrorDetail = BadRequestDetail | RetryInfoDetail | ErrorInfoDetail | OpaqueDetail;
