import { type ErrorCode, isParleyError, ParleyError } from "@parley/core";
import { findErrorBy, protocolErrors } from "@platformatic/kafka";

type KafkaErrorName = keyof typeof protocolErrors;

/** Of Kafka's list of errors, those that are not "try again later". @see https://kafka.apache.org/protocol#protocol_error_codes */
const CODE_BY_NAME: Partial<Record<KafkaErrorName, ErrorCode>> = {
  MESSAGE_TOO_LARGE: "INVALID_ARGUMENT",
  RECORD_LIST_TOO_LARGE: "INVALID_ARGUMENT",
  INVALID_TOPIC_EXCEPTION: "INVALID_ARGUMENT",
  INVALID_RECORD: "INVALID_ARGUMENT",
  KAFKA_STORAGE_ERROR: "RESOURCE_EXHAUSTED",
  LOG_DIR_NOT_FOUND: "RESOURCE_EXHAUSTED",
  THROTTLING_QUOTA_EXCEEDED: "RESOURCE_EXHAUSTED",
  GROUP_MAX_SIZE_REACHED: "RESOURCE_EXHAUSTED",
  TOPIC_AUTHORIZATION_FAILED: "PERMISSION_DENIED",
  GROUP_AUTHORIZATION_FAILED: "PERMISSION_DENIED",
  CLUSTER_AUTHORIZATION_FAILED: "PERMISSION_DENIED",
  SASL_AUTHENTICATION_FAILED: "PERMISSION_DENIED",
  UNSUPPORTED_VERSION: "FAILED_PRECONDITION",
  UNKNOWN_TOPIC_OR_PARTITION: "FAILED_PRECONDITION",
  INVALID_REPLICATION_FACTOR: "FAILED_PRECONDITION",
  INVALID_SESSION_TIMEOUT: "INVALID_ARGUMENT",
  INCONSISTENT_GROUP_PROTOCOL: "FAILED_PRECONDITION",
};

export function isKafkaError(thrown: unknown, name: KafkaErrorName): boolean {
  return thrown instanceof Error && findErrorBy(thrown, "apiId", name) !== null;
}

/** The one way from what the client throws to a ParleyError; `doing` says what was tried. */
export function toKafkaError(thrown: unknown, doing: string): ParleyError {
  if (isParleyError(thrown)) return thrown;
  const options = { cause: thrown };
  for (const [name, code] of Object.entries(CODE_BY_NAME) as [KafkaErrorName, ErrorCode][]) {
    if (!isKafkaError(thrown, name)) continue;
    return new ParleyError(code, `${doing}: Kafka answers ${name}: ${protocolErrors[name]?.message ?? ""}`, options);
  }
  return new ParleyError("UNAVAILABLE", `${doing}: ${deepest(thrown)}`, options);
}

/** The client wraps errors in errors; the innermost says what happened. */
function deepest(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return deepest(thrown.errors.at(-1));
  if (thrown instanceof Error && thrown.cause instanceof Error) return deepest(thrown.cause);
  return thrown instanceof Error ? thrown.message : String(thrown);
}
