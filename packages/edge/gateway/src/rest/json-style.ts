import type { JsonOptions, JsonStyle } from "@parley/protobuf";
import { resolveJsonStyle } from "@parley/protobuf/internal";

/** How the edge writes JSON: its messages, and what stands around them. */
export interface EdgeJsonOptions extends JsonOptions {
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
}

/** {@link EdgeJsonOptions} with nothing left open. */
export type EdgeJsonStyle = Required<EdgeJsonOptions> & JsonStyle;

export function resolveEdgeJsonStyle(options: EdgeJsonOptions = {}): EdgeJsonStyle {
  return {
    ...resolveJsonStyle(options),
    envelope: options.envelope ?? "none",
    paginationField: options.paginationField ?? "pagination",
    errors: options.errors ?? "message",
  };
}
