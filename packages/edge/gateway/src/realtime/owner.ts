import type { CallContext } from "@parley/core";

/** Whose connections are counted together. */
export function ownerOf({ principal, tenant }: CallContext, address: string): string {
  // As JSON, since a tenant and a subject may each hold what would part them.
  return principal ? `principal ${JSON.stringify([tenant, principal.subject])}` : `address ${address}`;
}
