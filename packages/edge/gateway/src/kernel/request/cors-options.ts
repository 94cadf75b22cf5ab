/** Which pages of other origins may call (the Fetch standard's CORS protocol). */
export interface CorsOptions {
  /** Exact origins such as `https://app.example.com`; `*` for any, which excludes credentials. */
  readonly origins: readonly string[] | "*";
  /** Whether cookies and `Authorization` set by the browser are allowed. Default `omit`. */
  readonly credentials?: "include" | "omit";
  /** Response headers that scripts may read. Default `X-Request-Id` and `Retry-After`. */
  readonly exposedHeaders?: readonly string[];
  /** How long a browser may keep a preflight's answer. Default 10 min. */
  readonly maxAgeSeconds?: number;
}
