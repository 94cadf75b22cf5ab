export { checkAccess, type KnownCaller } from "./access/check-access.ts";
export { type RequireAccessOptions, requireAccess } from "./access/require-access.ts";
export { type RequireServiceTokenOptions, requireServiceToken } from "./services/require-service-token.ts";
export { sendServiceToken } from "./services/send-service-token.ts";
export { SERVICE_TOKEN_TTL_MS, type ServiceTokenClaims, signServiceToken } from "./services/service-token.ts";
export { createServiceTokenSource, type ServiceTokenSource } from "./services/service-token-source.ts";
export { type ServiceTokenVerifier, verifyServiceTokens } from "./services/verify-service-tokens.ts";
export type { Authenticate, Identity, TokenBearer } from "./users/authenticate.ts";
export { type AuthenticateUsersOptions, authenticateUsers } from "./users/authenticate-users.ts";
export { createJwtAuthenticate } from "./users/create-jwt-authenticate.ts";
export {
  ASYMMETRIC_ALGORITHMS,
  type AsymmetricAlgorithm,
  type ClaimPath,
  type FetchKeySet,
  type JwtKeys,
  type JwtOptions,
  type KeySet,
} from "./users/jwt-options.ts";
export { type RefusalReason, type TokenRefusal, tokenRefusalOf } from "./users/token-refusal.ts";
