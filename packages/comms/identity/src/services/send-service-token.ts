import { type Interceptor, ParleyError, toParleyError } from "@parley/core";
import { CONTEXT_HEADERS } from "@parley/core/internal";
import { isServiceTokenRefusal } from "./service-token-refusal.ts";
import type { ServiceTokenSource } from "./service-token-source.ts";

/**
 * For a client: shows the callee which service calls. A callee that refuses the token is no fault of whoever
 * asked this service, so that failure goes on as INTERNAL and not as UNAUTHENTICATED.
 */
export function sendServiceToken(source: ServiceTokenSource, audience: string): Interceptor {
  return (next) => async (call) => {
    call.metadata
      .set(CONTEXT_HEADERS.caller, source.service)
      .set(CONTEXT_HEADERS.callerToken, await source.tokenFor(audience));
    try {
      return await next(call);
    } catch (thrown) {
      const error = toParleyError(thrown);
      if (!isServiceTokenRefusal(error)) throw thrown;
      const message = `${audience} refused the service token of ${source.service}: ${error.message}; do both have the same SERVICE_TOKEN_SECRET?`;
      throw new ParleyError("INTERNAL", message, { cause: thrown });
    }
  };
}
