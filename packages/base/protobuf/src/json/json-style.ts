/** How messages are written as JSON. Both naming styles and both forms of int64 are always accepted on input. */
export interface JsonOptions {
  /** `camel` is proto3 JSON's own (`userId`); `proto` keeps the contract's names (`user_id`). Default `camel`. */
  readonly fieldNames?: "camel" | "proto";
  /**
   * `string` is proto3 JSON's own. `number` writes JSON numbers and refuses a value that a double cannot hold exactly
   * (beyond 2^53 − 1), because rounding an id silently is worse than failing. `auto` writes a number where that is exact and
   * a string beyond. Default `string`.
   */
  readonly int64?: "string" | "number" | "auto";
  /**
   * `full` writes an enum value as the contract names it (`ORDER_STATUS_PENDING`), `short` without the prefix that all
   * values of the enum share (`PENDING`). With `short` both are accepted. Default `full`.
   */
  readonly enumNames?: "full" | "short";
  /** Whether a field that the contract does not know is an error. Default `refuse`. */
  readonly unknownFields?: "refuse" | "ignore";
}

/** {@link JsonOptions} with nothing left open. */
export type JsonStyle = Required<JsonOptions>;

export function resolveJsonStyle(options: JsonOptions = {}): JsonStyle {
  return {
    fieldNames: options.fieldNames ?? "camel",
    int64: options.int64 ?? "string",
    enumNames: options.enumNames ?? "full",
    unknownFields: options.unknownFields ?? "refuse",
  };
}
