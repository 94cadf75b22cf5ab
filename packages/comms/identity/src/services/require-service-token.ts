import type { Interceptor } from "@parley/core";
import { CONTEXT_HEADERS } from "@parley/core/internal";
import { withProven } from "../access/with-proven.ts";
import { refuseServiceToken } from "./service-token-refusal.ts";
import type { ServiceTokenVerifier } from "./verify-service-tokens.ts";

export interface RequireServiceTokenOptions {
  readonly verify: ServiceTokenVerifier;
  /** Full names of services that anybody may call, such as `grpc.health.v1.Health`. */
  readonly exempt: ReadonlySet<string>;
}

/**
 * For a server: lets in only calls of a service that proves its name, which is from then on the context's caller.
 * A name in `x-service-name` is optional, and must be the token's.
 */
export function requireServiceToken({ verify, exempt }: RequireServiceTokenOptions): Interceptor {
  return (next) => async (call) => {
    if (exempt.has(call.operation.service)) return next(call);
    const caller = await verify(call.metadata.get(CONTEXT_HEADERS.callerToken));
    const claimed = call.metadata.get(CONTEXT_HEADERS.caller);
    if (claimed !== undefined && claimed !== caller) {
      throw refuseServiceToken(`the service token is one of ${caller}, and x-service-name says ${claimed}`);
    }
    return next({ ...call, context: withProven(call.context, { caller }) });
  };
}
