import { EdgeError } from "./edge-error.ts";

/** What came is no HTTP/1.1 message; nothing after it on its connection can be understood either. */
export function malformed(reason: string): EdgeError {
  return new EdgeError(400, "MALFORMED_REQUEST", `the request is not valid HTTP: ${reason}`);
}
