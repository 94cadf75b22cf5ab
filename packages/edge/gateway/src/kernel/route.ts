import type { Duplex, Writable } from "node:stream";
import type { CallContext } from "@parley/core";
import type { AccessRule } from "@parley/protobuf";
import type { HttpRequest } from "@parley/wire/internal/http1";
import type { PathTemplate } from "./path-template.ts";
import type { RouteRequest } from "./route-request.ts";

/** What the gateway serves: one HTTP method and path template, with the handler that answers. Everything served is one. */
export interface Route {
  /**
   * `contract`: from an HTTP rule. `plain`: added by hand. `live`: open until the client leaves. `page`: the gateway's own, which no
   * middleware wraps, so that health and metrics stay readable whatever a middleware refuses.
   */
  readonly kind: "contract" | "plain" | "live" | "page";
  /** `GET`, … in upper case; `*` for any. */
  readonly method: string;
  readonly template: PathTemplate;
  /** Names the owner in a collision: `users.v1.UserService/GetUser`. */
  readonly name: string;
  /** Callers that may use it, where the gateway asks for tokens. */
  readonly access: AccessRule;
  /** Deadline of a request, until its response begins. */
  readonly timeoutMs: number;
  /** The largest request body. Default the gateway's. */
  readonly maxBodyBytes?: number;
  /** Names a field of a violation as this route's clients know it. Default as the handler named it. */
  readonly fieldName?: ((path: string) => string) | undefined;
  /** Takes requests for another protocol. */
  readonly upgrade?: UpgradeHandler;
  readonly handle: RouteHandler;
}

/** Answers one request. An error that it throws becomes problem details with the error's status. */
export type RouteHandler = (request: RouteRequest, context: CallContext) => Promise<RouteResponse> | RouteResponse;

/**
 * Wraps the handlers of routes: `next` is the rest of the chain. Runs after the token and the access rule were checked. The gateway
 * composes the chain once at start. An error of the handler comes as the rejection of `next`.
 */
export type HttpMiddleware = (next: RouteHandler) => RouteHandler;

export interface RouteResponse {
  readonly status: number;
  /** Names in any case. What belongs to the connection and to the length of the body is added and must not be set. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** Text, bytes, or pieces of either, of which the next is asked for once the client has read enough. Default none. */
  readonly body?: string | Uint8Array | AsyncIterable<string | Uint8Array> | StreamedBody | undefined;
}

/** A body that a route writes itself, at the client's pace. */
export interface StreamedBody {
  /**
   * Called once the head has been sent. Destroying the stream cuts the connection.
   * @param onFailure takes what it fails with, for the log line of the request.
   */
  pipe(stream: Writable, onFailure: (error: unknown) => void): void;
  /** Called in place of `pipe` if the client has left, or a middleware has answered something else. */
  cancel(): void;
}

/** Takes over connections whose client asks for another protocol at a route's path. */
export interface UpgradeHandler {
  /** In lower case: `websocket`. */
  readonly protocol: string;
  /** Has the socket from here on. A failure is answered as problem details, and the connection closed. */
  handle(upgrade: UpgradeRequest): Promise<void>;
}

export interface UpgradeRequest {
  readonly request: HttpRequest;
  readonly socket: Duplex;
  /** What the client sent after the request's head. */
  readonly head: Buffer;
  readonly requestId: string;
  /** The client's address. */
  readonly peer: string;
  /**
   * Checks the token and the route's access rule, and opens the context.
   *
   * @param authorization in place of the request's own header, for clients that cannot set one.
   */
  authorize(authorization: string | undefined): Promise<CallContext>;
  /** The status of the handshake's answer, for the request's span. */
  answered(status: number): void;
  /** The client has left: what runs in the context ends. */
  leave(): void;
}
