import { RefusedToken } from "./token-refusal.ts";

/** A longer token than any header of ours may carry. */
const MAX_TOKEN_LENGTH = 8_192;
/** The `token68` of RFC 9110 section 11.2. */
const TOKEN = /^[\w.~+/-]+=*$/;

/**
 * The token of an `Authorization` header: `Bearer <token>` (RFC 6750 section 2.1; the scheme's name is not case-sensitive), or the
 * bare token.
 * @throws RefusedToken if there is none.
 */
export function bearerToken(authorization: string | undefined): string {
  if (authorization === undefined || authorization === "") throw new RefusedToken("no-token", "there is none");
  const [first = "", ...rest] = authorization.trim().split(/ +/);
  const isBearer = first.toLowerCase() === "bearer";
  const token = isBearer ? (rest[0] ?? "") : first;
  if (token === "" || rest.length > (isBearer ? 1 : 0) || !TOKEN.test(token)) {
    throw new RefusedToken("no-token", 'the header "authorization" is neither "Bearer <token>" nor a token');
  }
  if (token.length > MAX_TOKEN_LENGTH) {
    const message = `the token has ${token.length} characters, of which ${MAX_TOKEN_LENGTH} are allowed`;
    throw new RefusedToken("no-token", message);
  }
  return token;
}
