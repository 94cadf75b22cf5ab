import type { CorsOptions } from "../edge/cors-options.ts";
import type { HttpRequest } from "../http1/http-request.ts";

/**
 * Whether the page that opens a WebSocket may. Browsers ask no preflight for one, so the server judges the origin itself
 * (RFC 6455 section 10.2): its own, or one that CORS allows. A client that is no page sends none.
 */
export function isOriginAllowed({ headers }: HttpRequest, cors: CorsOptions | undefined): boolean {
  const { origin } = headers;
  if (origin === undefined || cors?.origins === "*" || cors?.origins.includes(origin)) return true;
  // A page cannot set this header on a WebSocket, so it can be believed here.
  const forwarded = headers["x-forwarded-host"];
  return URL.canParse(origin) && [headers.host, forwarded].includes(new URL(origin).host);
}
