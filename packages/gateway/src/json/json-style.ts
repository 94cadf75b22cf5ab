/** How the edge writes JSON. Both naming styles and both forms of int64 are always accepted on input. */
export interface JsonOptions {
  /** `camel` is proto3 JSON's own (`userId`); `proto` keeps the contract's names (`user_id`). Default `camel`. */
  readonly fieldNames?: "camel" | "proto";
  /**
   * `string` is proto3 JSON's own. `number` writes JSON numbers and refuses a value that a double cannot hold exactly
   * (beyond 2^53 − 1), because rounding an id silently is worse than failing. Default `string`.
   */
  readonly int64?: "string" | "number";
  /**
   * `full` writes an enum value as the contract names it (`ORDER_STATUS_PENDING`), `short` without the prefix that all
   * values of the enum share (`PENDING`). With `short` both are accepted. Default `full`.
   */
  readonly enumNames?: "full" | "short";
  /**
   * `data` wraps a success as `{"data": …}`. Where the rule's `response_body` picks one field and the response also has
   * the pagination field, that stands beside it: `{"data": […], "pagination": {…}}`. Default `none`.
   */
  readonly envelope?: "none" | "data";
  /** Contract name of the response field that the `data` envelope carries beside the data. Default `pagination`. */
  readonly paginationField?: string;
  /**
   * `message` is `{"error": "<message>"}`; `detailed` is
   * `{"error": {"code", "message", "details": [{"field", "message"}]}}`. Default `message`.
   */
  readonly errors?: "message" | "detailed";
  /** Whether a field or query parameter that the contract does not know is an error. Default `refuse`. */
  readonly unknownFields?: "refuse" | "ignore";
}

/** {@link JsonOptions} with nothing left open. */
export type JsonStyle = Required<JsonOptions>;

export function resolveJsonStyle(options: JsonOptions = {}): JsonStyle {
  return {
    fieldNames: options.fieldNames ?? "camel",
    int64: options.int64 ?? "string",
    enumNames: options.enumNames ?? "full",
    envelope: options.envelope ?? "none",
    paginationField: options.paginationField ?? "pagination",
    errors: options.errors ?? "message",
    unknownFields: options.unknownFields ?? "refuse",
  };
}
