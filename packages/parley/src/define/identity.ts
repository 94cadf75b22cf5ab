import type { DescMethod, DescService } from "@bufbuild/protobuf";

/** Where the public keys come from that users' tokens are verified with. */
export type IdentityKeys =
  /**
   * A unary method of a service of the system, public, with an empty request. Its response is a JSON Web Key Set (RFC 7517):
   * a field `keys` of messages whose fields are named as in a JWK (`kty`, `kid`, `alg`, `crv`, `x`, …).
   */
  | { readonly contract: DescService; readonly method: string }
  /** A key set at a URL, as an identity provider serves it. */
  | { readonly jwksUrl: string };

/** Who signs users in. The gateway and every service verify the token that travels with a call. */
export interface IdentityDefinition {
  /** The `iss` of every token. */
  readonly issuer: string;
  /** The `aud` of every token. Default any. */
  readonly audience?: string;
  readonly keys: IdentityKeys;
  /** The claim that holds a user's roles: an array, or a text with spaces. Default `roles`. */
  readonly rolesClaim?: string;
  /** The claim that names a user's tenant. Default `tenant_id`. */
  readonly tenantClaim?: string;
}

/** The method that answers with the keys; undefined if the contract has none of that name. */
export function keysMethodOf({ contract, method }: { contract: DescService; method: string }): DescMethod | undefined {
  return contract.methods.find(({ localName }) => localName === method);
}
