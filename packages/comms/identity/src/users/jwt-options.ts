/** Where the keys come from that tokens are verified with. */
export type JwtKeys =
  /** HS256 with a shared secret. */
  | {
      readonly secret: string;
      /** Further secrets that are accepted, so that `secret` can be rotated without a moment in which valid tokens are refused. */
      readonly acceptedSecrets?: readonly string[];
    }
  /** One public key: PEM text (SPKI, or a certificate), or the `file:` URL of a PEM file, which is read once. */
  | { readonly publicKey: string; readonly algorithm: AsymmetricAlgorithm }
  /**
   * A key set fetched from a URL: `https:` or `http:`, for example an identity provider's `/.well-known/jwks.json`, or a
   * `file:` URL. A file is read when the verifier is made, where a missing or malformed one is an error, and again as keys age.
   */
  | { readonly jwksUrl: string; readonly algorithms?: readonly AsymmetricAlgorithm[] }
  /** A key set fetched in any other way, for example by a call to the service that issues the tokens. */
  | {
      readonly keySet: FetchKeySet;
      readonly algorithms?: readonly AsymmetricAlgorithm[];
      /** How old the keys may grow before they are fetched again. Default 10 min. */
      readonly freshMs?: number;
      /** At most one fetch in this time, however many unknown key ids or failures there are. Default 30 s. */
      readonly cooldownMs?: number;
    };

/** A JSON Web Key Set (RFC 7517 section 5). A key that names its `alg` serves for that algorithm alone. */
export interface KeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** Fetches the keys that hold now. Called rarely, and never twice at once; an error keeps the keys known so far. */
export type FetchKeySet = (options: { readonly signal: AbortSignal }) => Promise<KeySet>;

/** Algorithms with a public key. HMAC is not among them: a public key must never serve as a secret (CVE-2016-10555). */
export type AsymmetricAlgorithm = (typeof ASYMMETRIC_ALGORITHMS)[number];

/** `Ed25519` (RFC 9864) and `EdDSA` (RFC 8037) name the same algorithm here: either admits tokens that name the other. */
export const ASYMMETRIC_ALGORITHMS = [
  ...(["RS256", "RS384", "RS512"] as const),
  ...(["PS256", "PS384", "PS512"] as const),
  ...(["ES256", "ES384", "ES512", "EdDSA", "Ed25519"] as const),
] as const;

/**
 * Where a claim lies: the name of a top-level claim, or names joined by dots for one within others
 * (`realm_access.roles`). A top-level claim of exactly that name comes first. A list names each step, for names that hold dots
 * themselves.
 */
export type ClaimPath = string | readonly string[];

/** JSON Web Tokens of users: `Authorization: Bearer <token>`, or the bare token (RFC 6750, RFC 7519). */
export type JwtOptions = JwtKeys & {
  /** The `iss` a token must have. Default any. */
  readonly issuer?: string;
  /** The `aud` a token must have. Default any. */
  readonly audience?: string;
  /** How far clocks may differ when `exp` and `nbf` are judged. Default 5 s. */
  readonly clockToleranceMs?: number;
  /** Whether a token without `exp` is refused. Default `optional`, as RFC 7519 has it; it never ends by itself. */
  readonly expiry?: "required" | "optional";
  /**
   * HTTP status of a token that is bad or has expired. 401 is what RFC 6750 asks for; 403 suits clients that take 401 for
   * "no token" alone. Default 401.
   */
  readonly invalidTokenStatus?: 401 | 403;
  /** The claim that holds the roles: an array or a text with spaces. Default `roles`. */
  readonly rolesClaim?: ClaimPath;
  /** The claim that names the tenant. Default `tenant_id`. */
  readonly tenantClaim?: ClaimPath;
};
