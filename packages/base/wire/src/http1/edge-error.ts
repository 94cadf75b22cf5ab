/** Failures that HTTP knows and gRPC does not, by status: the stable name an application shows its users. */
export type EdgeCode =
  | "MALFORMED_REQUEST"
  | "METHOD_NOT_ALLOWED"
  | "NOT_FOUND"
  | "REQUEST_TIMEOUT"
  | "PAYLOAD_TOO_LARGE"
  | "HEADERS_TOO_LARGE"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "NOT_ACCEPTABLE"
  | "UNAUTHORIZED"
  | "FORBIDDEN"
  | "TOO_MANY_CLIENTS"
  | "UNAVAILABLE"
  | "UPGRADE_REQUIRED"
  | "INTERNAL";

/** An error of the HTTP edge itself. Its message is shown to the client as it is. */
export class EdgeError extends Error {
  override readonly name = "EdgeError";
  readonly status: number;
  readonly code: EdgeCode;
  /** Response headers that belong to the failure: `Allow`, `WWW-Authenticate`, … */
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: EdgeCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}
