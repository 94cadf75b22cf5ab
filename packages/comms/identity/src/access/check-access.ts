import { type Principal, permissionDenied, unauthenticated } from "@parley/core";
import type { AccessRule } from "@parley/protobuf";

/** Who stands behind a call, as far as it was proven. */
export interface KnownCaller {
  /** The user for whom the call is made. */
  readonly principal: Principal | undefined;
  /** The service that calls on its own behalf, with no user behind it. */
  readonly service: string | undefined;
}

/**
 * Holds a call to the access rule of its method.
 * @throws ParleyError UNAUTHENTICATED if nobody is known; PERMISSION_DENIED for a user without the role, or a service where the
 * rule asks for a user.
 */
export function checkAccess(rule: AccessRule, { principal, service }: KnownCaller): void {
  const { callers, roles, services } = rule;
  if (callers === "anyone") return;
  if (principal) {
    if (roles.length === 0 || roles.some((role) => principal.roles.includes(role))) return;
    throw permissionDenied(`this needs the role ${roles.join(" or ")}`);
  }
  if (service === undefined) throw unauthenticated("a token is needed");
  if (services === "refused") {
    throw permissionDenied(
      `${service} may not do this on its own behalf: it needs a user with the role ${roles.join(" or ")}`,
    );
  }
}
