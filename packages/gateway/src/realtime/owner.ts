import type { CallContext } from "@parley/core";

/** Whose connections are counted together. */
export function ownerOf({ principal, tenant }: CallContext, address: string): string {
  return principal ? `principal ${tenant ?? ""} ${principal.subject}` : `address ${address}`;
}
