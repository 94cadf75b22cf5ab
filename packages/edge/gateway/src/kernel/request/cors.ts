import type { HttpRequest } from "@parley/wire/internal/http1";
import { isToken } from "@parley/wire/internal/http1";
import type { Answer } from "./answer.ts";
import type { CorsOptions } from "./cors-options.ts";

/** Puts the CORS headers on an answer; a preflight is answered at once. */
export type Cors = (request: HttpRequest, answer: Answer) => "answered" | "continue";

/** What pages may use, beside the methods that the contract has of its own. */
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/**
 * The CORS protocol of the Fetch standard, section 3.2. An origin that is not allowed gets no CORS header, and the
 * browser refuses the answer. `Vary` says what the answer depends on, so that no cache gives it to another origin.
 *
 * @param verbs HTTP methods of the contract's rules, `custom` ones included; `*` allows any that a page asks for.
 */
export function createCors(
  { origins, credentials = "omit", exposedHeaders, maxAgeSeconds = 600 }: CorsOptions,
  verbs: readonly string[] = [],
): Cors {
  const methods = [...new Set([...METHODS, ...verbs])].filter((verb) => verb !== "*");
  const listed = origins === "*" ? undefined : new Set(origins);
  const exposed = (exposedHeaders ?? ["X-Request-Id", "Retry-After"]).join(", ");

  return ({ method, headers }, answer) => {
    const { origin } = headers;
    if (listed) answer.header("vary", "origin");
    if (origin === undefined) return "continue";
    const isPreflight = method === "OPTIONS" && headers["access-control-request-method"] !== undefined;
    if (!listed || listed.has(origin)) {
      answer.header("access-control-allow-origin", listed ? origin : "*");
      if (credentials === "include") answer.header("access-control-allow-credentials", "true");
      if (isPreflight) {
        const asked = headers["access-control-request-method"] ?? "";
        const isOwn = verbs.includes("*") && isToken(asked) && !methods.includes(asked);
        answer.header("access-control-allow-methods", [...methods, ...(isOwn ? [asked] : [])].join(", "));
        allowPreflight(headers["access-control-request-headers"], answer, maxAgeSeconds);
      } else if (exposed !== "") answer.header("access-control-expose-headers", exposed);
    }
    if (!isPreflight) return "continue";
    answer.send(204);
    return "answered";
  };
}

/** Any header may be sent: which ones matter is for the contract to say. `*` would not cover `Authorization`. */
function allowPreflight(asked: string | undefined, answer: Answer, maxAgeSeconds: number): void {
  if (asked !== undefined) {
    answer.header("access-control-allow-headers", asked);
    answer.header("vary", "origin, access-control-request-headers");
  }
  answer.header("access-control-max-age", String(maxAgeSeconds));
}
