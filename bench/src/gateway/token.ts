import { SignJWT } from "jose";

export const JWT_SECRET = "a secret for the benchmark, 32 bytes or more";

/** A token as a client would carry it for an hour. */
export function createToken(): Promise<string> {
  return new SignJWT({ roles: ["user"] })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject("42")
    .setIssuedAt()
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode(JWT_SECRET));
}
