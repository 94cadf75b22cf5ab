import type { DescMessage } from "@bufbuild/protobuf";
import type { CallContext } from "@parley/core";
import type { AccessRule } from "@parley/protobuf";
import type { HttpRequest } from "@parley/wire/internal/http1";
import type { Answer } from "./answer.ts";
import type { Visit } from "./visit.ts";

/** One HTTP request and its answer, once it has passed the door. */
export interface Exchange {
  readonly request: HttpRequest;
  readonly answer: Answer;
  /** The raw segments of the path, as the route's template saw them. */
  readonly segments: readonly string[];
  /** What follows `?`, or the empty string. */
  readonly query: string;
  /** Its signal aborts when the client goes away; who makes a call arms its deadline. */
  readonly context: CallContext;
  /** Takes what a stream failed with after its head was sent. Anything earlier is thrown. */
  readonly visit: Pick<Visit, "failure">;
}

/** Something that answers requests: a method of a contract, a page of the gateway itself, or live events. */
export interface Endpoint {
  readonly kind: "method" | "page" | "live";
  /** `/users.v1.UserService/GetUser`, or the page's name. */
  readonly name: string;
  /** The template, for logs and metrics. */
  readonly route: string;
  /** Who may use it, where the gateway asks for tokens. */
  readonly access: AccessRule;
  readonly timeoutMs: number;
  /** Answers; a failure before anything was sent is thrown. */
  handle(exchange: Exchange): Promise<void>;
  /** Names fields of a failure as the edge does; undefined for a page. */
  readonly input?: DescMessage;
}
