import type { DescMessage, DescService } from "@bufbuild/protobuf";
import type { CallContext, Logger } from "@parley/core";
import type { Client } from "@parley/rpc";
import type { RouteResponse } from "../../kernel/route.ts";
import type { RouteRequest } from "../../kernel/route-request.ts";

/** A route added by hand, beside those of the contracts. */
export interface PlainRouteOptions {
  /** `GET`, `POST`, …; `*` for any. A `GET` answers `HEAD` too. */
  readonly method: string;
  /** The whole path, as in an HTTP rule: `/uploads/{name}`, `/files/{path=**}`. The gateway's `basePath` is not put before it. */
  readonly template: string;
  /** Callers that may use it: anyone with a token (the default), users with one of the roles, or anyone at all. */
  readonly access?: "token" | "public" | { readonly roles: readonly string[] };
  /** Deadline of a request until its response begins. Default that of the gateway's requests. */
  readonly timeoutMs?: number;
  /** The largest body; more is answered with 413. Default that of the gateway. */
  readonly maxBodyBytes?: number;
  /** How it stands in the OpenAPI document. Without it, it is left out. */
  readonly describe?: RouteDescription;
  /**
   * Answers a request. A ParleyError that it throws becomes problem details with the error's status, as for a method of a contract.
   *
   * @returns nothing for 204.
   */
  readonly handle: (
    request: RouteRequest,
    context: RouteContext,
  ) => PlainResponse | undefined | Promise<PlainResponse | undefined>;
}

/** A {@link PlainRouteOptions} that has been checked. Made by {@link route}. */
export interface PlainRoute extends PlainRouteOptions {
  readonly kind: "route";
}

/** The context of a request, and what a handler needs of its gateway. */
export interface RouteContext extends CallContext {
  /** A client of a service behind the gateway. Its calls carry the request's deadline, trace and token. */
  client<S extends DescService>(service: S): Client<S>;
  readonly log: Logger;
}

export interface PlainResponse extends Omit<RouteResponse, "status" | "body"> {
  /** Default 200, or 204 without content. */
  readonly status?: number;
  /** A text (`text/plain`), or bytes, or pieces of either (`application/octet-stream`), unless the headers name another type. */
  readonly body?: string | Uint8Array | AsyncIterable<string | Uint8Array> | undefined;
  /** In place of `body`: a value that is sent as JSON. */
  readonly json?: unknown;
}

/** One operation of the OpenAPI document. */
export interface RouteDescription {
  readonly summary: string;
  readonly description?: string;
  /** Default `Routes`. */
  readonly tags?: readonly string[];
  readonly request?: ContentDescription;
  readonly response?: ContentDescription & { /** Default 200. */ readonly status?: number };
}

export interface ContentDescription {
  /** Default `application/json`. */
  readonly contentType?: string;
  /** A JSON Schema, or the schema of a protobuf message. Default any content. */
  readonly schema?: DescMessage | Readonly<Record<string, unknown>>;
  readonly description?: string;
}

const METHOD = /^(?:\*|[A-Z][A-Z-]*)$/;

/**
 * A route of a gateway: an upload, a receiver of webhooks, a page.
 * @throws TypeError that names what is wrong.
 */
export function route(options: PlainRouteOptions): PlainRoute {
  const { method, template, access = "token", timeoutMs, maxBodyBytes, handle } = options;
  const fail = (what: string): never => {
    throw new TypeError(`route ${method} ${template}: ${what}`);
  };
  if (!METHOD.test(method)) fail('method must be an HTTP method in upper case, or "*"');
  if (typeof template !== "string" || !template.startsWith("/")) fail('template must begin with "/"');
  const isOneOf = access === "token" || access === "public";
  if (!isOneOf && !(Array.isArray(access.roles) && access.roles.length > 0)) {
    fail('access must be "token", "public" or { roles: ["…"] }');
  }
  for (const [name, limit] of Object.entries({ timeoutMs, maxBodyBytes })) {
    if (limit !== undefined && !(limit > 0 && limit <= Number.MAX_SAFE_INTEGER)) {
      fail(`${name} must be a positive number, got ${limit}`);
    }
  }
  if (typeof handle !== "function") fail("handle must be a function");
  return { kind: "route", ...options };
}
