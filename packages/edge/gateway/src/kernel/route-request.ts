import type { Readable } from "node:stream";
import { invalidArgument } from "@parley/core";
import type { HttpRequest } from "@parley/wire/internal/http1";
import { pathValue } from "./path-values.ts";
import { parseQueryString } from "./query-string.ts";
import { type BodyLimits, decodeUtf8, openBody, readBytes, refuseCompressed, requireJson } from "./read-body.ts";
import type { Route } from "./route.ts";

/** A request that has been matched to its route. */
export class RouteRequest {
  readonly route: Route;
  /** The request as the connection delivered it. */
  readonly raw: HttpRequest;
  /** The path's segments as they were sent, percent-encoded. */
  readonly segments: readonly string[];
  /** What follows `?`, or the empty string. */
  readonly queryString: string;
  /** The client's address, `X-Forwarded-For` of trusted proxies considered. */
  readonly peer: string;
  readonly #limits: BodyLimits;
  #bytes: Promise<Buffer> | undefined;

  constructor(
    route: Route,
    raw: HttpRequest,
    target: { readonly segments: readonly string[]; readonly queryString: string },
    peer: string,
    limits: BodyLimits,
  ) {
    this.route = route;
    this.raw = raw;
    this.segments = target.segments;
    this.queryString = target.queryString;
    this.peer = peer;
    this.#limits = limits;
  }

  get method(): string {
    return this.raw.method;
  }

  /** By their names in lower case. */
  get headers(): HttpRequest["headers"] {
    return this.raw.headers;
  }

  /**
   * The template's variables, decoded.
   * @throws ParleyError INVALID_ARGUMENT for a broken percent-encoding.
   */
  get params(): Readonly<Record<string, string>> {
    const { variables } = this.route.template;
    return Object.fromEntries(variables.map((variable) => [variable.fieldPath, pathValue(variable, this.segments)]));
  }

  /** @throws ParleyError INVALID_ARGUMENT for a broken percent-encoding, or more parameters than 256. */
  get query(): URLSearchParams {
    return new URLSearchParams(parseQueryString(this.queryString));
  }

  /**
   * The whole body; empty if there is none. Reading it again gives the same bytes, so that a middleware may read it too.
   * @throws EdgeError 413 over the route's limit, 503 if there is no room, 408 if it takes too long, 400 if it is cut off.
   */
  bytes(): Promise<Buffer> {
    this.#bytes ??= readBytes(this.raw, this.#limits);
    return this.#bytes;
  }

  /** @throws EdgeError as {@link bytes}, 415 for a compressed body, 400 for what is not UTF-8. */
  async text(): Promise<string> {
    const bytes = await this.bytes();
    if (bytes.length > 0) refuseCompressed(this.raw);
    return decodeUtf8(bytes);
  }

  /**
   * @throws EdgeError as {@link text}, and 415 for another content type than JSON.
   * @throws ParleyError INVALID_ARGUMENT for what is not JSON.
   */
  async json(): Promise<unknown> {
    const bytes = await this.bytes();
    if (bytes.length > 0) requireJson(this.raw);
    try {
      return JSON.parse(decodeUtf8(bytes));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw invalidArgument({ field: "", description: "the body is not JSON" });
    }
  }

  /**
   * The body piece by piece: a client that sends faster than the handler reads is slowed down. The route's limit of size holds; the
   * limit of time is for each piece. What is left unread is thrown away.
   */
  stream(): AsyncIterable<Uint8Array> {
    return openBody(this.raw, this.#limits);
  }

  /** Whether a body was announced. */
  get body(): Readable | undefined {
    return this.raw.body;
  }
}
