import { randomUUID } from "node:crypto";
import { SignJWT } from "jose";
import type { Clock } from "parleyjs";
import type { SigningKeys } from "./signing-keys.ts";

/** Of the keys, and so of every token. */
export const ALGORITHM = "ES256";
export const ISSUER = "gradeloop";
export const AUDIENCE = "gradeloop";
/** Short, because it cannot be taken back: who loses a role has it for so long yet. */
export const ACCESS_TOKEN_MS = 900_000;

/** Says who a user is, in a token that every part can verify by itself (RFC 9068). */
export async function signAccessToken(
  user: { readonly id: string; readonly name: string; readonly roles: readonly string[] },
  { keys, clock }: { readonly keys: SigningKeys; readonly clock: Clock },
): Promise<string> {
  const { kid, key } = await keys.current();
  const nowSeconds = Math.floor(clock.now() / 1_000);
  return new SignJWT({ name: user.name, roles: user.roles })
    .setProtectedHeader({ alg: ALGORITHM, kid, typ: "at+jwt" })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(user.id)
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + ACCESS_TOKEN_MS / 1_000)
    .setJti(randomUUID())
    .sign(key);
}
