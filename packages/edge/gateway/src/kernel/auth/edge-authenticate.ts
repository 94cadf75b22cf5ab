import { toParleyError } from "@parley/core";
import { type Authenticate, type TokenRefusal, tokenRefusalOf } from "@parley/identity";
import { EdgeError } from "@parley/wire/internal/http1";

/** The same check of tokens, with refusals as HTTP tells them (RFC 6750 section 3). */
export function createEdgeAuthenticate(authenticate: Authenticate, invalidTokenStatus: 401 | 403): Authenticate {
  return async (authorization, bearer) => {
    try {
      return await authenticate(authorization, bearer);
    } catch (thrown) {
      const error = toParleyError(thrown);
      const refusal = tokenRefusalOf(error);
      throw refusal === undefined ? thrown : toEdgeError(refusal, error.message, invalidTokenStatus);
    }
  };
}

function toEdgeError(refusal: TokenRefusal, reason: string, invalidTokenStatus: 401 | 403): EdgeError {
  if (refusal === "TOKEN_MISSING") {
    return new EdgeError(401, "UNAUTHORIZED", "Unauthorized", { "www-authenticate": "Bearer" });
  }
  const headers = { "www-authenticate": `Bearer error="invalid_token", error_description="${reason}"` };
  return invalidTokenStatus === 401
    ? new EdgeError(401, "UNAUTHORIZED", "Unauthorized", headers)
    : new EdgeError(403, "FORBIDDEN", "Forbidden", headers);
}
