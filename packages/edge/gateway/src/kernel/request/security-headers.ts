/**
 * Headers of every answer, also to what is no request: what OWASP's REST security cheat sheet asks of an API. A response here
 * is data, never a page: nothing in it may be run, framed or guessed at. The documentation pages replace the content
 * security policy.
 *
 * @returns names and values in turn.
 */
export function securityHeaders(transport: "plain" | "tls"): readonly string[] {
  return [
    ...["x-content-type-options", "nosniff"],
    ...["x-frame-options", "DENY"],
    ...["referrer-policy", "no-referrer"],
    ...["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
    ...(transport === "tls" ? ["strict-transport-security", "max-age=31536000; includeSubDomains"] : []),
  ];
}
