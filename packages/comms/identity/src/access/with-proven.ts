import type { CallContext, Principal } from "@parley/core";
import { withContext } from "@parley/core/internal";

/** What was proven about a call; what is left out stays as it was. */
export interface Proven {
  readonly caller?: string | undefined;
  readonly principal?: Principal | undefined;
  readonly tenant?: string | undefined;
  /** `dropped`: the user's token proved nothing, and travels no further. Default `kept`. */
  readonly authorization?: "kept" | "dropped";
  /** What becomes of a tenant that the caller names and no token proves. Default `kept`, as fits a caller that is proven. */
  readonly claimedTenant?: "kept" | "dropped";
}

/** The context of an incoming call with what was proven about it: the same span, not a derived one. */
export function withProven(received: CallContext, proven: Proven): CallContext {
  const { caller, principal, tenant, authorization = "kept", claimedTenant = "kept" } = proven;
  return withContext(received, {
    principal: principal ?? received.principal,
    authorization: authorization === "kept" ? received.authorization : undefined,
    tenant: tenant ?? (claimedTenant === "kept" ? received.tenant : undefined),
    caller: caller ?? received.caller,
  });
}
