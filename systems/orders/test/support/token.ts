import { createHmac } from "node:crypto";

export interface TokenOptions {
  readonly secret: string;
  /** Default HS256. `none` leaves out the signature. */
  readonly algorithm?: "HS256" | "none";
  readonly claims?: Readonly<Record<string, unknown>>;
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token (RFC 7519) that is good for a minute, unless the claims say otherwise. Written here so that bad ones can be, too. */
export function tokenOf({ secret, algorithm = "HS256", claims = {} }: TokenOptions): string {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const content = `${encode({ alg: algorithm, typ: "JWT" })}.${encode({ sub: "ada", exp: nowSeconds + 60, ...claims })}`;
  const signature = algorithm === "none" ? "" : createHmac("sha256", secret).update(content).digest("base64url");
  return `${content}.${signature}`;
}
