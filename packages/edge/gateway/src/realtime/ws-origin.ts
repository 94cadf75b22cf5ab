import type { HttpRequest } from "@parley/wire/internal/http1";
import { isHost } from "@parley/wire/internal/http1";
import type { CorsOptions } from "../kernel/request/cors-options.ts";

/**
 * Whether the page that opens a WebSocket may. Browsers ask no preflight for one, so the server judges the origin itself
 * (RFC 6455 section 10.2): its own, or one that CORS allows. A client that is no page sends none.
 */
export function isOriginAllowed({ headers }: HttpRequest, cors: CorsOptions | undefined): boolean {
  const { origin } = headers;
  if (origin === undefined || cors?.origins === "*" || cors?.origins.includes(origin)) return true;
  if (!URL.canParse(origin)) return false;
  const { protocol, host } = new URL(origin);
  // A page cannot set this header on a WebSocket, so it can be believed here. Each proxy may add the host that it was asked for.
  const forwarded = String(headers["x-forwarded-host"] ?? "").split(",");
  return [headers.host ?? "", ...forwarded].some((own) => hostOf(own.trim(), protocol) === host);
}

/**
 * A host as origins are compared (RFC 6454 sections 4 and 5): in lower case, and without the scheme's own port. The scheme is
 * that of the page: which one the client used is not known behind a proxy that ends TLS. Undefined for what is no host.
 */
function hostOf(text: string, protocol: string): string | undefined {
  const url = `${protocol}//${text}`;
  return text !== "" && isHost(text) && URL.canParse(url) ? new URL(url).host : undefined;
}
