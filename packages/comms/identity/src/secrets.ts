/**
 * What makes a text no secret at all, in words that follow its name; undefined if nothing does. A public key in PEM is no secret:
 * anyone who knows it, and it is public, could sign tokens with it (CVE-2016-10555).
 */
export function secretProblem(secret: string): string | undefined {
  if (secret.trim() === "") return "is empty";
  if (secret.includes("-----BEGIN ")) return "is a key in PEM: name a public key as publicKey, with its algorithm";
  return undefined;
}
