import type { DescMethod, DescService } from "@bufbuild/protobuf";
import type { AsymmetricAlgorithm, ClaimPath } from "@parley/identity";

/** Where the keys come from that users' tokens are verified with. Each is all that a system needs. */
export type IdentityKeys =
  /**
   * A unary method of a service of the system, public, with an empty request. Its response is a JSON Web Key Set (RFC 7517):
   * a field `keys` of messages whose fields are named as in a JWK (`kty`, `kid`, `alg`, `crv`, `x`, …).
   */
  | { readonly contract: DescService; readonly method: string }
  /** A key set at an `https:` or `http:` URL, as an identity provider serves it, or in a file at a `file:` URL. */
  | { readonly jwksUrl: string; readonly algorithms?: readonly AsymmetricAlgorithm[] }
  /** One public key: PEM text, or the `file:` URL of a PEM file, which is read at the start. */
  | { readonly publicKey: string; readonly algorithm: AsymmetricAlgorithm }
  /** A secret that is shared with whoever signs the tokens (HS256). `JWT_SECRET` takes its place where that is set. */
  | { readonly secret: string; readonly acceptedSecrets?: readonly string[] };

/** Who signs users in. The gateway and every service verify the token that travels with a call. */
export interface IdentityDefinition {
  /** The `iss` of every token. Default any, which only keys that nobody else has allow: a secret, a PEM or a file. */
  readonly issuer?: string;
  /** The `aud` of every token. Default any. */
  readonly audience?: string;
  /** Default the secret in `JWT_SECRET`. */
  readonly keys?: IdentityKeys;
  /** Whether a token without `exp` is refused. Default `required`: without an end it holds until its key is gone. */
  readonly expiry?: "required" | "optional";
  /** How far clocks may differ when `exp` and `nbf` are judged. Default 5 s. */
  readonly clockToleranceMs?: number;
  /** Where a user's roles lie, as an array or a text with spaces: `roles` (the default), `realm_access.roles`. */
  readonly rolesClaim?: ClaimPath;
  /** The claim that names a user's tenant. Default `tenant_id`. */
  readonly tenantClaim?: ClaimPath;
}

/** The method that answers with the keys; undefined if the contract has none of that name. */
export function keysMethodOf({ contract, method }: { contract: DescService; method: string }): DescMethod | undefined {
  return contract.methods.find(({ localName }) => localName === method);
}
