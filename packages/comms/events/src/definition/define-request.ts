import type { DescMessage } from "@bufbuild/protobuf";
import { invalidArgument } from "@parley/core";
import { type EventInt64, int64Problem } from "./event-int64.ts";

export interface RequestOptions<Req extends DescMessage, Res extends DescMessage> {
  /** `<domain>.<question>` in lower case: `grades.lookup`. Also its subject at the broker. */
  readonly name: string;
  readonly request: Req;
  readonly response: Res;
  /** How the JSON of both writes 64-bit integers, as for an event. Default `auto`. */
  readonly int64?: EventInt64;
}

/** A question that whoever answers the subject is asked over the broker. Made by {@link defineRequest}. */
export interface RequestDefinition<Req extends DescMessage = DescMessage, Res extends DescMessage = DescMessage> {
  readonly kind: "request";
  readonly name: string;
  readonly request: Req;
  readonly response: Res;
  /** Default `auto`. */
  readonly int64?: EventInt64;
}

const REQUEST_NAME = /^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+$/;

/**
 * Defines a question: who asks and who answers share it.
 * @throws ParleyError INVALID_ARGUMENT for a name that is not one.
 */
export function defineRequest<Req extends DescMessage, Res extends DescMessage>(
  options: RequestOptions<Req, Res>,
): RequestDefinition<Req, Res> {
  if (!REQUEST_NAME.test(options.name)) {
    throw invalidArgument({
      field: `the request ${JSON.stringify(options.name)}`,
      description: "must be named <domain>.<question> in lower case, such as grades.lookup",
    });
  }
  const problem = int64Problem(options.int64);
  if (problem) throw invalidArgument({ field: `the request ${JSON.stringify(options.name)}`, description: problem });
  return { kind: "request", ...options };
}
