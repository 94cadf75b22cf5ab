import type { CallContext } from "@parley/core";

/** The key by which connections are counted together: the principal, or the address of a client without one. */
export function quotaKey({ principal, tenant }: CallContext, address: string): string {
  // As JSON, since a tenant and a subject may each hold what would part them.
  return principal ? `principal ${JSON.stringify([tenant, principal.subject])}` : `address ${address}`;
}
