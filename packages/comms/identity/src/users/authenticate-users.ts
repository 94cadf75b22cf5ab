import type { CallContext, Interceptor } from "@parley/core";
import { isPublicMethod } from "@parley/protobuf";
import { type Proven, withProven } from "../access/with-proven.ts";
import type { Authenticate } from "./authenticate.ts";

export interface AuthenticateUsersOptions {
  readonly authenticate: Authenticate;
  /** Full names of services that anybody may call, such as `grpc.health.v1.Health`. */
  readonly exempt: ReadonlySet<string>;
  /** Whether callers have proven which service they are. A tenant that a mere claimant names is not believed. */
  readonly caller: "proven" | "claimed";
}

/**
 * For a server: verifies the user's token that travels with a call, whoever passed it on, and puts principal and tenant into
 * the context. A call without a token has no user. A public method needs none: there a token that does not hold counts as
 * none and travels no further, so that logging in again works with one that has expired.
 */
export function authenticateUsers({ authenticate, exempt, caller }: AuthenticateUsersOptions): Interceptor {
  const prove = ({ authorization, requestId }: CallContext, isPublic: boolean): Promise<Proven> => {
    const proving = authenticate(authorization, { requestId });
    return isPublic ? proving.catch(() => ({ authorization: "dropped" })) : proving;
  };
  return (next) => async (call) => {
    const { authorization } = call.context;
    const { service, descriptor } = call.operation;
    if (exempt.has(service) || (authorization === undefined && caller === "proven")) return next(call);
    const proven = authorization === undefined ? {} : await prove(call.context, isPublicMethod(descriptor));
    const claimedTenant = caller === "proven" ? "kept" : "dropped";
    return next({ ...call, context: withProven(call.context, { ...proven, claimedTenant }) });
  };
}
