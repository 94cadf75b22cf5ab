import { MAX_TENANT_LENGTH, tenantFault } from "@parley/core/internal";
import type { JWTPayload } from "jose";
import type { Identity } from "./authenticate.ts";
import type { ClaimPath, JwtOptions } from "./jwt-options.ts";
import { quoted } from "./quoted.ts";
import { RefusedToken } from "./token-refusal.ts";

/**
 * The user that a token's claims name.
 * @throws RefusedToken if they name no user, or a tenant that cannot be one. A tenant is never left out: its user would then be
 * handled as one of no tenant.
 */
export function identityOf(
  claims: JWTPayload,
  { rolesClaim = "roles", tenantClaim = "tenant_id" }: Pick<JwtOptions, "rolesClaim" | "tenantClaim">,
): Identity {
  const subject: unknown = claims.sub;
  if (!isText(subject) || subject === "") {
    throw new RefusedToken("subject", `its subject (sub) must be a text that is not empty, got ${quoted(subject)}`);
  }
  const tenant = claimAt(claims, tenantClaim) ?? "";
  if (!isText(tenant) || tenantFault(tenant) !== undefined) {
    const name = typeof tenantClaim === "string" ? tenantClaim : tenantClaim.join(".");
    const wanted = `a text of at most ${MAX_TENANT_LENGTH} characters without control characters`;
    throw new RefusedToken("tenant", `its tenant (${name}) must be ${wanted}, got ${quoted(tenant)}`);
  }
  return {
    principal: { subject, roles: rolesIn(claimAt(claims, rolesClaim)), claims },
    tenant: tenant === "" ? undefined : tenant,
  };
}

/** A text that every hop can write down: half of a surrogate pair cannot be encoded. */
function isText(value: unknown): value is string {
  return typeof value === "string" && value.isWellFormed();
}

function rolesIn(claim: unknown): readonly string[] {
  if (typeof claim === "string") return claim.split(" ").filter(Boolean);
  return Array.isArray(claim) ? claim.filter((role): role is string => typeof role === "string") : [];
}

/** The value at a path, of own properties alone; undefined if there is none. */
function claimAt(claims: JWTPayload, path: ClaimPath): unknown {
  if (typeof path === "string" && Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const name of typeof path === "string" ? path.split(".") : path) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
      return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}
